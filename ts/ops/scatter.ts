/** Tensors with elements written at indices: copies; in place writes `put`. */
import { checkBool } from '../core/casts';
import { isFloat } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { aBoolean, aDim, aNumber, oneOf, options as optionsOf } from '../core/kinds';
import { broadcast, dimOf, show } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { add, div, maximum, mul } from './arithmetic';
import { expand, reshape } from './basic';
import { full } from './creation';
import { floor, to } from './elementwise';
import { addAlong, selectAlong } from './indexing';
import { concat } from './join';
import { cumsum } from './order';
import { bySlices, checkType, meet, reduceOp, scattered, set, setSlices, spread, sums } from './scattering';
import { where } from './where';
import { wrapped } from './wrapped';

const SCATTERED: Signature<[x: Tensor, dim: number, index: Tensor, src: Tensor]> = [
  ['x', aTensor],
  ['dim', aDim],
  ['index', aTensor],
  ['src', aTensor],
];
/**
 * A copy of x with y[…, index[…, i, …], …] = src[…, i, …] along `dim`. The index may be smaller than src, and elsewhere than
 * x. Of several elements at one index, the last stays, and the gradient is as if each did.
 *
 * @param index integers from 0 up; @param src of x's element type, or a number.
 */
export const scatter: (x: Tensor, dim: number, index: Tensor, src: Tensor | number) => Tensor = composite(
  'scatter',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['index', aTensor],
    ['src', aTensorOrNumber],
  ],
  (x, dim, index, src) => scattered('scatter', x, dim, index, src, set),
);
/** A copy of x to which src is added where {@link scatter} writes it. Sums of integers wrap around. */
export const scatterAdd: (x: Tensor, dim: number, index: Tensor, src: Tensor) => Tensor = composite(
  'scatterAdd',
  SCATTERED,
  (x, dim, index, src) => scattered('scatterAdd', x, dim, index, src, sums),
);

/** What is without effect in each reduction, of i32 too. */
const identity = (how: Reduction, float: boolean): number =>
  how === 'prod'
    ? 1
    : how === 'amax'
      ? float
        ? -Infinity
        : -(2 ** 31)
      : how === 'amin'
        ? float
          ? Infinity
          : 2 ** 31 - 1
        : 0;
type Reduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';
export interface ScatterReduceOptions {
  /** Whether x is one of the elements that are reduced, where something goes. Default true. */
  readonly includeSelf?: boolean;
}
/**
 * A copy of x that has, where {@link scatter} writes, the sum, product, mean, maximum or minimum of x and all that goes
 * there. Sums and products of integers wrap around, and their mean is rounded down.
 */
export const scatterReduce: (
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: Reduction,
  options?: ScatterReduceOptions,
) => Tensor = composite(
  'scatterReduce',
  [
    ...SCATTERED,
    ['reduce', oneOf('sum', 'prod', 'mean', 'amax', 'amin')],
    ['options', optionsOf<ScatterReduceOptions>({ includeSelf: aBoolean })],
  ],
  (x, dim, index, src, reduce, { includeSelf = true } = {}) =>
    scattered('scatterReduce', x, dim, index, src, (y, at, source, d) => {
      const none = full(at.shape, identity(reduce, isFloat(y.dtype)), { dtype: y.dtype });
      const base = includeSelf ? y : set(y, at, none, d);
      if (reduce === 'sum') return sums(base, at, source, d);
      if (reduce !== 'mean') return reduceOp(base, at, source, { dim: d, how: reduce });
      const counts = meet(full(y.shape, includeSelf ? 1 : 0), at, full(at.shape, 1), d);
      const mean = div(sums(base, at, source, d), maximum(counts, 1));
      return isFloat(y.dtype) ? mean : to(floor(mean), y.dtype);
    }),
);

const SLICES: Signature<[x: Tensor, dim: number, index: Tensor, source: Tensor]> = [
  ['x', aTensor],
  ['dim', aDim],
  ['index', aTensor],
  ['source', aTensor],
];
/** A copy of x with slices of source at the indices `index` (one dimension) of `dim`; of several at one, the last stays. */
export const indexCopy: (x: Tensor, dim: number, index: Tensor, source: Tensor) => Tensor = composite(
  'indexCopy',
  SLICES,
  (x, dim, index, source) => bySlices('indexCopy', x, dim, index, source, setSlices),
);

export interface IndexAddOptions {
  /** What source is multiplied by. Default 1. */
  readonly alpha?: number;
}
/**
 * A copy of x to which alpha times the slices of source are added at the indices `index` (one dimension) of `dim`. Sums of
 * integers wrap around.
 */
export const indexAdd: (x: Tensor, dim: number, index: Tensor, source: Tensor, options?: IndexAddOptions) => Tensor =
  composite(
    'indexAdd',
    [...SLICES, ['options', optionsOf<IndexAddOptions>({ alpha: aNumber() })]],
    (x, dim, index, source, { alpha = 1 } = {}) =>
      bySlices('indexAdd', x, dim, index, alpha === 1 ? source : mul(source, alpha), (y, at, slices, d) =>
        isFloat(y.dtype)
          ? add(y, addAlong(slices, d, at, y.shape[d]!))
          : sums(y, spread(at, d, slices.shape), slices, d),
      ),
  );

/** A copy of x with `value` in the slices at the indices `index` (one dimension) of `dim`. */
export const indexFill: (x: Tensor, dim: number, index: Tensor, value: Tensor | number) => Tensor = composite(
  'indexFill',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['index', aTensor],
    ['value', aTensorOrNumber],
  ],
  (x, dim, index, value) => {
    const d = dimOf('indexFill', dim, Math.max(x.ndim, 1));
    if (value instanceof Tensor && value.ndim > 0) {
      throw new ShapeError('indexFill', `value takes one number, this has shape ${show(value.shape)}`);
    }
    const one = typeof value === 'number' ? full([], value, { dtype: x.dtype }) : to(value, x.dtype);
    const shape = x.ndim === 0 ? [index.size] : x.shape.map((n, i) => (i === d ? index.size : n));
    return bySlices('indexFill', x, dim, index, expand(one, shape), setSlices);
  },
);

/**
 * A copy of x with the elements of source, in their order, where the mask holds; x and mask broadcast.
 *
 * @param source of x's element type; at least as many elements as the mask has trues.
 * @throws {IndexError} if there are fewer.
 */
export const maskedScatter: (x: Tensor, mask: Tensor, source: Tensor) => Tensor = composite(
  'maskedScatter',
  [
    ['x', aTensor],
    ['mask', aTensor],
    ['source', aTensor],
  ],
  (x, mask, source) => {
    checkBool('maskedScatter', 'mask', mask);
    checkType('maskedScatter', x, source);
    const shape = broadcast('maskedScatter', x.shape, mask.shape);
    const holds = expand(mask, shape);
    const row = reshape(holds, [holds.size]);
    // Before the elements of source lies one for where the mask does not hold.
    const all = concat([full([1], 0, { dtype: x.dtype }), reshape(source, [source.size])]);
    const places = wrapped('maskedScatter', mul(cumsum(row, 0), row), all.size);
    return to(where(holds, reshape(selectAlong(all, 0, places), shape), x), x.dtype);
  },
);
