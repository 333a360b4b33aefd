/** Every activation layer and every creation function against its formula in float64. */
import { describe, expect, test } from 'vitest';
import { tensor, type nn, type Tensor } from 'phyllo';
import * as activations from '../../ts/nn/activations';
import * as creation from '../../ts/ops/creation';

const XS = [-30, -2.5, -1, -0.125, 0, 0.25, 1, 2.5, 30];
const numbers = (t: Tensor): number[] => Array.from(t.toArray());
/** Within 1e-5, of the number or absolutely: what f32 and the kernels' polynomials leave. */
function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((y, i) => expect(Math.abs(y - expected[i]!)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(y))));
}

type Formula = (x: number) => number;
interface Case {
  readonly layer: nn.Layer;
  /** Of each element by itself, or of all in a row. */
  readonly expected: readonly number[];
}
const pointwise = (layer: Case['layer'], f: Formula): Case => ({ layer, expected: XS.map(f) });

const sigmoid: Formula = x => 1 / (1 + Math.exp(-x));
/** Φ, by Simpson's rule from 0 to x. */
function normalCdf(x: number): number {
  const steps = 20_000;
  const end = Math.max(-10, Math.min(10, x));
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const u = (i * end) / steps;
    sum += (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp((-u * u) / 2);
  }
  return 0.5 + (sum * end) / steps / 3 / Math.sqrt(2 * Math.PI);
}
const total = XS.reduce((n, x) => n + Math.exp(x), 0);

/** An activation without a case does not compile. */
const cases: Readonly<Record<keyof typeof activations, readonly [Case, ...Case[]]>> = {
  Identity: [pointwise(new activations.Identity(), x => x)],
  Sigmoid: [pointwise(new activations.Sigmoid(), sigmoid)],
  Tanh: [pointwise(new activations.Tanh(), Math.tanh)],
  Arctan: [pointwise(new activations.Arctan(), Math.atan)],
  ReLU: [pointwise(new activations.ReLU(), x => Math.max(0, x))],
  LeakyReLU: [
    pointwise(new activations.LeakyReLU(), x => (x > 0 ? x : 0.01 * x)),
    pointwise(new activations.LeakyReLU(0.3), x => (x > 0 ? x : 0.3 * x)),
  ],
  ELU: [
    pointwise(new activations.ELU(), x => (x > 0 ? x : Math.expm1(x))),
    pointwise(new activations.ELU(0.5), x => (x > 0 ? x : 0.5 * Math.expm1(x))),
  ],
  GELU: [
    pointwise(new activations.GELU(), x => x * normalCdf(x)),
    // Hendrycks & Gimpel 2016.
    pointwise(
      new activations.GELU('tanh'),
      x => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ),
  ],
  SiLU: [pointwise(new activations.SiLU(), x => x * sigmoid(x))],
  Softplus: [
    pointwise(new activations.Softplus(), x => Math.log1p(Math.exp(x))),
    pointwise(new activations.Softplus(2, 4), x => (2 * x > 4 ? x : Math.log1p(Math.exp(2 * x)) / 2)),
  ],
  ReLU6: [pointwise(new activations.ReLU6(), x => Math.min(Math.max(0, x), 6))],
  Hardsigmoid: [pointwise(new activations.Hardsigmoid(), x => Math.min(Math.max(0, x + 3), 6) / 6)],
  Hardswish: [pointwise(new activations.Hardswish(), x => (x * Math.min(Math.max(0, x + 3), 6)) / 6)],
  SELU: [pointwise(new activations.SELU(), x => 1.05070099 * (x > 0 ? x : 1.67326324 * Math.expm1(x)))],
  CELU: [
    pointwise(new activations.CELU(), x => (x > 0 ? x : Math.expm1(x))),
    pointwise(new activations.CELU(-2), x => (x > 0 ? x : -2 * Math.expm1(x / -2))),
  ],
  Mish: [pointwise(new activations.Mish(), x => x * Math.tanh(Math.log1p(Math.exp(x))))],
  LogSigmoid: [pointwise(new activations.LogSigmoid(), x => Math.log(sigmoid(x)))],
  Softsign: [pointwise(new activations.Softsign(), x => x / (1 + Math.abs(x)))],
  Tanhshrink: [pointwise(new activations.Tanhshrink(), x => x - Math.tanh(x))],
  RReLU: [pointwise(new activations.RReLU(0.25, 0.75).eval(), x => (x > 0 ? x : x / 2))],
  PReLU: [
    pointwise(new activations.PReLU(), x => (x > 0 ? x : x / 4)),
    { layer: new activations.PReLU(9, -1), expected: XS.map(x => Math.abs(x)) },
  ],
  Hardtanh: [
    pointwise(new activations.Hardtanh(), x => Math.min(Math.max(-1, x), 1)),
    pointwise(new activations.Hardtanh(-2, 3), x => Math.min(Math.max(-2, x), 3)),
  ],
  Softshrink: [
    pointwise(new activations.Softshrink(), x => Math.sign(x) * Math.max(0, Math.abs(x) - 0.5)),
    pointwise(new activations.Softshrink(2), x => Math.sign(x) * Math.max(0, Math.abs(x) - 2)),
  ],
  Hardshrink: [
    pointwise(new activations.Hardshrink(), x => (Math.abs(x) > 0.5 ? x : 0)),
    pointwise(new activations.Hardshrink(1), x => (Math.abs(x) > 1 ? x : 0)),
  ],
  Threshold: [pointwise(new activations.Threshold(-1, 7), x => (x > -1 ? x : 7))],
  GLU: [
    {
      layer: new (class extends activations.GLU {
        override forward(x: Tensor): Tensor {
          return super.forward(x.slice(1, 0, 8));
        }
      })(1),
      expected: XS.slice(0, 4).map((x, i) => x * sigmoid(XS[i + 4] ?? NaN)),
    },
  ],
  Softmin: [{ layer: new activations.Softmin(0), expected: XS.map(() => 1) }],
  Softmax2d: [
    {
      layer: new (class extends activations.Softmax2d {
        override forward(x: Tensor): Tensor {
          return super.forward(x.reshape(1, 9, 1, 1));
        }
      })(),
      expected: XS.map(x => Math.exp(x) / total),
    },
  ],
  Softmax: [
    pointwise(new activations.Softmax(), x => Math.exp(x) / total),
    pointwise(new activations.Softmax(0), () => 1),
  ],
  LogSoftmax: [
    pointwise(new activations.LogSoftmax(), x => x - Math.log(total)),
    pointwise(new activations.LogSoftmax(0), () => 0),
  ],
};

describe('activations', () => {
  const all = Object.entries(cases).flatMap(([name, list]) => list.map((c, i) => [`${name} ${i}`, c] as const));
  test.each(all)('%s', (_, { layer, expected }) => {
    expectClose(numbers(layer.forward(tensor([XS]))), expected);
  });
});

/** [what is made, its shape, its elements, its element type] */
type Made = readonly [made: () => Tensor, shape: readonly number[], elements: readonly number[], dtype: string];
const like = tensor(Int32Array.of(5, 6, 7, 8, 9, 10), { shape: [2, 3] });
/** A creation function without a case does not compile. */
const made: Readonly<Record<keyof typeof creation, readonly [Made, ...Made[]]>> = {
  fullLike: [[() => creation.fullLike(like, 7), [2, 3], [7, 7, 7, 7, 7, 7], 'i32']],
  logspace: [
    [() => creation.logspace(0, 2, 3), [3], [1, 10, 100], 'f32'],
    [() => creation.logspace(-1, 2, 4, { base: 2 }), [4], [0.5, 1, 2, 4], 'f32'],
    [() => creation.logspace(0, 3, 4, { base: 2, dtype: 'i32' }), [4], [1, 2, 4, 8], 'i32'],
  ],
  tensor: [
    [
      () =>
        creation.tensor([
          [1, 2],
          [3, 4.5],
        ]),
      [2, 2],
      [1, 2, 3, 4.5],
      'f32',
    ],
    [() => creation.tensor([1, 0], { dtype: 'bool' }), [2], [1, 0], 'bool'],
  ],
  full: [[() => creation.full([2, 2], 3, { dtype: 'i32' }), [2, 2], [3, 3, 3, 3], 'i32']],
  zeros: [[() => creation.zeros([2, 1]), [2, 1], [0, 0], 'f32']],
  ones: [[() => creation.ones([3], { dtype: 'u8' }), [3], [1, 1, 1], 'u8']],
  zerosLike: [[() => creation.zerosLike(like), [2, 3], [0, 0, 0, 0, 0, 0], 'i32']],
  onesLike: [[() => creation.onesLike(like), [2, 3], [1, 1, 1, 1, 1, 1], 'i32']],
  arange: [
    [() => creation.arange(4), [4], [0, 1, 2, 3], 'f32'],
    [() => creation.arange(1, 8, 3), [3], [1, 4, 7], 'f32'],
    [() => creation.arange(1, -1, -0.5), [4], [1, 0.5, 0, -0.5], 'f32'],
  ],
  linspace: [
    [() => creation.linspace(-1, 1, 5), [5], [-1, -0.5, 0, 0.5, 1], 'f32'],
    [() => creation.linspace(3, 9, 1), [1], [3], 'f32'],
  ],
  eye: [
    [() => creation.eye(3), [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1], 'f32'],
    [() => creation.eye(2, 3, { dtype: 'i32' }), [2, 3], [1, 0, 0, 0, 1, 0], 'i32'],
    [() => creation.eye(2, 0), [2, 0], [], 'f32'],
  ],
};
describe('creation', () => {
  const all = Object.entries(made).flatMap(([name, list]) => list.map((c, i) => [`${name} ${i}`, ...c] as const));
  test.each(all)('%s', (_, make, shape, elements, dtype) => {
    const t = make();
    expect([t.shape, t.dtype, numbers(t)]).toEqual([shape, dtype, elements]);
  });
});
