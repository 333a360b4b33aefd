/**
 * Functions of one element, applied to each. Integers and bools are widened to f32 first, but where the result is whole it
 * is i32: see {@link abs}.
 */
import { between, castKernel } from '../core/casts';
import { cast } from '../core/convert';
import { isFloat, type DType } from '../core/dtype';
import { ValueError } from '../core/errors';
import { aDType, aNumber, anyNumber, checkCount, oneOf, optional, options, wholeNumber } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { scope } from '../core/scope';
import { checked, composite } from '../core/signature';
import { Tensor } from '../core/tensor';
import { add, div, gt, lt, maximum, minimum, mul, sub } from './arithmetic';
import type { UnaryOp } from './pointwise';
import { besselOp, polygammaOp } from './transcendental';
import * as unary from './unary';
import { clampOp, eluOp, geluErf, geluTanh, leakyReluOp } from './unary';

export {
  acos,
  acosh,
  asin,
  asinh,
  atanh,
  cosh,
  erfc,
  erfinv,
  exp2,
  lgamma,
  log10,
  log2,
  sinc,
  sinh,
  tan,
} from './transcendental';
export {
  atan,
  cos,
  erf,
  exp,
  expm1,
  log,
  log1p,
  reciprocal,
  relu,
  rsqrt,
  sigmoid,
  silu,
  sin,
  sqrt,
  tanh,
} from './unary';

/** f, and of integers and bools `int`, whose result is i32. */
function keeping(f: UnaryOp, int: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  return function (x) {
    if (arguments.length > 1) checkCount(f.def.name, 1, arguments);
    return x instanceof Tensor && !isFloat(x.dtype) ? int(x) : f(x);
  };
}
/** Whole already. */
const itself = (x: Tensor): Tensor => sub(x, 0);

/** −x; of integers i32. */
export const neg: (x: Tensor) => Tensor = keeping(unary.neg, x => sub(0, x));
/** |x|; the derivative at 0 is 0. Of integers i32. */
export const abs: (x: Tensor) => Tensor = keeping(unary.abs, x => scope(() => maximum(x, sub(0, x)), 'abs'));
/** x²; of integers i32. */
export const square: (x: Tensor) => Tensor = keeping(unary.square, x => mul(x, x));
/** −1, 0 or 1, and NaN of NaN; of integers i32. */
export const sign: (x: Tensor) => Tensor = keeping(unary.sign, x => scope(() => sub(gt(x, 0), lt(x, 0)), 'sign'));
/** The largest whole number ≤ x; of integers i32. */
export const floor: (x: Tensor) => Tensor = keeping(unary.floor, itself);
/** The smallest whole number ≥ x; of integers i32. */
export const ceil: (x: Tensor) => Tensor = keeping(unary.ceil, itself);
/** x without its fraction: rounded towards 0; of integers i32. */
export const trunc: (x: Tensor) => Tensor = keeping(unary.trunc, itself);
const nearest = keeping(unary.round, itself);

export interface RoundOptions {
  /** How many digits after the point are kept; below 0, so many before it become 0. Default 0. */
  readonly decimals?: number;
}
/** The nearest whole number, the even one at ties, or the nearest number of so many decimals; of integers i32. */
export const round: (x: Tensor, options?: RoundOptions) => Tensor = checked(
  'round',
  [
    ['x', aTensor],
    ['options', options<RoundOptions>({ decimals: wholeNumber(-Infinity) })],
  ],
  (x, { decimals = 0 } = {}) => {
    if (decimals === 0 || (decimals > 0 && !isFloat(x.dtype))) return nearest(x);
    const unit = 10 ** Math.abs(decimals);
    return scope(
      () => (decimals > 0 ? div(unary.round(mul(x, unit)), unit) : mul(unary.round(div(x, unit)), unit)),
      'round',
    );
  },
);

/** The derivative of {@link lgamma}; NaN at −1, −2, …, ∓∞ at ±0. */
export const digamma: (x: Tensor) => Tensor = checked('digamma', [['x', aTensor]], x => polygammaOp(x, { p: 0 }));
/** The modified Bessel function of the first kind and order 0. */
export const i0: (x: Tensor) => Tensor = checked('i0', [['x', aTensor]], x => besselOp(x, { p: 0 }));

export interface GeluOptions {
  /** Default 'none'. */
  readonly approximate?: 'none' | 'tanh';
}
/**
 * Gaussian error linear unit x·Φ(x) (Hendrycks & Gimpel 2016), Φ being the normal distribution function; with
 * `approximate: 'tanh'`, their approximation by tanh.
 */
export const gelu: (x: Tensor, options?: GeluOptions) => Tensor = checked(
  'gelu',
  [
    ['x', aTensor],
    ['options', options<GeluOptions>({ approximate: oneOf('none', 'tanh') })],
  ],
  (x, { approximate = 'none' } = {}) => (approximate === 'tanh' ? geluTanh(x) : geluErf(x)),
);

/** x / (1 + |x|), which approaches ±1 more slowly than tanh. */
export const softsign: (x: Tensor) => Tensor = composite('softsign', [['x', aTensor]], x => div(x, add(abs(x), 1)));

/** x where x > 0, negativeSlope·x elsewhere. */
export const leakyRelu: (x: Tensor, negativeSlope?: number) => Tensor = checked(
  'leakyRelu',
  [
    ['x', aTensor],
    ['negativeSlope', optional(aNumber())],
  ],
  (x, negativeSlope = 0.01) => leakyReluOp(x, { p: negativeSlope }),
);

/** x where x > 0, α(eˣ − 1) elsewhere. */
export const elu: (x: Tensor, alpha?: number) => Tensor = checked(
  'elu',
  [
    ['x', aTensor],
    ['alpha', optional(aNumber())],
  ],
  (x, alpha = 1) => eluOp(x, { p: alpha }),
);

/**
 * x held between `min` and `max`; the derivative is 1 from one to the other, both included, and 0 outside. Of integers
 * between whole bounds, i32.
 */
export const clamp: (x: Tensor, min?: number, max?: number) => Tensor = checked(
  'clamp',
  [
    ['x', aTensor],
    ['min', optional(anyNumber)],
    ['max', optional(anyNumber)],
  ],
  (x, min = -Infinity, max = Infinity) => {
    if (!(min <= max)) throw new ValueError('clamp', `min ${min} and max ${max} leave nothing between`);
    const whole = (bound: number): boolean => Number.isInteger(bound) || Math.abs(bound) === Infinity;
    if (isFloat(x.dtype) || !whole(min) || !whole(max)) return clampOp(x, { lo: min, hi: max });
    // Bounds outside the range of i32 bound nothing, or all.
    const near = (bound: number): number => Math.max(-(2 ** 31), Math.min(bound, 2 ** 31 - 1));
    return scope(() => minimum(maximum(x, near(min)), near(max)), 'clamp');
  },
);

function convert(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  if (castKernel(x.dtype, dtype) !== undefined) return cast(x, dtype);
  return scope(() => convert(convert(x, between(x.dtype, dtype)), dtype), 'to');
}
/**
 * Elements converted to another type. To floats they are rounded to nearest, of two to the one with an even last bit; to
 * integers the fraction is cut off, and what does not fit becomes the nearest that does (NaN 0), but i32 to u8 keeps the
 * low byte; to bool "not zero". f16, bf16, i8 and i64 go to and from other types through f32 (i8 through i32) where that
 * is no loss but of digits that f32 has not. Other types than f32 have no gradients, so none leads back through it.
 */
export const to: (x: Tensor, dtype: DType) => Tensor = checked(
  'to',
  [
    ['x', aTensor],
    ['dtype', aDType],
  ],
  convert,
);
