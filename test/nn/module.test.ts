/** Modules: what belongs to them, saving and loading, modes, scopes, and where errors say they happened. */
import {
  capture,
  DisposedError,
  Generator,
  GradientError,
  memory,
  nn,
  noGrad,
  ones,
  optim,
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

const numbers = (t: Tensor): number[] => Array.from(t.toArray());
const names = (entries: Iterable<readonly [string, unknown]>): string[] => Array.from(entries, ([name]) => name);

/** y = s ⊙ (x Wᵀ + b) + m: a layer inside, a parameter and a buffer of its own. */
class Scaled extends nn.Layer {
  readonly inner: nn.Linear;
  readonly scale: nn.Parameter;
  readonly mean: nn.Buffer;
  constructor(n: number) {
    super();
    this.inner = new nn.Linear(n, n);
    this.scale = new nn.Parameter(ones([n]));
    this.mean = new nn.Buffer(zeros([n]));
  }
  forward(x: Tensor): Tensor {
    return this.inner.forward(x).mul(this.scale).add(this.mean);
  }
}

/** Modules and parameters in arrays, a module that is used twice, and fields that are no part of it. */
class Net extends nn.Module {
  readonly blocks = [new Scaled(3), new Scaled(3)];
  readonly drop = new nn.Dropout(0.5);
  readonly head = new nn.Linear(3, 2, { bias: false });
  readonly again = this.head;
  readonly offsets = [new nn.Parameter(zeros([2])), new nn.Parameter(ones([2]))];
  readonly width = 3;
  readonly note = tensor([1]);
  readonly absent = null;

  forward(x: Tensor): readonly [Tensor, Tensor] {
    let h = x;
    for (const block of this.blocks) h = block.forward(h).relu();
    const y = this.head.forward(this.drop.forward(h)).add(this.offsets[0]!);
    return [y, this.again.forward(h).add(this.offsets[1]!)];
  }
}

const NAMES = [
  'offsets.0',
  'offsets.1',
  'blocks.0.scale',
  'blocks.0.inner.weight',
  'blocks.0.inner.bias',
  'blocks.1.scale',
  'blocks.1.inner.weight',
  'blocks.1.inner.bias',
  'head.weight',
];

describe('what belongs to a module', () => {
  test('parameters by path, shared ones once; buffers apart', () => {
    const net = new Net();
    expect(names(net.namedParameters())).toEqual(NAMES);
    expect(net.parameters()).toHaveLength(NAMES.length);
    expect(names(net.namedBuffers())).toEqual(['blocks.0.mean', 'blocks.1.mean']);
    expect(Object.keys(net.stateDict())).toEqual([...NAMES, 'blocks.0.mean', 'blocks.1.mean']);
    expect(net.stateDict()['head.weight']).toBe(net.head.weight);
    expect(names(net.namedModules())).toEqual([
      '',
      'blocks.0',
      'blocks.0.inner',
      'blocks.1',
      'blocks.1.inner',
      'drop',
      'head',
    ]);
    expect(names(net.children())).toEqual(['blocks.0', 'blocks.1', 'drop', 'head', 'again']);
  });

  test('a parameter tied between two layers is one, and gets both gradients', () => {
    class Tied extends nn.Layer {
      readonly encoder = new nn.Linear(2, 2, { bias: false });
      readonly weight = this.encoder.weight;
      forward(x: Tensor): Tensor {
        return this.encoder.forward(x).matmul(this.weight);
      }
    }
    const net = new Tied();
    expect(names(net.namedParameters())).toEqual(['weight']);
    net.weight.set([1, 2, 3, 4]);
    net
      .forward(tensor([[1, 0]]))
      .sum()
      .backward();
    // L = Σ_jk W_j0 W_jk: ∂L/∂W_j0 = Σ_k W_jk + W_j0 and ∂L/∂W_j1 = W_j0
    expect(numbers(net.weight.grad!)).toEqual([4, 1, 10, 3]);
    const twice = [...net.parameters(), ...net.encoder.parameters()];
    expect(() => new optim.SGD(twice, { lr: 1 })).toThrow(/SGD: a parameter of shape \[2, 2\] is given twice/);
  });

  test('Sequential names its layers by number and runs them in order', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Sequential(new nn.ReLU(), new nn.Linear(3, 1)));
    expect(names(net.namedParameters())).toEqual(['0.weight', '0.bias', '1.1.weight', '1.1.bias']);
    net.loadStateDict({
      '0.weight': tensor([
        [1, 0],
        [0, 1],
        [1, 1],
      ]),
      '0.bias': tensor([0, 0, -1]),
      '1.1.weight': tensor([[1, 10, 100]]),
      '1.1.bias': tensor([0.5]),
    });
    expect(
      numbers(
        net.forward(
          tensor([
            [1, 2],
            [-1, -2],
          ]),
        ),
      ),
    ).toEqual([221.5, 0.5]);
    const x = ones([2]);
    expect(new nn.Sequential().forward(x)).toBe(x);
    expect(new nn.Sequential().parameters()).toEqual([]);
  });

  test('two models from equal generators are equal, and the default generator is not asked', () => {
    const [a, b] = [new LeNet5(new Generator(1)), new LeNet5(new Generator(1))];
    expect(a.parameters().map(numbers)).toEqual(b.parameters().map(numbers));
    expect(numbers(new LeNet5(new Generator(2)).parameters()[0]!)).not.toEqual(numbers(a.parameters()[0]!));
  });
});

describe('a tensor assigned to the field of a parameter', () => {
  /** As JavaScript assigns: the compiler refuses it. */
  const put = (m: nn.Module, name: string, value: unknown): void => void Reflect.set(m, name, value);
  const message = /: \w+ takes a Parameter, a Buffer or null, this is Tensor\(.*\): wrap a tensor in new nn\.Parameter/;
  const layers: Readonly<Record<string, () => nn.Layer>> = {
    Linear: () => new nn.Linear(2, 2),
    Conv1d: () => new nn.Conv1d(1, 1, 1),
    Conv2d: () => new nn.Conv2d(1, 1, 1),
    Conv3d: () => new nn.Conv3d(1, 1, 1),
    ConvTranspose2d: () => new nn.ConvTranspose2d(1, 1, 1),
    LayerNorm: () => new nn.LayerNorm(2),
    RMSNorm: () => new nn.RMSNorm(2),
    GroupNorm: () => new nn.GroupNorm(1, 2),
    BatchNorm1d: () => new nn.BatchNorm1d(2),
    Embedding: () => new nn.Embedding(2, 2),
  };

  test.each(Object.entries(layers))(
    'of %s is refused at the next call and wherever parameters are listed',
    (_, make) => {
      for (const use of [
        (m: nn.Layer) => m.forward(ones([2, 2])),
        (m: nn.Layer) => m.parameters(),
        (m: nn.Layer) => m.stateDict(),
      ]) {
        const layer = make();
        put(layer, 'weight', ones([2, 2]));
        expect(() => use(layer)).toThrow(ValueError);
        expect(() => use(layer)).toThrow(message);
      }
    },
  );

  test('of a buffer, of a recurrent layer, and of an entry of an array', () => {
    const norm = new nn.BatchNorm1d(2);
    put(norm, 'running_mean', ones([2]));
    expect(() => norm.stateDict()).toThrow(message);
    expect(() => {
      put(new nn.LSTM(1, 1), 'weight_ih_l0', ones([4, 1]));
      Object.assign(new nn.LSTM(1, 1), { weight_ih_l0: ones([4, 1]) });
    }).toThrow(TypeError);
    const net = new Net();
    net.parameters();
    Reflect.set(net.offsets, 1, zeros([2]));
    expect(() => net.parameters()).toThrow(/^Net: offsets\.1 takes a Parameter/);
  });

  test('between two steps: the parameter that the optimiser holds is not left behind', () => {
    const net = new nn.Sequential(new nn.Linear(2, 1));
    const sgd = new optim.SGD(net.parameters(), { lr: 1 });
    net
      .forward(ones([1, 2]))
      .sum()
      .backward();
    sgd.step();
    put(net.layers[0]!, 'bias', zeros([1]));
    expect(() => net.forward(ones([1, 2]))).toThrow(/^Linear \(0\): bias takes a Parameter/);
  });

  test('another parameter, and null, are taken', () => {
    const [a, b] = [new nn.Linear(2, 2), new nn.Linear(2, 2)];
    put(a, 'weight', b.weight);
    put(a, 'bias', null);
    expect(a.parameters()).toEqual([b.weight]);
    expect(numbers(a.forward(ones([1, 2])))).toEqual(numbers(b.weight.sum(1)));
    put(a, 'bias', ones([2]));
    expect(() => a.forward(ones([1, 2]))).toThrow(message);
  });
});

describe('loadStateDict', () => {
  const state = (net: nn.Module): Record<string, number[]> =>
    Object.fromEntries(Object.entries(net.stateDict()).map(([k, t]) => [k, numbers(t)]));

  test('copies values in place', () => {
    const [a, b] = [new Net(), new Net()];
    b.blocks[0]!.mean.set([1, 2, 3]);
    const before = a.parameters();
    expect(a.loadStateDict(b.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(state(a)).toEqual(state(b));
    expect(a.parameters()).toEqual(before);
    a.head.weight.set([0, 0, 0, 0, 0, 0]);
    expect(numbers(b.head.weight)).not.toEqual([0, 0, 0, 0, 0, 0]);
    expect(a.loadStateDict(a.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
  });

  test.each<[string, (s: Record<string, Tensor>) => Record<string, Tensor>, RegExp]>([
    ['a missing name', ({ 'head.weight': _, ...s }) => s, /^loadStateDict: head\.weight is missing$/],
    ['an unexpected name', s => ({ ...s, 'tail.weight': zeros([1]) }), /^loadStateDict: tail\.weight is unexpected$/],
    [
      'another shape',
      s => ({ ...s, 'head.weight': zeros([3, 2]) }),
      /^loadStateDict: head\.weight takes f32 \[2, 3\], found f32 \[3, 2\]$/,
    ],
    [
      'another type',
      s => ({ ...s, 'head.weight': zeros([2, 3], { dtype: 'i32' }) }),
      /head\.weight takes f32 \[2, 3\], found i32 \[2, 3\]/,
    ],
    [
      'all at once',
      ({ 'offsets.1': _, ...s }) => ({ ...s, toString: zeros([1]), 'head.weight': zeros([1]) }),
      /head\.weight takes .*; offsets\.1 is missing; toString is unexpected/,
    ],
  ])('refuses %s, and has written nothing', (_, change, message) => {
    const net = new Net();
    const before = state(net);
    const other = new Net();
    expect(() => net.loadStateDict(change(other.stateDict()))).toThrow(ShapeError);
    expect(() => net.loadStateDict(change(other.stateDict()))).toThrow(message);
    expect(state(net)).toEqual(before);
  });

  test('not strict, takes what fits by name and tells the rest', () => {
    const net = new Net();
    const before = state(net);
    const report = net.loadStateDict({ 'head.weight': ones([2, 3]), other: zeros([1]) }, { strict: false });
    expect(report.missingKeys).toEqual([...NAMES.filter(n => n !== 'head.weight'), 'blocks.0.mean', 'blocks.1.mean']);
    expect(report.unexpectedKeys).toEqual(['other']);
    expect(state(net)).toEqual({ ...before, 'head.weight': [1, 1, 1, 1, 1, 1] });
    const wrong = { 'head.weight': ones([1]) };
    expect(() => net.loadStateDict(wrong, { strict: false })).toThrow(/weight takes f32 \[2, 3\], found f32 \[1\]/);
  });

  test('refuses a freed tensor before anything is written', () => {
    const net = new nn.Linear(1, 1);
    net.weight.set([5]);
    const bias = zeros([1]);
    bias.dispose();
    expect(() => net.loadStateDict({ weight: zeros([1, 1]), bias })).toThrow(DisposedError);
    expect(net.weight.item()).toBe(5);
  });
});

describe('modes', () => {
  test('train and eval reach every module', () => {
    const net = new Net();
    const modes = (): boolean[] => Array.from(net.namedModules(), ([, m]) => m.training);
    expect(modes().every(on => on)).toBe(true);
    expect(net.eval()).toBe(net);
    expect(modes().some(on => on)).toBe(false);
    net.blocks[0]!.train();
    expect(modes().filter(on => on)).toHaveLength(2);
    expect(net.train()).toBe(net);
    expect(modes().every(on => on)).toBe(true);
  });

  test('dropout depends on them', () => {
    const net = new Net();
    const x = ones([1, 3]);
    net.eval();
    expect(numbers(net.forward(x)[0])).toEqual(numbers(net.forward(x)[0]));
    const layer = new nn.Dropout(0.5, { generator: new Generator(1) });
    expect(numbers(layer.forward(ones([64]))).filter(v => v === 0).length).toBeGreaterThan(10);
    expect(numbers(layer.eval().forward(ones([64])))).toEqual(numbers(ones([64])));
  });

  test('frozen parameters get no gradient and do not change, the others do', () => {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 1));
    const [body, , head] = net.layers;
    body!.requiresGrad(false);
    const frozen = body!.parameters().map(numbers);
    const free = head!.parameters().map(numbers);
    const optimizer = new optim.Adam(net.parameters(), { lr: 0.1, weightDecay: 0.1 });
    net
      .forward(randn([5, 3]))
      .square()
      .sum()
      .backward();
    expect(body!.parameters().every(p => p.grad === null)).toBe(true);
    optimizer.step();
    expect(body!.parameters().map(numbers)).toEqual(frozen);
    expect(head!.parameters().map(numbers)).not.toEqual(free);
    body!.requiresGrad();
    net.zeroGrad();
    expect(net.parameters().every(p => p.grad === null)).toBe(true);
    net
      .forward(randn([5, 3]))
      .square()
      .sum()
      .backward();
    expect(net.parameters().every(p => p.grad !== null)).toBe(true);
  });
});

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
    expect(() => halve(ones([1, 2]))).toThrow(/changes Keeping\.last, which a plan would do once.*assign\(\)/);
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
    expect(cells.get('features.0')).toEqual(['Conv2d', '[64, 6, 28, 28]', `${(5 * 5 * 1 + 1) * 6}`]);
    expect(cells.get('features.2')).toEqual(['MaxPool2d', '[64, 6, 14, 14]', '0']);
    expect(cells.get('features.3')).toEqual(['Conv2d', '[64, 16, 10, 10]', '2,416']);
    expect(cells.get('features')).toEqual(['Sequential', '[64, 16, 5, 5]', '0']);
    expect(cells.get('classifier.0')).toEqual(['Flatten', '[64, 400]', '0']);
    expect(cells.get('classifier.1')).toEqual(['Linear', '[64, 120]', '48,120']);
    expect(cells.get('classifier.3')).toEqual(['Linear', '[64, 84]', '10,164']);
    expect(cells.get('classifier.5')).toEqual(['Linear', '[64, 10]', '850']);
    expect(table.split('\n')[0]).toBe('LeNet5, input [64, 1, 28, 28]');
    expect(table.split('\n').at(-1)).toBe('61,706 parameters, 61,706 trained');
    model.features.requiresGrad(false);
    expect(nn.summary(model, [1, 1, 28, 28]).split('\n').at(-1)).toBe('61,706 parameters, 59,134 trained');
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
    expect(rows(table).get('0.unused')).toEqual(['Linear', '–', '4']);
    expect(table.split('\n').at(-1)).toBe('8 parameters, 8 trained');
  });
});

test('modules that lead back to themselves are walked once', () => {
  class Child extends nn.Layer {
    readonly inner = new nn.Linear(2, 2);
    parent: nn.Module | null = null;
    forward(x: Tensor): Tensor {
      return this.inner.forward(x);
    }
  }
  const child = new Child();
  child.parent = child;
  const net = new nn.Sequential(child, child);
  child.parent = net;
  expect(names(net.namedModules())).toEqual(['', '0', '0.inner']);
  expect(names(net.namedParameters())).toEqual(['0.inner.weight', '0.inner.bias']);
});

test('a state dict is loaded whole or not at all, also where the receiver has lost a tensor', () => {
  const [from, to] = [new nn.Linear(2, 2), new nn.Linear(2, 2)];
  const before = numbers(to.weight);
  to.bias!.dispose();
  expect(() => to.loadStateDict(from.stateDict())).toThrow(DisposedError);
  expect(numbers(to.weight)).toEqual(before);
});
