/** Samples of functions of one element, of dropout, and of the two conversions. */
import type { Tensor } from '../../../ts/core/tensor';
import * as convert from '../../../ts/core/convert';
import { tensor } from '../../../ts/ops/creation';
import { alphaDropout, dropout, dropout1d, dropout2d, dropout3d, featureAlphaDropout } from '../../../ts/ops/dropout';
import * as ops from '../../../ts/ops/elementwise';
import { Generator } from '../../../ts/ops/generator';
import { expand, permute, slice, t } from '../../../ts/ops/view';
import {
  real,
  between,
  bool,
  discrete,
  fractional,
  int,
  nonzero,
  positive,
  sample,
  type Draw,
  type Sample,
  type SamplesOf,
} from './sample';

type Unary = (x: Tensor) => Tensor;
type List = readonly [Sample, ...Sample[]];

/** `edges` are where limits decide: zeros, infinities, NaN. */
function floats(f: Unary, draw: Draw, edges: readonly number[] = [0, -0, Infinity, -Infinity, NaN]): List {
  return [
    sample([draw()], x => f(x), 'f32[]'),
    ...[[1], [7], [3, 5], [2, 3, 4], [133], [0, 4]].map(shape =>
      sample([draw(...shape)], x => f(x), `f32[${shape.join()}]`),
    ),
    sample([draw(4, 3)], x => f(t(x)), 'f32[3,4]'),
    sample([draw(3, 1)], x => f(expand(x, [2, 3, 4])), 'f32[2,3,4]'),
    sample([draw(2, 9)], x => f(slice(x, 1, 1, 8, 3)), 'f32[2,3]'),
    sample([draw(2, 3, 2, 3, 2)], x => f(permute(x, [4, 3, 2, 1, 0])), 'f32[2,3,2,3,2]'),
    sample([], () => f(tensor(edges)), `f32[${edges.length}]`),
  ];
}
/** As `floats`, of a function that widens integers. */
export const unary = (f: Unary, draw: Draw, edges?: readonly number[]): List => [
  ...floats(f, draw, edges),
  sample([], () => f(int([1, 2, 3])), 'f32[3]'),
  sample([], () => f(bool([1, 0, 1])), 'f32[3]'),
];
/** As `floats`, of a function that keeps integers whole. */
const whole = (f: Unary, draw: Draw): List => [
  ...floats(f, draw),
  sample([], () => f(int([-3, 0, 2 ** 24 + 1])), 'i32[3]'),
  sample([], () => f(t(int([1, 2, 3, 4, 5, 6], [2, 3]))), 'i32[3,2]'),
  sample([], () => f(bool([1, 0, 1])), 'i32[3]'),
  sample([], () => f(tensor(Uint8Array.of(0, 1, 255))), 'i32[3]'),
];
/** Between the bends at 0 and 1, and beyond them. */
const between01: Draw = (...shape) => ({
  shape,
  draw: (n, random) => Array.from({ length: n }, (_, i) => (i % 3) - 1 + 0.2 + 0.6 * random()),
});
const UNSIGNED = [0, Infinity, NaN];

const conversions = (f: (x: Tensor, dtype: 'f32' | 'i32' | 'u8' | 'bool') => Tensor): List => [
  discrete([between(-9, 9)(3, 5)], x => f(x, 'i32'), 'i32[3,5]'),
  discrete([between(0, 255)(3, 5)], x => f(x, 'u8'), 'u8[3,5]'),
  discrete([between(-9, 9)(4, 3)], x => f(t(x), 'i32'), 'i32[3,4]'),
  discrete([real(0, 3)], x => f(x, 'bool'), 'bool[0,3]'),
  sample([], () => f(tensor([0, -0, 0.25, -3, NaN]), 'bool'), 'bool[5]'),
  sample([], () => f(tensor([1e10, -1e10, NaN, 0.99, -0.99]), 'i32'), 'i32[5]'),
  sample([], () => f(tensor([300, -5, NaN, 254.9]), 'u8'), 'u8[4]'),
  sample([], () => f(int([-1, 0, 2, 3, 4, 5], [2, 3]), 'f32'), 'f32[2,3]'),
  sample([], () => f(t(int([-1, 0, 2, 3, 4, 5], [2, 3])), 'bool'), 'bool[3,2]'),
  sample([], () => f(int([-1, 0, 255, 256, 257]), 'u8'), 'u8[5]'),
  sample([], () => f(tensor(Uint8Array.of(0, 1, 255)), 'f32'), 'f32[3]'),
  sample([], () => f(tensor(Uint8Array.of(0, 1, 255)), 'i32'), 'i32[3]'),
  sample([], () => f(tensor(Uint8Array.of(0, 1, 255)), 'bool'), 'bool[3]'),
  sample([], () => f(t(bool([1, 0, 0, 1, 1, 0], [2, 3])), 'f32'), 'f32[3,2]'),
  sample([], () => f(bool([1, 0, 1]), 'i32'), 'i32[3]'),
  sample([], () => f(bool([1, 0, 1]), 'u8'), 'u8[3]'),
];

export const elementwiseSamples: SamplesOf<typeof ops> = {
  neg: whole(ops.neg, real),
  sign: whole(ops.sign, nonzero),
  floor: whole(ops.floor, fractional),
  ceil: whole(ops.ceil, fractional),
  trunc: whole(ops.trunc, fractional),
  round: [
    ...whole(ops.round, fractional),
    sample([fractional(6)], x => ops.round(x, { decimals: 1 }), 'f32[6]'),
    sample([], () => ops.round(tensor([0.125, 1.375, -2.5, 1234.5]), { decimals: 2 }), 'f32[4]'),
    sample([], () => ops.round(tensor([1250, 1350, -49, 51]), { decimals: -2 }), 'f32[4]'),
    sample([], () => ops.round(int([15, 25]), { decimals: 1 }), 'i32[2]'),
    sample([], () => ops.round(tensor([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])), 'f32[6]'),
  ],
  abs: whole(ops.abs, nonzero),
  square: whole(ops.square, real),
  sqrt: unary(ops.sqrt, positive),
  rsqrt: unary(ops.rsqrt, positive, UNSIGNED),
  reciprocal: unary(ops.reciprocal, nonzero),
  exp: unary(ops.exp, real),
  expm1: [...unary(ops.expm1, real), sample([between(-1e-3, 1e-3)(20)], x => ops.expm1(x), 'f32[20]')],
  log: unary(ops.log, positive),
  log1p: [...unary(ops.log1p, positive), sample([between(-1e-3, 1e-3)(20)], x => ops.log1p(x), 'f32[20]')],
  sin: [...unary(ops.sin, real, [0, -0, NaN]), sample([between(-100, 100)(40)], x => ops.sin(x), 'f32[40]')],
  cos: [...unary(ops.cos, real, [0, -0, NaN]), sample([between(-100, 100)(40)], x => ops.cos(x), 'f32[40]')],
  tan: [
    ...unary(ops.tan, between(-1.2, 1.2), [0, -0, NaN]),
    sample([between(-1.2, 1.2)(40)], x => ops.tan(x), 'f32[40]'),
  ],
  asin: unary(ops.asin, between(-0.9, 0.9), [0, -0, 1, -1, 1.5, NaN]),
  acos: unary(ops.acos, between(-0.9, 0.9), [0, -0, 1, -1, 1.5, NaN]),
  sinh: unary(ops.sinh, real),
  cosh: unary(ops.cosh, real),
  asinh: [...unary(ops.asinh, real), sample([between(-0.1, 0.1)(20)], x => ops.asinh(x), 'f32[20]')],
  acosh: unary(ops.acosh, between(1.2, 4), [1, 0.5, -2, Infinity, NaN]),
  atanh: unary(ops.atanh, between(-0.9, 0.9), [0, -0, 1, -1, 1.5, NaN]),
  exp2: unary(ops.exp2, real),
  log2: unary(ops.log2, positive, [...UNSIGNED, -1]),
  log10: unary(ops.log10, positive, [...UNSIGNED, -1]),
  erfc: [...unary(ops.erfc, real), sample([between(-3, 4)(20)], x => ops.erfc(x), 'f32[20]')],
  erfinv: unary(ops.erfinv, between(-0.9, 0.9), [0, -0, 1, -1, 1.5, NaN]),
  lgamma: [
    ...unary(ops.lgamma, positive, [1, 2, 0, -1, Infinity, NaN]),
    sample([between(-1.8, -1.2)(20)], x => ops.lgamma(x), 'f32[20]'),
    sample([between(3, 12)(20)], x => ops.lgamma(x), 'f32[20]'),
  ],
  digamma: [
    ...unary(ops.digamma, positive, [1, 0, -0, -1, Infinity, NaN]),
    sample([between(-1.8, -1.2)(20)], x => ops.digamma(x), 'f32[20]'),
  ],
  i0: [...unary(ops.i0, real), sample([between(-25, 25)(20)], x => ops.i0(x), 'f32[20]')],
  sinc: [...unary(ops.sinc, real, [0, -0, NaN]), sample([between(-20, 20)(40)], x => ops.sinc(x), 'f32[40]')],
  atan: [...unary(ops.atan, real), sample([between(-30, 30)(20)], x => ops.atan(x), 'f32[20]')],
  erf: [...unary(ops.erf, real), sample([between(-5, 5)(20)], x => ops.erf(x), 'f32[20]')],
  sigmoid: [...unary(ops.sigmoid, real), sample([between(-20, 20)(20)], x => ops.sigmoid(x), 'f32[20]')],
  tanh: unary(ops.tanh, real),
  relu: unary(ops.relu, nonzero),
  silu: unary(ops.silu, real),
  softsign: unary(ops.softsign, nonzero),
  gelu: [
    ...unary(x => ops.gelu(x), real),
    ...unary(x => ops.gelu(x, { approximate: 'tanh' }), real),
    sample([between(-6, 6)(30)], x => ops.gelu(x, { approximate: 'none' }), 'f32[30]'),
  ],
  leakyRelu: [...unary(x => ops.leakyRelu(x), nonzero), ...unary(x => ops.leakyRelu(x, 0.25), nonzero, [0, 1, NaN])],
  elu: [...unary(x => ops.elu(x), nonzero), ...unary(x => ops.elu(x, 0.5), nonzero)],
  clamp: [
    ...whole(x => ops.clamp(x, 0, 1), between01),
    sample([], () => ops.clamp(int([-1, 2 ** 24 + 1, 7]), 0), 'i32[3]'),
    sample([], () => ops.clamp(int([-1, 3]), 0.5), 'f32[2]'),
    sample([between01(7)], x => ops.clamp(x), 'f32[7]'),
    sample([between01(7)], x => ops.clamp(x, 0), 'f32[7]'),
    sample([between01(7)], x => ops.clamp(x, -Infinity, 0), 'f32[7]'),
    sample([between01(7)], x => ops.clamp(x, 0.5, 0.5), 'f32[7]'),
  ],
  to: [sample([real(2, 3)], x => ops.to(x, 'f32'), 'f32[2,3]'), ...conversions(ops.to)],
};

/** With a generator of its own, so that it is a function of x. */
const dropped = (x: Tensor, p?: number, f = dropout): Tensor => {
  const generator = new Generator(7);
  const y = f(x, p, { generator });
  generator.state.dispose();
  return y;
};
export const dropoutSamples: SamplesOf<typeof import('../../../ts/ops/dropout')> = {
  dropout: [
    sample([real(5, 7)], x => dropped(x), 'f32[5,7]'),
    sample([real(130)], x => dropped(x, 0.2), 'f32[130]'),
    sample([real(4, 3)], x => dropped(t(x), 0.9), 'f32[3,4]'),
    sample([real()], x => dropped(x, 0.5), 'f32[]'),
    sample([real(0, 3)], x => dropped(x, 0.5), 'f32[0,3]'),
    sample([real(2, 3)], x => dropped(x, 0), 'f32[2,3]'),
    sample([real(2, 3)], x => dropped(x, 1), 'f32[2,3]'),
    sample([real(2, 3)], x => dropout(x, 0.5, { training: false }), 'f32[2,3]'),
    sample([], () => dropped(int([1, 2, 3, 4, 5])), 'f32[5]'),
  ],
  dropout1d: [
    sample([real(3, 4, 5)], x => dropped(x, 0.5, dropout1d), 'f32[3,4,5]'),
    sample([real(4, 5)], x => dropped(x, 0.25, dropout1d), 'f32[4,5]'),
    sample([real(4, 5)], x => dropped(x, 0, dropout1d), 'f32[4,5]'),
  ],
  dropout2d: [
    sample([real(3, 4, 2, 2)], x => dropped(x, 0.5, dropout2d), 'f32[3,4,2,2]'),
    sample([real(4, 2, 2)], x => dropped(x, 1, dropout2d), 'f32[4,2,2]'),
  ],
  dropout3d: [sample([real(3, 4, 2, 1, 2)], x => dropped(x, 0.5, dropout3d), 'f32[3,4,2,1,2]')],
  alphaDropout: [
    sample([real(4, 5)], x => dropped(x, 0.5, alphaDropout), 'f32[4,5]'),
    sample([real(4, 5)], x => dropped(x, 1, alphaDropout), 'f32[4,5]'),
    sample([], () => dropped(int([1, 2, 3]), 0.5, alphaDropout), 'f32[3]'),
  ],
  featureAlphaDropout: [sample([real(4, 5, 2)], x => dropped(x, 0.5, featureAlphaDropout), 'f32[4,5,2]')],
};

export const convertSamples: SamplesOf<Pick<typeof convert, 'copy' | 'cast'>> = {
  copy: [
    ...floats(convert.copy, real),
    sample([], () => convert.copy(t(int([1, 2, 3, 4, 5, 6], [2, 3]))), 'i32[3,2]'),
    sample([], () => convert.copy(t(bool([1, 0, 0, 1, 1, 0], [2, 3]))), 'bool[3,2]'),
    sample(
      [],
      () =>
        convert.copy(
          permute(
            tensor(
              Uint8Array.from({ length: 72 }, (_, i) => i),
              { shape: [2, 3, 2, 3, 2] },
            ),
            [4, 3, 2, 1, 0],
          ),
        ),
      'u8[2,3,2,3,2]',
    ),
  ],
  cast: conversions(convert.cast),
};
