/** Trigonometric and hyperbolic functions, powers of 2 and logarithms, error, gamma and Bessel functions. */
import type { Tensor } from '../core/tensor';
import { add, div, eq, rsub, sub } from './arithmetic';
import { mul, neg } from './basic';
import { parametric, smooth, type Elementwise, type Parametric, type Smooth } from './pointwise';
import { exp, reciprocal, rsqrt, square } from './unary';
import { where } from './where';

/** 1 − x². */
const circle = (x: Tensor): Tensor => mul(rsub(x, 1), add(x, 1));
/** x r³, for r = 1/√… */
const cubed = (x: Tensor, r: Tensor): Tensor => mul(mul(x, r), square(r));

/** tan x, x in radians. */
export const tan: Smooth = smooth('tan', y => mul(y, 2));
/** The angle in [−π/2, π/2] with this sine; NaN outside [−1, 1]. */
export const asin: Smooth = smooth('asin', x => cubed(x, rsqrt(circle(x))));
/** The angle in [0, π] with this cosine; NaN outside [−1, 1]. */
export const acos: Smooth = smooth('acos', x => neg(cubed(x, rsqrt(circle(x)))));
/** ½ (eˣ − e⁻ˣ). */
export const sinh: Smooth = smooth('sinh', x => sinh(x));
/** ½ (eˣ + e⁻ˣ). */
export const cosh: Smooth = smooth('cosh', x => cosh(x));
/** The inverse of sinh, ln(x + √(x² + 1)). */
export const asinh: Smooth = smooth('asinh', x => neg(cubed(x, rsqrt(add(square(x), 1)))));
/** The inverse of cosh, ln(x + √(x² − 1)); NaN below 1. */
export const acosh: Smooth = smooth('acosh', x => neg(cubed(x, rsqrt(mul(sub(x, 1), add(x, 1))))));
/** The inverse of tanh, ½ ln((1 + x) / (1 − x)); NaN outside [−1, 1]. */
export const atanh: Smooth = smooth('atanh', x => mul(mul(x, 2), square(reciprocal(circle(x)))));
/** 2ˣ. */
export const exp2: Smooth = smooth('exp2', y => add(mul(y, 0), Math.LN2));
/** log₂ x. */
export const log2: Smooth = smooth('log2', x => mul(square(reciprocal(x)), -Math.LOG2E));
/** log₁₀ x. */
export const log10: Smooth = smooth('log10', x => mul(square(reciprocal(x)), -Math.LOG10E));
/** 1 − erf(x), without cancellation where it is small. */
export const erfc: Smooth = smooth('erfc', x => mul(mul(x, 4 / Math.sqrt(Math.PI)), exp(neg(square(x)))));
/** The inverse of erf; NaN outside [−1, 1]. */
export const erfinv: Smooth = smooth('erfinv', y => mul(mul(y, Math.sqrt(Math.PI)), exp(square(y))));
/** ln |Γ(x)|, Γ being the gamma function; ∞ at 0, −1, −2, … */
export const lgamma: Smooth = smooth('lgamma', x => polygammaOp(x, { p: 1 }));

/** ψ⁽ⁿ⁾ of the order n = p. */
export const polygammaOp: Parametric = parametric('polygamma', (x, p) => polygammaOp(x, { p: p + 2 }));
/** Iₙ, the modified Bessel function of the first kind, of the order n = p. */
export const besselOp: Parametric = parametric('besselI', (x, p) => {
  // Iₙ′ = ½ (Iₙ₋₁ + Iₙ₊₁), twice; I₋ₙ = Iₙ
  const ends = add(besselOp(x, { p: Math.abs(p - 2) }), besselOp(x, { p: p + 2 }));
  return mul(add(ends, mul(besselOp(x, { p }), 2)), 0.25);
});

/** sin πx / πx, and 1 at 0. */
export const sinc: Smooth = smooth('sinc', x => {
  // −π² sinc x − 2 sinc′ x / x, at 0 −π²/3
  const zero = eq(x, 0);
  const safe = where(zero, 1, x);
  const slope = sinc.grad(add(mul(safe, 0), 2), safe, { p: 0 });
  return where(zero, -(Math.PI ** 2) / 3, neg(add(mul(sinc(safe), Math.PI ** 2), div(slope, safe))));
});

/** All of them. */
export const TRANSCENDENTAL: readonly Elementwise[] = [
  tan,
  asin,
  acos,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  exp2,
  log2,
  log10,
  erfc,
  erfinv,
  lgamma,
  polygammaOp,
  besselOp,
  sinc,
];
