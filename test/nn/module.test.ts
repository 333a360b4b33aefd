/** Modules: what belongs to them, what their fields take, and modes. */
import { Generator, nn, ones, optim, randn, tensor, ValueError, zeros, type Tensor } from 'phyllo';
import { describe, expect, test } from 'vitest';
import { LeNet5 } from '../../examples/mnist/lenet';
import { NAMES, names, Net, numbers } from './nets';

describe('what belongs to a module', () => {
  test('parameters by path, shared ones once; buffers apart', () => {
    const net = new Net();
    expect(names(net.namedParameters())).toEqual(NAMES);
    expect(net.parameters()).toHaveLength(NAMES.length);
    expect(names(net.namedBuffers())).toEqual(['blocks.0.mean', 'blocks.1.mean']);
    expect(Object.keys(net.stateDict())).toEqual([...NAMES, 'again.weight', 'blocks.0.mean', 'blocks.1.mean']);
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
    expect(names(net.namedChildren())).toEqual(['blocks.0', 'blocks.1', 'drop', 'head']);
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
    const lstm = new nn.LSTM(1, 1);
    put(lstm, 'weight_ih_l0', ones([4, 1]));
    expect(() => lstm.forward(ones([1, 1, 1]))).toThrow(message);
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
    body!.requiresGrad_(false);
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
    body!.requiresGrad_();
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
