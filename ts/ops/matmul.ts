/** Matrix products. A transpose is a view. */
import { ShapeError } from '../core/errors';
import { optional } from '../core/kinds';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { checked } from '../core/signature';
import { scope } from '../core/scope';
import { show } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { linearOp, NONE, product } from './product';
import { reshape, unsqueeze } from './view';

/**
 * The matrix product of the last two dimensions; those before broadcast. A vector is a row on the left, a column on
 * the right, and the dimension that makes it one goes again: of two vectors, the result is their dot product.
 */
export const matmul: (a: Tensor, b: Tensor) => Tensor = checked(
  'matmul',
  [
    ['a', aTensor],
    ['b', aTensor],
  ],
  (a, b) => {
    if (a.ndim > 1 && b.ndim > 1) {
      checkInner(a, b, a.shape.at(-1)!, b.shape.at(-2)!);
      return product(a, b);
    }
    return scope(() => vectors(a, b), 'matmul');
  },
);
function vectors(a: Tensor, b: Tensor): Tensor {
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError('matmul', `takes vectors and matrices, these are ${show(a.shape)} and ${show(b.shape)}`);
  }
  checkInner(a, b, a.shape.at(-1)!, b.shape.at(b.ndim > 1 ? -2 : -1)!);
  const y = product(a.ndim === 1 ? unsqueeze(a, 0) : a, b.ndim === 1 ? unsqueeze(b, 1) : b);
  const batch = y.shape.slice(0, -2);
  return reshape(y, [...batch, ...(a.ndim === 1 ? [] : [y.shape.at(-2)!]), ...(b.ndim === 1 ? [] : [y.shape.at(-1)!])]);
}
function checkInner(a: Tensor, b: Tensor, columns: number, rows: number): void {
  if (columns === rows) return;
  throw new ShapeError('matmul', `a ${show(a.shape)} has ${columns} columns, b ${show(b.shape)} has ${rows} rows`);
}

/** y = x wᵀ + b, with x […, in], w [out, in] and b [out] or null. */
export const linear: (x: Tensor, w: Tensor, b?: Tensor | null) => Tensor = checked(
  'linear',
  [
    ['x', aTensor],
    ['w', aTensor],
    ['b', optional(aTensorOrNull)],
  ],
  (x, w, b = null) => linearOp(x, w, b, NONE),
);

/** The sum of products of two vectors. */
export const dot: (a: Tensor, b: Tensor) => Tensor = checked(
  'dot',
  [
    ['a', aTensor],
    ['b', aTensor],
  ],
  (a, b) => {
    if (a.ndim !== 1 || b.ndim !== 1) {
      throw new ShapeError('dot', `takes two vectors, these are ${show(a.shape)} and ${show(b.shape)}`);
    }
    return matmul(a, b);
  },
);
