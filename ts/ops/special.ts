/** Functions of elements that are made of others; integers are widened to f32 where the result is no integer. */
import type { Operand } from '../core/declare';
import { aNumber, anyNumber, optional, options as optionsOf } from '../core/kinds';
import { composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { add, div, eq, ge, gt, le, maximum, minimum, mul, ne, rsub, sub } from './arithmetic';
import { abs, clamp, log, neg, trunc } from './elementwise';
import { isinf, isnan, logicalAnd, logicalOr } from './logic';
import { softplusOp } from './unary';
import { where } from './where';

const ONE: Signature<[x: Tensor]> = [['x', aTensor]];
const TWO: Signature<[a: Operand, b: Operand]> = [
  ['a', aTensorOrNumber],
  ['b', aTensorOrNumber],
];

/** Degrees in radians. */
export const deg2rad: (x: Tensor) => Tensor = composite('deg2rad', ONE, x => mul(x, Math.PI / 180));
/** Radians in degrees. */
export const rad2deg: (x: Tensor) => Tensor = composite('rad2deg', ONE, x => mul(x, 180 / Math.PI));

/** The larger of two; where one is NaN, the other. a and b broadcast. */
export const fmax: (a: Operand, b: Operand) => Tensor = composite('fmax', TWO, (a, b) => numbersOf(maximum, a, b));
/** The smaller of two; where one is NaN, the other. a and b broadcast. */
export const fmin: (a: Operand, b: Operand) => Tensor = composite('fmin', TWO, (a, b) => numbersOf(minimum, a, b));
const numbersOf = (f: typeof maximum, a: Operand, b: Operand): Tensor =>
  where(ne(a, a), b, where(ne(b, b), a, f(a, b)));

/** The fraction of x, with its sign: x − trunc(x). */
export const frac: (x: Tensor) => Tensor = composite('frac', ONE, x => sub(x, trunc(x)));

/** The largest finite f32. */
const LARGEST = 3.4028234663852886e38;
export interface NanToNumOptions {
  /** Instead of NaN. Default 0. */
  readonly nan?: number;
  /** Instead of +∞. Default: the largest finite number. */
  readonly posinf?: number;
  /** Instead of −∞. Default: the smallest finite number. */
  readonly neginf?: number;
}
/** x with numbers instead of NaN and infinities, through which no gradient flows. */
export const nanToNum: (x: Tensor, options?: NanToNumOptions) => Tensor = composite(
  'nanToNum',
  [
    ['x', aTensor],
    ['options', optionsOf<NanToNumOptions>({ nan: anyNumber, posinf: anyNumber, neginf: anyNumber })],
  ],
  (x, { nan = 0, posinf = LARGEST, neginf = -LARGEST } = {}) => {
    const finite = where(eq(x, Infinity), posinf, where(eq(x, -Infinity), neginf, x));
    return where(isnan(x), nan, finite);
  },
);

/** The step function: 0 below 0 and of NaN, 1 above, and `values` at 0. */
export const heaviside: (x: Tensor, values: Operand) => Tensor = composite(
  'heaviside',
  [
    ['x', aTensor],
    ['values', aTensorOrNumber],
  ],
  (x, values) => where(eq(x, 0), values, gt(x, 0)),
);

/** log(eᵃ + eᵇ), without overflow; a and b broadcast. */
export const logaddexp: (a: Operand, b: Operand) => Tensor = composite('logaddexp', TWO, (a, b) => {
  // The larger plus a softplus of the difference, which is smooth where they are equal; of two equal infinities it is NaN.
  const apart = where(logicalAnd(eq(a, b), isinf(mul(a, 1))), 0, sub(b, a));
  return where(ge(a, b), add(a, softplusOp(apart)), add(b, softplusOp(neg(apart))));
});
/** log₂(2ᵃ + 2ᵇ), without overflow; a and b broadcast. */
export const logaddexp2: (a: Operand, b: Operand) => Tensor = composite('logaddexp2', TWO, (a, b) =>
  mul(logaddexp(mul(a, Math.LN2), mul(b, Math.LN2)), Math.LOG2E),
);

/** log(x / (1 − x)), the inverse of the sigmoid; with `eps`, of x held between eps and 1 − eps. */
export const logit: (x: Tensor, eps?: number) => Tensor = composite(
  'logit',
  [
    ['x', aTensor],
    ['eps', optional(aNumber(0, 0.5))],
  ],
  (x, eps) => {
    const p = eps === undefined ? x : clamp(x, eps, 1 - eps);
    return log(div(p, rsub(p, 1)));
  },
);

/** a · log b, which is 0 where a is 0 unless b is NaN; a and b broadcast. At a = 0 its derivative is log b, of b ≤ 0 and ∞ 0. */
export const xlogy: (a: Operand, b: Operand) => Tensor = composite('xlogy', TWO, (a, b) => {
  const zero = logicalAnd(eq(a, 0), logicalOr(le(b, 0), eq(b, Infinity)));
  return where(zero, 0, add(mul(a, log(where(zero, 1, b))), 0)); // 0 · log ½ is −0
});

export interface ValueOptions {
  /** By what the product or quotient is multiplied. Default 1. */
  readonly value?: number;
}
type Three = (x: Tensor, a: Tensor, b: Tensor, options?: ValueOptions) => Tensor;
const THREE: Signature<[x: Tensor, a: Tensor, b: Tensor, options?: ValueOptions]> = [
  ['x', aTensor],
  ['a', aTensor],
  ['b', aTensor],
  ['options', optionsOf<ValueOptions>({ value: aNumber() })],
];
/** x + value · a · b; all three broadcast. */
export const addcmul: Three = composite('addcmul', THREE, (x, a, b, { value = 1 } = {}) =>
  add(x, mul(mul(a, b), value)),
);
/** x + value · a / b; all three broadcast. */
export const addcdiv: Three = composite('addcdiv', THREE, (x, a, b, { value = 1 } = {}) =>
  add(x, mul(div(a, b), value)),
);

/** From a towards b, by the share `weight`: a + weight · (b − a), which at weight 1 is b exactly. All three broadcast. */
export const lerp: (a: Tensor, b: Tensor, weight: Operand) => Tensor = composite(
  'lerp',
  [
    ['a', aTensor],
    ['b', aTensor],
    ['weight', aTensorOrNumber],
  ],
  (a, b, weight) => {
    const far = sub(b, a);
    const near = add(a, mul(far, weight));
    if (typeof weight === 'number') return Math.abs(weight) < 0.5 ? near : sub(b, mul(far, 1 - weight));
    return where(gt(0.5, abs(weight)), near, sub(b, mul(far, rsub(weight, 1))));
  },
);
