/** How tensors and what picks from them fit: sizes, element types, masks. */
import { itemSize } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { show, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { reshape } from './basic';
import { to } from './elementwise';
import { sliceAt } from './parts';

/** x without what lies beyond `shape`, but along `dim`. */
export function cropped(x: Tensor, shape: Shape, dim = -1): Tensor {
  return shape.reduce(
    (y, size, d) => (d === dim || y.shape[d] === size ? y : sliceAt(y, { dim: d, start: 0, size, step: 1 })),
    x,
  );
}

/** Throws unless index has the dimensions of x and is no larger than that, but along `dim`. */
export function checkWithin(where: string, name: string, x: Shape, index: Shape, dim = -1): void {
  if (x.length === index.length && index.every((n, d) => d === dim || n <= x[d]!)) return;
  const but = dim < 0 ? '' : ` but in dimension ${dim}`;
  throw new ShapeError(
    where,
    `index ${show(index)} takes the dimensions of ${name} ${show(x)}, and no larger sizes${but}`,
  );
}

/** f of x, which is widened if its elements have one byte, and the result brought back. */
export function wide(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  return itemSize(x.dtype) === 1 ? to(f(to(x, 'i32')), x.dtype) : f(x);
}

/** A single number as a row of one, by which functions along a dimension take it; other tensors as they are. */
export const rowOf = (x: Tensor): Tensor => (x.ndim === 0 ? reshape(x, [1]) : x);
