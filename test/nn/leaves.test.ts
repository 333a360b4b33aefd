/** Tensors in the fields of modules that require a gradient and are no parameters. */
import { nn, ones, optim, tensor, ValueError, zeros, type Tensor } from 'phyllo';
import { expect, test } from 'vitest';

class Scaled extends nn.Layer {
  readonly inner = new nn.Linear(2, 2);
  scale: Tensor;
  seen: Tensor | null = null;
  readonly others: Tensor[] = [];

  constructor(scale: Tensor) {
    super();
    this.scale = scale;
  }
  forward(x: Tensor): Tensor {
    this.seen = x;
    return this.inner.forward(x).mul(this.scale);
  }
}
const leaf = (): Tensor => tensor([1, 1], { requiresGrad: true });

test('are refused when parameters are first listed, however often', () => {
  const net = new Scaled(leaf());
  for (const list of [() => net.parameters(), () => net.stateDict(), () => new nn.Sequential(net).parameters()]) {
    expect(list).toThrow(ValueError);
    expect(list).toThrow(
      'Scaled: scale is Tensor([2], f32) that requires a gradient, but no Parameter, so that nothing would train or save it: make it a new nn.Parameter(…)',
    );
  }
  const entry = new Scaled(zeros([2]));
  entry.others.push(leaf());
  expect(() => entry.parameters()).toThrow(/^Scaled: others\.0 is Tensor/);
  net.scale = new nn.Parameter(ones([2]));
  expect([...net.namedParameters()].map(([name]) => name)).toEqual(['scale', 'inner.weight', 'inner.bias']);
});

test('constants, outputs of ops, and inputs that forward remembers are taken', () => {
  const net = new Scaled(ones([2]));
  const sgd = new optim.SGD(net.parameters(), { lr: 1 });
  const x = tensor([[1, 2]], { requiresGrad: true });
  net.forward(x).sum().backward();
  sgd.step();
  net.zeroGrad();
  expect(net.seen).toBe(x);
  expect(net.parameters()).toHaveLength(2);
  expect(new Scaled(leaf().mul(2)).parameters()).toHaveLength(2);
});
