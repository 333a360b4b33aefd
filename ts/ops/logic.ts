/** Questions about elements, and what true and false make. Elements that are not 0 are true, NaN too. */
import { aBoolean, aNumber, oneOrMoreDims, optional, options as optionsOf } from '../core/kinds';
import { sameShape } from '../core/shape';
import { checked, composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, eq, gt, le, lt, mul, ne, sub } from './arithmetic';
import { abs, reciprocal, to } from './elementwise';
import { sum, type ReduceOptions } from './reduce';
import { reshape, unsqueeze } from './view';
import { where } from './where';

const ONE: Signature<[x: Tensor]> = [['x', aTensor]];
const TWO: Signature<[a: Tensor, b: Tensor]> = [
  ['a', aTensor],
  ['b', aTensor],
];

/** Whether each element is NaN, as bool. */
export const isnan: (x: Tensor) => Tensor = checked('isnan', ONE, x => ne(x, x));
/** Whether each element is +∞ or −∞, as bool. */
export const isinf: (x: Tensor) => Tensor = composite('isinf', ONE, x => eq(abs(x), Infinity));
/** Whether each element is neither infinite nor NaN, as bool. */
export const isfinite: (x: Tensor) => Tensor = composite('isfinite', ONE, x => lt(abs(x), Infinity));

/** Whether each element is −∞. */
export const isneginf: (x: Tensor) => Tensor = composite('isneginf', ONE, x => eq(x, -Infinity));
/** Whether each element is +∞. */
export const isposinf: (x: Tensor) => Tensor = composite('isposinf', ONE, x => eq(x, Infinity));
/** Whether each element is below 0, or −0. */
export const signbit: (x: Tensor) => Tensor = composite('signbit', ONE, x => {
  const f = to(x, 'f32');
  return lt(where(eq(f, 0), reciprocal(f), f), 0);
});
/** Whether each element of x is among those of `values`; with `invert`, whether it is not. */
export const isin: (x: Tensor, values: Tensor, options?: IsinOptions) => Tensor = composite(
  'isin',
  [
    ['x', aTensor],
    ['values', aTensor],
    ['options', optionsOf<IsinOptions>({ invert: aBoolean })],
  ],
  (x, values, { invert = false } = {}) => {
    const found = any(eq(unsqueeze(x, -1), reshape(values, [values.size])), -1);
    return invert ? logicalNot(found) : found;
  },
);
export interface IsinOptions {
  /** Default false. */
  readonly invert?: boolean;
}

/** Whether x is not true, as bool. */
export const logicalNot: (x: Tensor) => Tensor = checked('logicalNot', ONE, x => eq(x, 0));
/** Whether both are true, as bool; a and b broadcast. */
export const logicalAnd: (a: Tensor, b: Tensor) => Tensor = composite('logicalAnd', TWO, (a, b) =>
  eq(add(ne(a, 0), ne(b, 0)), 2),
);
/** Whether one is true or both are, as bool; a and b broadcast. */
export const logicalOr: (a: Tensor, b: Tensor) => Tensor = composite('logicalOr', TWO, (a, b) =>
  gt(add(ne(a, 0), ne(b, 0)), 0),
);
/** Whether exactly one is true, as bool; a and b broadcast. */
export const logicalXor: (a: Tensor, b: Tensor) => Tensor = composite('logicalXor', TWO, (a, b) =>
  eq(add(ne(a, 0), ne(b, 0)), 1),
);

type Dims = number | readonly number[];
const OVER: Signature<[x: Tensor, dim?: Dims, options?: ReduceOptions]> = [
  ['x', aTensor],
  ['dim', optional(oneOrMoreDims)],
  ['options', optionsOf<ReduceOptions>({ keepdim: aBoolean })],
];
/** Whether any element over `dim` (left out: of all) is true, as bool; of none, false. */
export const any: (x: Tensor, dim?: Dims, options?: ReduceOptions) => Tensor = composite(
  'any',
  OVER,
  (x, dim, options) => gt(sum(ne(x, 0), dim, options), 0),
);
/** Whether all elements over `dim` (left out: all) are true, as bool; of none, true. */
export const all: (x: Tensor, dim?: Dims, options?: ReduceOptions) => Tensor = composite(
  'all',
  OVER,
  (x, dim, options) => eq(sum(eq(x, 0), dim, options), 0),
);
/** How many elements over `dim` (left out: of all) are not 0, as i32. */
export const countNonzero: (x: Tensor, dim?: Dims) => Tensor = composite(
  'countNonzero',
  [
    ['x', aTensor],
    ['dim', optional(oneOrMoreDims)],
  ],
  (x, dim) => sum(ne(x, 0), dim),
);

export interface CloseOptions {
  /** Of the size of b. Default 1e-5. */
  readonly rtol?: number;
  /** Default 1e-8. */
  readonly atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  readonly equalNan?: boolean;
}
const CLOSE: Signature<[a: Tensor, b: Tensor, options?: CloseOptions]> = [
  ['a', aTensor],
  ['b', aTensor],
  ['options', optionsOf<CloseOptions>({ rtol: aNumber(0), atol: aNumber(0), equalNan: aBoolean })],
];
/** Whether |a − b| ≤ atol + rtol · |b|, as bool; infinities are close to themselves alone. */
export const isclose: (a: Tensor, b: Tensor, options?: CloseOptions) => Tensor = composite(
  'isclose',
  CLOSE,
  (a, b, { rtol = 1e-5, atol = 1e-8, equalNan = false } = {}) => {
    const near = le(abs(sub(a, b)), add(mul(abs(b), rtol), atol));
    const close = where(isfinite(b), near, eq(a, b));
    return equalNan ? logicalOr(close, logicalAnd(isnan(a), isnan(b))) : ne(close, 0);
  },
);
/**
 * Whether all elements of a are close to those of b, as JavaScript's true or false: see {@link isclose}.
 *
 * @throws {CaptureError} in a captured function, which has no numbers to look at.
 */
export const allclose: (a: Tensor, b: Tensor, options?: CloseOptions) => boolean = composite(
  'allclose',
  CLOSE,
  (a, b, options) => all(isclose(a, b, options)).item() === 1,
);
/**
 * Whether a and b have the same shape and the same elements, as JavaScript's true or false. NaN equals nothing.
 *
 * @throws {CaptureError} in a captured function, which has no numbers to look at.
 */
export const equal: (a: Tensor, b: Tensor) => boolean = composite(
  'equal',
  TWO,
  (a, b) => sameShape(a.shape, b.shape) && all(eq(a, b)).item() === 1,
);
