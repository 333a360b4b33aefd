/** The ops of one tensor that work element by element: each element of y depends on the element with its index. */
import { defineParametricOp, type Op } from '../core/op';
import type { Tensor } from '../core/tensor';
import { add, ge, le, lt, rsub, sub } from './arithmetic';
import { mul, neg } from './basic';
import {
  parametric,
  smooth,
  stepwise,
  type Elementwise,
  type Parametric,
  type Smooth,
  type UnaryOp,
} from './pointwise';

export { neg };

const two = (x: Tensor): Tensor => add(mul(x, 0), 2);

/** −1, 0 or 1, and NaN of NaN. */
export const sign: UnaryOp = stepwise('sign');
/** The largest whole number ≤ x. */
export const floor: UnaryOp = stepwise('floor');
/** The smallest whole number ≥ x. */
export const ceil: UnaryOp = stepwise('ceil');
/** The nearest whole number, the even one at ties. */
export const round: UnaryOp = stepwise('round');
/** x without its fraction: rounded towards 0. */
export const trunc: UnaryOp = stepwise('trunc');
/** |x|; the derivative at 0 is 0. */
export const abs: Smooth = smooth('abs', null);
/** x². */
export const square: Smooth = smooth('square', two);
/** √x. */
export const sqrt: Smooth = smooth('sqrt', y => mul(square(reciprocal(y)), -0.5));
/** 1/√x. */
export const rsqrt: Smooth = smooth('rsqrt', y => mul(square(y), -1.5));
/** 1/x. */
export const reciprocal: Smooth = smooth('reciprocal', y => mul(y, -2));
/** eˣ. */
export const exp: Smooth = smooth('exp', y => add(mul(y, 0), 1));
/** eˣ − 1, exact near 0. */
export const expm1: Smooth = smooth('expm1', y => add(mul(y, 0), 1));
/** ln x. */
export const log: Smooth = smooth('log', x => neg(square(reciprocal(x))));
/** ln(1 + x), exact near 0. */
export const log1p: Smooth = smooth('log1p', x => neg(square(reciprocal(add(x, 1)))));
/** sin x, x in radians. */
export const sin: Smooth = smooth('sin', x => neg(sin(x)));
/** cos x, x in radians. */
export const cos: Smooth = smooth('cos', x => neg(cos(x)));
/** arctan x, in radians. */
export const atan: Smooth = smooth('atan', x => mul(mul(x, -2), square(reciprocal(add(square(x), 1)))));
/** The error function, 2/√π · ∫₀ˣ e^(−t²) dt. */
export const erf: Smooth = smooth('erf', x => mul(mul(x, -4 / Math.sqrt(Math.PI)), exp(neg(square(x)))));
/** The logistic function 1/(1 + e⁻ˣ). */
export const sigmoid: Smooth = smooth('sigmoid', y => rsub(mul(y, 2), 1));
/** The hyperbolic tangent. */
export const tanh: Smooth = smooth('tanh', y => mul(y, -2));
/** Rectified linear unit max(0, x); the derivative at 0 is 0. */
export const relu: Smooth = smooth('relu', null);
/** Sigmoid linear unit x·σ(x), also known as swish. */
export const silu: Smooth = smooth('silu', x => {
  const s = sigmoid(x); // σ′·(2 + x(1 − 2σ))
  return mul(mul(s, rsub(s, 1)), add(mul(x, rsub(mul(s, 2), 1)), 2));
});
/** ln(1 + eˣ), a smooth relu. */
export const softplusOp: Smooth = smooth('softplus', x => mul(sigmoid(x), sigmoid(neg(x))));

const ROOT_2_PI = Math.sqrt(2 / Math.PI);
export const geluErf: Smooth = smooth('gelu', x => {
  const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)); // φ(x)·(2 − x²)
  return mul(density, rsub(square(x), 2));
});
export const geluTanh: Smooth = smooth('geluTanh', x => {
  // y = x(1 + T)/2, T = tanh u, u = √(2/π)(x + 0.044715x³): y″ = (1 − T²)(u′ + x(u″/2 − T·u′²))
  const x2 = square(x);
  const t = tanh(mul(mul(x, add(mul(x2, 0.044715), 1)), ROOT_2_PI));
  const u1 = mul(add(mul(x2, 3 * 0.044715), 1), ROOT_2_PI);
  const u2 = mul(x, 6 * 0.044715 * ROOT_2_PI);
  return mul(rsub(square(t), 1), add(u1, mul(x, sub(mul(u2, 0.5), mul(t, square(u1))))));
});

export const leakyReluOp: Parametric = parametric('leakyRelu', null);
export const eluOp: Parametric = parametric('elu', (x, alpha) => mul(mul(exp(x), alpha), lt(x, 0)));

export const clampOp: Op<[x: Tensor], { lo: number; hi: number }> = defineParametricOp({
  name: 'clamp',
  inputs: ['x'],
  shape: xs => xs[0].shape,
  run: (k, [x], [y], { lo, hi }) => k.clamp(x.address, y.address, y.size, lo, hi),
  saves: { x: ['x'] },
  vjp: { x: (g, { x }, { lo, hi }) => mul(g, mul(ge(x, lo), le(x, hi))) },
});

/** All of them. */
export const UNARY: readonly Elementwise[] = [
  neg,
  sign,
  floor,
  ceil,
  round,
  trunc,
  abs,
  square,
  sqrt,
  rsqrt,
  reciprocal,
  exp,
  expm1,
  log,
  log1p,
  sin,
  cos,
  atan,
  erf,
  sigmoid,
  tanh,
  relu,
  silu,
  softplusOp,
  geluErf,
  geluTanh,
  leakyReluOp,
  eluOp,
  clampOp,
];
