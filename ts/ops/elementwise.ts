/** Functions of one element, applied to each. Integers are widened to f32 first. */
import { between, castKernel } from '../core/casts';
import { cast } from '../core/convert';
import type { DType } from '../core/dtype';
import { ValueError } from '../core/errors';
import { aDType, aNumber, anyNumber, oneOf, optional, options } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { scope } from '../core/scope';
import { checked, composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { add, div } from './arithmetic';
import { abs, clampOp, eluOp, geluErf, geluTanh, leakyReluOp } from './unary';

export {
  abs,
  atan,
  ceil,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  neg,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  sqrt,
  square,
  tanh,
} from './unary';

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

/** x held between `min` and `max`; the derivative is 1 from one to the other, both included, and 0 outside. */
export const clamp: (x: Tensor, min?: number, max?: number) => Tensor = checked(
  'clamp',
  [
    ['x', aTensor],
    ['min', optional(anyNumber)],
    ['max', optional(anyNumber)],
  ],
  (x, min = -Infinity, max = Infinity) => {
    if (!(min <= max)) throw new ValueError('clamp', `min ${min} and max ${max} leave nothing between`);
    return clampOp(x, { lo: min, hi: max });
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
