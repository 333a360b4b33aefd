/** Calls of modules: their scopes, where errors say they happened, and summaries. */
import {
  capture,
  DisposedError,
  Generator,
  GradientError,
  memory,
  nn,
  noGrad,
  ones,
  randn,
  scope,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { LeNet5 } from '../../examples/mnist/lenet';
import { Net, numbers } from './nets';

describe('forward is a scope', () => {
  test('of a module: without one it says how to pass it', () => {
    const { forward } = new nn.Linear(2, 2);
    for (const call of [() => forward(ones([1, 2])), () => capture(forward)(ones([1, 2]))]) {
      expect(call).toThrow(/^forward: was called without its module.*pass x => model\.forward\(x\)/);
    }
  });

  test('that cannot keep in a field what is captured, nor can a function beside it', () => {
    class Keeping extends nn.Layer {
      last = ones([2]);
      forward(x: Tensor): Tensor {
        return x.mul(this.last);
      }
    }
    const module = new Keeping();
    const halve = capture((x: Tensor) => {
      module.last = module.last.mul(0.5);
      return module.forward(x);
    });
    expect(() => halve(ones([1, 2]))).toThrow(/changes Keeping\.last, which a plan would do once.*copy_\(\)/);
  });

  test('what it makes and does not return is freed, the graph keeps what it needs', () => {
    const made: Tensor[] = [];
    class Noted extends nn.Layer {
      forward(x: Tensor): Tensor {
        const h = x.exp();
        made.push(h);
        return h.sum();
      }
    }
    scope(() => {
      const x = randn([4], { requiresGrad: true });
      const before = memory().blocks;
      const y = noGrad(() => new Noted().forward(x));
      expect(memory().blocks).toBe(before + 1);
      expect(y.item()).toBeGreaterThan(0);
      expect(() => made[0]!.toArray()).toThrow(DisposedError);
      expect(() => made[0]!.toArray()).toThrow(
        /made by exp in Noted\.forward, is used after it was freed: its scope has ended/,
      );
      new Noted().forward(x).backward();
      expect(numbers(x.grad!)).toEqual(numbers(x.exp()));
    });
  });

  test('that of a base class too, and results in arrays and objects', () => {
    class Base extends nn.Module {
      forward(x: Tensor): { readonly a: Tensor; readonly b: readonly Tensor[] } {
        return { a: x.square().square(), b: [x.neg()] };
      }
    }
    class Derived extends Base {
      override forward(x: Tensor): ReturnType<Base['forward']> {
        return super.forward(x.add(x));
      }
    }
    scope(() => {
      const x = ones([2]);
      const before = memory().blocks;
      const { a, b } = new Derived().forward(x);
      expect(memory().blocks).toBe(before + 2);
      expect([numbers(a), numbers(b[0]!)]).toEqual([
        [16, 16],
        [-2, -2],
      ]);
    });
  });

  test('and synchronous', () => {
    class Late extends nn.Module {
      async forward(x: Tensor): Promise<Tensor> {
        return x;
      }
    }
    expect(() => new Late().forward(ones([1]))).toThrow(ValueError);
    expect(() => new Late().forward(ones([1]))).toThrow(/Late\.forward: the function returned a Promise/);
  });

  test('parameters outlive the scope they were made in', () => {
    const layer = scope(() => new nn.Linear(2, 2));
    expect(layer.forward(ones([1, 2])).shape).toEqual([1, 2]);
    expect(() => new nn.Parameter(tensor([1], { dtype: 'i32' }))).toThrow(GradientError);
  });
});

describe('errors say in which layer', () => {
  const failure = (f: () => unknown): Error => {
    try {
      f();
    } catch (e) {
      if (e instanceof Error) return e;
    }
    throw new Error('nothing was thrown');
  };

  test('by the path from the outermost module', () => {
    const generator = new Generator(0);
    const message = 'conv2d (features.0): w [6, 1, 5, 5] takes 1 channels, x [1, 3, 28, 28] has 3';
    const e = failure(() => new LeNet5(generator).forward(zeros([1, 3, 28, 28])));
    expect(e).toBeInstanceOf(ShapeError);
    expect(e.message).toBe(message);
    expect(e).toMatchObject({ where: 'conv2d', path: 'features.0' });
    const deep = new nn.Sequential(new nn.Identity(), new nn.Sequential(new nn.Sequential(new nn.Linear(2, 3))));
    expect(failure(() => deep.forward(zeros([1, 4]))).message).toBe(
      'linear (1.0.0): w [3, 2] takes 2 features, x [1, 4] has 4',
    );
    const net = new Net();
    expect(failure(() => net.forward(zeros([1, 4]))).message).toMatch(/^linear \(blocks\.0\.inner\): /);
    expect(failure(() => net.blocks[1]!.forward(zeros([1, 4]))).message).toMatch(/^linear \(inner\): /);
  });

  test('without one if it is the outermost, and leaving errors of other kinds alone', () => {
    expect(failure(() => new nn.Linear(2, 3).forward(zeros([1, 4]))).message).toBe(
      'linear: w [3, 2] takes 2 features, x [1, 4] has 4',
    );
    const own = new RangeError('mine');
    class Failing extends nn.Layer {
      forward(): Tensor {
        throw own;
      }
    }
    expect(failure(() => new nn.Sequential(new Failing()).forward(zeros([1])))).toBe(own);
  });

  test('and a failed forward leaves nothing behind', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(4, 1));
    scope(() => {
      const x = ones([1, 2]);
      const before = memory().blocks;
      failure(() => net.forward(x));
      expect(memory().blocks).toBe(before);
    });
  });
});

describe('summary', () => {
  /** Cells of the rows of a table, by path. */
  const rows = (table: string): Map<string, string[]> =>
    new Map(
      table.split('\n').map(line => {
        const [path = '', ...cells] = line.split(/ {2,}/);
        return [path, cells];
      }),
    );

  test('of LeNet-5: shapes, parameters of each layer and in all', () => {
    const model = new LeNet5(new Generator(0));
    const table = nn.summary(model, [64, 1, 28, 28]);
    const cells = rows(table);
    expect(cells.get('features.0')).toEqual(['Conv2d', '[64, 6, 28, 28]', `${(5 * 5 * 1 + 1) * 6}`, '7,526,400']);
    expect(cells.get('features.2')).toEqual(['MaxPool2d', '[64, 6, 14, 14]', '0', '0']);
    expect(cells.get('features.3')).toEqual(['Conv2d', '[64, 16, 10, 10]', '2,416', '15,360,000']);
    expect(cells.get('features')).toEqual(['Sequential', '[64, 16, 5, 5]', '0', '0']);
    expect(cells.get('classifier.0')).toEqual(['Flatten', '[64, 400]', '0', '0']);
    expect(cells.get('classifier.1')).toEqual(['Linear', '[64, 120]', '48,120', '3,072,000']);
    expect(cells.get('classifier.3')).toEqual(['Linear', '[64, 84]', '10,164', '645,120']);
    expect(cells.get('classifier.5')).toEqual(['Linear', '[64, 10]', '850', '53,760']);
    expect(table.split('\n')[0]).toBe('LeNet5, input [64, 1, 28, 28]');
    expect(table.split('\n').at(-1)).toBe('61,706 parameters, 61,706 trained');
    model.features.requiresGrad_(false);
    expect(nn.summary(model, [1, 1, 28, 28]).split('\n').at(-1)).toBe('61,706 parameters, 59,134 trained');
  });

  test('as numbers: multiply-adds, bytes and time, of layers and in all', () => {
    const model = new LeNet5(new Generator(0));
    const all = nn.statistics(model, [1, 1, 28, 28], { time: true });
    // The sums over kernels of LeCun's network: 28² · 6 · 25 + 10² · 16 · 150 + 400 · 120 + 120 · 84 + 84 · 10.
    expect(all.multiplyAdds).toBe(117_600 + 240_000 + 48_000 + 10_080 + 840);
    expect([all.parameters, all.trainedParameters, all.parameterBytes]).toEqual([61_706, 61_706, 4 * 61_706]);
    const conv = all.layers.find(l => l.path === 'features.0')!;
    expect(conv).toMatchObject({
      kind: 'Conv2d',
      outputs: [[1, 6, 28, 28]],
      outputBytes: 4 * 4704,
      parameterBytes: 4 * 156,
    });
    // Two convolutions, three linear layers, an activation behind each but the last, two pools, and the flattening.
    expect(all.outputBytes).toBe(4 * (2 * 4704 + 1176 + 2 * 1600 + 400 + 400 + 2 * 120 + 2 * 84 + 10));
    expect(all.layers.every(l => l.ms! >= 0)).toBe(true);
    expect(all.ms!).toBeCloseTo(
      all.layers.reduce((ms, l) => ms + l.ms!, 0),
      9,
    );
    expect(all.ms!).toBeGreaterThan(0);
    expect(nn.statistics(model, [1, 1, 28, 28]).ms).toBeNull();
    expect(String(nn.statistics(model, [1, 1, 28, 28]))).toBe(nn.summary(model, [1, 1, 28, 28]));
    expect(nn.summary(model, [1, 1, 28, 28], { time: true })).toMatch(
      /layer +kind +output +parameters +multiply-adds +ms\n[\s\S]*\n417 k multiply-adds, 241 KiB of parameters, 58\.\d KiB of outputs, [\d.]+ ms\n61,706/,
    );
  });

  test('counts products wherever they stand, each run of a layer, and recurrences', () => {
    class Shared extends nn.Layer {
      layer: nn.Linear = new nn.Linear(3, 3, { bias: false });
      forward(x: Tensor): Tensor {
        return this.layer.forward(this.layer.forward(x)).matmul(zeros([3, 5]));
      }
    }
    const { layers, multiplyAdds } = nn.statistics(new Shared(), [2, 3]);
    expect(layers.map(l => [l.path, l.multiplyAdds])).toEqual([
      ['', 2 * 3 * 5],
      ['layer', 2 * (2 * 3 * 3)],
    ]);
    expect(multiplyAdds).toBe(66);
    // Four gates of 4 from 3 inputs and 4 states, for 5 steps of 2 sequences.
    const lstm = nn.statistics(new nn.LSTM(3, 4), [5, 2, 3]);
    expect(lstm.multiplyAdds).toBe(5 * 2 * 16 * (3 + 4));
    expect(lstm.layers[0]!.outputs).toEqual([
      [5, 2, 4],
      [1, 2, 4],
      [1, 2, 4],
    ]);
  });

  test('leaves modes, memory and parameters as they were, also when it fails', () => {
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Dropout(0.5), new nn.Linear(3, 1));
    model.layers[1]!.eval();
    const modes = (): boolean[] => Array.from(model.namedModules(), ([, m]) => m.training);
    const before = [modes(), memory().blocks];
    nn.summary(model, [4, 2]);
    expect([modes(), memory().blocks]).toEqual(before);
    expect(() => nn.summary(model, [4, 3])).toThrow(/linear \(0\): /);
    expect([modes(), memory().blocks]).toEqual(before);
  });

  test('counts parameters that are in arrays, and those shared once', () => {
    class Sum extends nn.Layer {
      readonly parts = [new nn.Parameter(zeros([2])), new nn.Parameter(zeros([2]))];
      readonly unused = new nn.Linear(2, 2, { bias: false });
      readonly twin = this.parts[0]!;
      forward(x: Tensor): Tensor {
        return this.parts.reduce((y, p) => y.add(p), x);
      }
    }
    const table = nn.summary(new nn.Sequential(new Sum()), [1, 2]);
    expect(rows(table).get('0.unused')).toEqual(['Linear', '–', '4', '0']);
    expect(table.split('\n').at(-1)).toBe('8 parameters, 8 trained');
  });
});
