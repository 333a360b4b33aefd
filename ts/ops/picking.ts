/** Picking elements by index or by a mask. */
import { checkBool } from '../core/casts';
import { ShapeError } from '../core/errors';
import { aDim, optional, wholeNumber } from '../core/kinds';
import { broadcast, dimOf, show, type Shape } from '../core/shape';
import { checked, composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { expand, reshape } from './basic';
import { full, tensor } from './creation';
import { checkWithin, cropped, rowOf, wide } from './fitting';
import { gatherAlong, scatterAlong, selectAlong } from './indexing';
import { stack } from './join';
import { coordinatesOf, placesOf } from './places';
import { unsqueeze } from './view';
import { wrapped } from './wrapped';

/**
 * y[…, i, …] = x[…, index[…, i, …], …] along `dim`, in x's element type. Elsewhere the index may be smaller than x.
 *
 * @param index integers from 0 up; the shape of y.
 */
export const gather: (x: Tensor, dim: number, index: Tensor) => Tensor = composite(
  'gather',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['index', aTensor],
  ],
  (x, dim, index) => {
    const [row, places] = [rowOf(x), rowOf(index)];
    const d = dimOf('gather', dim, row.ndim);
    checkWithin('gather', 'x', row.shape, places.shape, d);
    const y = wide(row, z => gatherAlong(cropped(z, places.shape, d), d, places));
    return index.ndim === 0 ? reshape(y, []) : y;
  },
);

/** Of one number, or at one index. */
const selectOne: (x: Tensor, dim: number, index: Tensor) => Tensor = composite(
  'indexSelect',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['index', aTensor],
  ],
  (x, dim, index) => {
    const row = rowOf(x);
    const y = selectAlong(row, dimOf('indexSelect', dim, row.ndim), rowOf(index));
    if (x.ndim > 0) return y;
    if (y.size !== 1)
      throw new ShapeError('indexSelect', `of one number takes one index, this is ${show(index.shape)}`);
    return reshape(y, []);
  },
);
/**
 * The slices of x at the indices `index` (one dimension, or one number) of `dim`, in this order: rows of an embedding, say.
 */
export const indexSelect: (x: Tensor, dim: number, index: Tensor) => Tensor = checked(
  'indexSelect',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['index', aTensor],
  ],
  (x, dim, index) =>
    x.ndim > 0 && index.ndim > 0 ? selectAlong(x, dimOf('indexSelect', dim, x.ndim), index) : selectOne(x, dim, index),
);

/** The elements of x, seen as one row, at indices: y has their shape and x's element type. Negative ones count from the back. */
export const take: (x: Tensor, index: Tensor) => Tensor = composite(
  'take',
  [
    ['x', aTensor],
    ['index', aTensor],
  ],
  (x, index) => {
    const places = reshape(wrapped('take', index, x.size), [index.size]);
    return reshape(selectAlong(reshape(x, [x.size]), 0, places), index.shape);
  },
);

/**
 * {@link gather}, of x and an index that broadcast but along `dim`; without `dim`, of both in one row. What argsort, argmax
 * with keepdim and so on found, taken from x.
 */
export const takeAlongDim: (x: Tensor, index: Tensor, dim?: number) => Tensor = composite(
  'takeAlongDim',
  [
    ['x', aTensor],
    ['index', aTensor],
    ['dim', optional(aDim)],
  ],
  (x, index, dim) => {
    if (dim === undefined) return gather(reshape(x, [x.size]), 0, reshape(index, [index.size]));
    const d = dimOf('takeAlongDim', dim, x.ndim);
    if (x.ndim !== index.ndim) {
      throw new ShapeError('takeAlongDim', `index ${show(index.shape)} takes the dimensions of x ${show(x.shape)}`);
    }
    const along = (shape: Shape, n: number): number[] => shape.map((m, i) => (i === d ? n : m));
    const shape = broadcast('takeAlongDim', along(x.shape, 1), along(index.shape, 1));
    return gather(expand(x, along(shape, x.shape[d]!)), d, expand(index, along(shape, index.shape[d]!)));
  },
);

/**
 * The elements of x where the mask holds, in one row; x and mask broadcast. Their number depends on the mask, which is read.
 *
 * @throws {CaptureError} in a captured function, which has no numbers to look at: use where().
 */
export const maskedSelect: (x: Tensor, mask: Tensor) => Tensor = composite(
  'maskedSelect',
  [
    ['x', aTensor],
    ['mask', aTensor],
  ],
  (x, mask) => {
    checkBool('maskedSelect', 'mask', mask);
    const shape = broadcast('maskedSelect', x.shape, mask.shape);
    const places = tensor(placesOf('maskedSelect', expand(mask, shape)));
    const all = expand(x, shape);
    return selectAlong(reshape(all, [all.size]), 0, places);
  },
);

/**
 * The indices (i32) of the elements of x that are not 0, NaN included, in row-major order: [how many, x.ndim]. x is read.
 * A list of them by dimensions is `where(x)`, by which `x.at(...)` picks.
 *
 * @throws {CaptureError} in a captured function, which has no numbers to look at.
 */
export const nonzero: (x: Tensor) => Tensor = composite('nonzero', [['x', aTensor]], x => {
  const places = placesOf('nonzero', x);
  return x.ndim === 0 ? full([places.length, 0], 0, { dtype: 'i32' }) : stack(coordinatesOf(places, x.shape), 1);
});
/** {@link nonzero}: the indices of what is not 0, a row for each. */
export const argwhere: (x: Tensor) => Tensor = checked('argwhere', [['x', aTensor]], x => nonzero(x));

/** Integers of shape […] as rows of 0 and one 1 at that index: f32 of shape […, classes]. */
export const oneHot: (x: Tensor, classes: number) => Tensor = composite(
  'oneHot',
  [
    ['x', aTensor],
    ['classes', wholeNumber(1)],
  ],
  (x, classes) => {
    const ones = full([...x.shape, 1], 1);
    return scatterAlong(ones, -1, unsqueeze(x, -1), classes);
  },
);
