/** Lists and dictionaries of modules and parameters, and what of a module's fields belongs to it, however nested. */
import { capture, IndexError, nn, ones, tensor, ValueError, zeros, type Tensor } from 'phyllo';
import { describe, expect, test } from 'vitest';
import { names, numbers } from './nets';

const x = (): Tensor => tensor([[1, 2]]);
const kinds = (modules: Iterable<nn.Module>): string[] => Array.from(modules, m => m.constructor.name);

describe('Sequential', () => {
  test('takes any module: the first takes several inputs, the next what it returns', () => {
    class Sum extends nn.Module {
      forward(a: Tensor, b: Tensor): Tensor {
        return a.add(b);
      }
    }
    const net = new nn.Sequential<[Tensor, Tensor]>(new Sum(), new nn.Identity());
    expect(numbers(net.forward(x(), x()))).toEqual([2, 4]);
    const lstm = new nn.Sequential<[Tensor], [Tensor, [Tensor, Tensor]]>(new nn.LSTM(2, 3));
    expect(lstm.forward(ones([4, 1, 2]))[0].shape).toEqual([4, 1, 3]);
  });

  test('is a list: length, iteration, places, and all that changes it', () => {
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
    net.append(new nn.Tanh()).insert(1, new nn.Sigmoid()).extend([new nn.Identity()]);
    expect(kinds(net)).toEqual(['Linear', 'Sigmoid', 'ReLU', 'Tanh', 'Identity']);
    expect([net.length, net.layers.length, net.at(-1).constructor.name]).toEqual([5, 5, 'Identity']);
    expect(net.pop().constructor.name).toBe('Identity');
    expect(net.pop(1).constructor.name).toBe('Sigmoid');
    net[2] = new nn.ELU();
    net.set(-2, new nn.GELU());
    expect([kinds(net), net[1]?.constructor.name, net[3]]).toEqual([['Linear', 'GELU', 'ELU'], 'GELU', undefined]);
    const head = net.slice(0, 1);
    expect(head.at(0)).toBe(net.at(0));
    expect(names(head.namedParameters())).toEqual(['0.weight', '0.bias']);
    for (const wrong of [() => net.at(3), () => net.at(-4), () => net.insert(9, new nn.ReLU()), () => net.pop(3)]) {
      expect(wrong).toThrow(IndexError);
    }
    expect(() => (net[3] = new nn.ReLU())).toThrow('Sequential.set: there is no entry 3 among 3');
    expect(() => Reflect.set(net, 1, 'no module')).toThrow("Sequential.set: item takes a module, this is 'no module'");
    net[100] = new nn.ReLU();
    expect(() => net.parameters()).toThrow('Sequential: there is no place 100 among 3');
  });

  test('takes modules that compute something, one by one', () => {
    class Nothing extends nn.Identity {}
    Object.defineProperty(Nothing.prototype, 'forward', { value: undefined });
    expect(() => new nn.Sequential(new Nothing())).toThrow(
      'Sequential: entry 0 takes a module, this is a Nothing, which has no forward()',
    );
    expect(() => Reflect.construct(nn.Sequential, [[new nn.ReLU()]])).toThrow(
      'entry 0 takes a module, this is [a ReLU]: spread a list, new nn.Sequential(...layers)',
    );
  });

  test('a layer that is replaced is another in a plan, too', () => {
    const net = new nn.Sequential(new nn.ReLU());
    const run = capture((t: Tensor) => net.forward(t));
    expect(numbers(run(tensor([-1, 2])))).toEqual([0, 2]);
    net[0] = new nn.Identity();
    expect(numbers(run(tensor([-1, 2])))).toEqual([-1, 2]);
  });

  test('what a subclass holds beside its layers belongs to it', () => {
    class Scaled extends nn.Sequential {
      readonly scale = new nn.Parameter(tensor([2]));
      override forward(t: Tensor): Tensor {
        return super.forward(t).mul(this.scale);
      }
    }
    const net = new Scaled(new nn.Identity());
    expect([names(net.namedParameters()), numbers(net.forward(x()))]).toEqual([['scale'], [2, 4]]);
  });
});

test('dictionaries: by name, in order, and refused by name', () => {
  const dict = new nn.ModuleDict<nn.Linear>({ b: new nn.Linear(2, 1), a: new nn.Linear(2, 2) });
  dict.set('c', new nn.Linear(2, 3)).update({ b: new nn.Linear(2, 4) });
  expect([[...dict.keys()], [...dict.values()].map(m => m.outFeatures), dict.size]).toEqual([
    ['b', 'a', 'c'],
    [4, 2, 3],
    3,
  ]);
  expect([dict.pop('a').outFeatures, dict.has('a'), [...dict].map(([name]) => name)]).toEqual([2, false, ['b', 'c']]);
  expect(() => dict.get('a')).toThrow("ModuleDict.get: there is no 'a' among b, c");
  expect(() => dict.set('a.b', new nn.Linear(1, 1))).toThrow("'a.b' is no name");
  expect(() => new nn.ModuleDict({}).forward()).toThrow('ModuleDict.forward: a ModuleDict only holds');
  const list = new nn.ParameterList();
  expect(() => Reflect.apply(list.append, list, [ones([1])])).toThrow(
    'ParameterList.append: entry 0 takes a Parameter',
  );
  expect(() => Reflect.construct(nn.ModuleList, [3])).toThrow('ModuleList: entries takes an array, this is 3');
  expect(() => Reflect.construct(nn.ParameterList, [new Map()])).toThrow(
    'ParameterList: entries takes an array, this is a Map',
  );
});

describe('parts of a module', () => {
  const p = (v: number): nn.Parameter => new nn.Parameter(tensor([v]));
  class Nested extends nn.Module {
    readonly heads = { main: new nn.Linear(1, 1, { bias: false }), rest: [[p(1)], [p(2)]] };
    readonly table = new Map<unknown, unknown>([['x', p(3)]]);
    readonly set = new Set([new nn.Linear(1, 1, { bias: false })]);
    readonly note: unknown = { text: 'a', numbers: [1, 2] };
    forward(t: Tensor): Tensor {
      return this.heads.main.forward(t);
    }
  }
  test('are found in plain objects, nested arrays, maps and sets', () => {
    const net = new Nested();
    const paths = ['heads.rest.0.0', 'heads.rest.1.0', 'table.x', 'heads.main.weight', 'set.0.weight'];
    expect(names(net.namedParameters())).toEqual(paths);
    net.table.set({}, p(4));
    expect(() => net.parameters()).toThrow(/^Nested: table is a Map with .* as a key: names are text$/);
  });

  test('of nested data that requires a gradient a Parameter is asked for', () => {
    const net = new Nested();
    net.table.set('y', tensor([1], { requiresGrad: true }));
    expect(() => net.parameters()).toThrow(
      'Nested: table.y is Tensor([1], f32) that requires a gradient, but no Parameter',
    );
  });

  test('in #private fields cannot be seen: running them is refused where they would be trained', () => {
    class Hidden extends nn.Layer {
      readonly #inner: nn.Layer;
      constructor(inner: nn.Layer) {
        super();
        this.#inner = inner;
      }
      forward(t: Tensor): Tensor {
        return this.#inner.forward(t);
      }
    }
    const message = 'Hidden: runs a Linear that no public field of it holds';
    expect(() => new Hidden(new nn.Linear(2, 2)).forward(x())).toThrow(message);
    expect(() => new Hidden(new nn.Linear(2, 2)).clone()).toThrow('Hidden.clone: the class has #private fields');
    expect(numbers(new Hidden(new nn.Identity()).forward(x()))).toEqual([1, 2]);
    const frozen = new nn.Linear(2, 2).requiresGrad_(false); // a teacher, say
    expect(new Hidden(frozen).forward(x()).shape).toEqual([1, 2]);
  });

  test('modules, children, apply and paths', () => {
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.Sequential(new nn.BatchNorm1d(2)));
    expect(kinds(net.children())).toEqual(['Linear', 'Sequential']);
    expect(kinds(net.modules())).toEqual(['Sequential', 'Linear', 'Sequential', 'BatchNorm1d']);
    const met: string[] = [];
    expect(net.apply(m => void met.push(m.constructor.name))).toBe(net);
    expect(met).toEqual(['Linear', 'BatchNorm1d', 'Sequential', 'Sequential']);
    expect(net.getSubmodule('1.0')).toBe(net.modules()[3]);
    expect(net.getParameter('1.0.weight').shape).toEqual([2]);
    expect(net.getBuffer('1.0.running_var')).toBe(net.buffers()[1]);
    expect(() => net.getParameter('1.0.running_var')).toThrow("there is none at '1.0.running_var' in Sequential");
  });

  test('buffers and parameters by name; what is not persistent is not saved', () => {
    const net = new nn.Linear(2, 1, { bias: false });
    const mask = net.registerBuffer('mask', zeros([2]), { persistent: false });
    net.registerParameter('more', p(1));
    expect(Object.keys(net.stateDict())).toEqual(['weight', 'more']);
    expect(net.buffers()).toEqual([mask]);
    expect(Reflect.get(net, 'mask')).toBe(mask);
    for (const name of ['weight', 'forward', '', 'a.b']) {
      expect(() => net.registerBuffer(name, zeros([1])), name).toThrow(ValueError);
    }
  });

  test('surplus inputs are refused, as many as a forward has names for are taken', () => {
    const call = (m: nn.Module, ...args: unknown[]): unknown => Reflect.apply(m.forward, m, args);
    expect(() => call(new nn.Linear(2, 2), x(), x())).toThrow('Linear.forward: takes 1 argument, these are 2');
    class Many extends nn.Module {
      forward(a: Tensor, { scale = [1, 2].length } = {}, ...rest: Tensor[]): number {
        return scale + rest.length + (a ? 1 : 0);
      }
    }
    expect(call(new Many(), x(), {}, x(), x(), x())).toBe(6);
    class Defaults extends nn.Module {
      forward(a: Tensor, b = [1, [2, 3]], /* c, d */ e = (): number => 4): number {
        return a.size + b.length + e();
      }
    }
    expect(call(new Defaults(), x(), [1], () => 1)).toBe(4);
    expect(() => call(new Defaults(), x(), [1], () => 1, 5)).toThrow('Defaults.forward: takes 3 arguments');
    expect(() => call(new nn.LSTM(2, 2), ones([1, 1, 2]), null, 1)).toThrow('LSTM.forward: takes 2 arguments');
  });
});

test('a clone has parameters of its own, ties and structure kept', () => {
  class Tied extends nn.Module {
    readonly embed = new nn.Embedding(4, 3);
    readonly out = new nn.Linear(3, 4);
    readonly blocks = [new nn.BatchNorm1d(3), new nn.LSTM(3, 3)] as const;
    readonly act = new nn.Hardtanh(-2, 2);
    constructor() {
      super();
      this.out.weight = this.embed.weight;
    }
    forward(i: Tensor): Tensor {
      return this.out.forward(this.act.forward(this.blocks[0].forward(this.embed.forward(i))));
    }
  }
  const net = new Tied().eval();
  const twin = net.clone();
  const index = tensor(Int32Array.of(0, 3));
  expect(twin).toBeInstanceOf(Tied);
  expect(twin.out.weight).toBe(twin.embed.weight);
  expect(names(twin.namedModules())).toEqual(names(net.namedModules()));
  expect(numbers(twin.forward(index))).toEqual(numbers(net.forward(index)));
  twin.embed.weight.set(Array.from({ length: 12 }, () => 7));
  expect(numbers(net.embed.weight)).not.toContain(7);
  expect(twin.blocks[0].training).toBe(false);
  expect(Object.values(twin.stateDict()).some(t => Object.values(net.stateDict()).includes(t))).toBe(false);

  // Tied weights are saved under both names, and one of them is enough.
  const { 'out.weight': _, ...rest } = net.stateDict();
  expect(Object.keys(net.stateDict())).toContain('out.weight');
  expect(twin.loadStateDict(rest)).toEqual({ missingKeys: [], unexpectedKeys: [] });
  expect(numbers(twin.out.weight)).toEqual(numbers(net.out.weight));
  twin.loadStateDict({ ...net.stateDict(), 'blocks.0.num_batches_tracked': zeros([], { dtype: 'i32' }) });
  expect(nn.summary(twin, index)).toMatch(/^Tied, input \[2\]\n[\s\S]*out +Linear +\[2, 4\]/);
});
