/** Tensors with a part of theirs replaced, as new tensors; and tensors side by side, and apart again. */
import { ShapeError } from '../core/errors';
import { aDim, either, listOf, optional, wholeNumber } from '../core/kinds';
import { dimOf, sameShape, show, type Shape } from '../core/shape';
import { checked, composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { full } from './creation';
import { diagEmbed, diagonal } from './diagonal';
import { to } from './elementwise';
import { concat } from './join';
import { sliceScatter as place } from './parts';
import { reshape, select, slice, unsqueeze } from './view';
import { where } from './where';

function checkPart(name: string, src: Tensor, part: Shape): void {
  if (!sameShape(src.shape, part))
    throw new ShapeError(name, `src is ${show(src.shape)}, the part that it replaces ${show(part)}`);
}
/** x, but where `put` puts something: what it puts of src. */
const replace = (x: Tensor, src: Tensor, put: (of: Tensor) => Tensor): Tensor =>
  to(where(to(put(full(src.shape, 1)), 'bool'), put(to(src, x.dtype)), x), x.dtype);

/** x with the slice from `start` to `end` along `dim`, each `step`-th, replaced by src. */
export const sliceScatter: (
  x: Tensor,
  src: Tensor,
  dim?: number,
  start?: number,
  end?: number,
  step?: number,
) => Tensor = composite(
  'sliceScatter',
  [
    ['x', aTensor],
    ['src', aTensor],
    ['dim', optional(aDim)],
    ['start', optional(wholeNumber(-Infinity))],
    ['end', optional(wholeNumber(-Infinity))],
    ['step', optional(wholeNumber(1))],
  ],
  (x, src, dim = 0, start = 0, end = x.shape.at(dim) ?? 0, step = 1) => {
    const d = dimOf('sliceScatter', dim, x.ndim);
    checkPart('sliceScatter', src, slice(x, d, start, end, step).shape);
    const from = Math.max(start < 0 ? start + x.shape[d]! : start, 0);
    return src.size === 0
      ? to(x, x.dtype)
      : replace(x, src, of => place(of, { shape: x.shape, at: { dim: d, start: from, step } }));
  },
);

/** x with what is at `index` of `dim` replaced by src, which has the other dimensions. */
export const selectScatter: (x: Tensor, src: Tensor, dim: number, index: number) => Tensor = composite(
  'selectScatter',
  [
    ['x', aTensor],
    ['src', aTensor],
    ['dim', aDim],
    ['index', wholeNumber(-Infinity)],
  ],
  (x, src, dim, index) => {
    const d = dimOf('selectScatter', dim, x.ndim);
    checkPart('selectScatter', src, select(x, d, index).shape);
    return sliceScatter(x, unsqueeze(src, d), d, index, index === -1 ? undefined : index + 1);
  },
);

/** x with the diagonal that {@link diagonal} takes replaced by src. */
export const diagonalScatter: (x: Tensor, src: Tensor, offset?: number, dim1?: number, dim2?: number) => Tensor =
  composite(
    'diagonalScatter',
    [
      ['x', aTensor],
      ['src', aTensor],
      ['offset', optional(wholeNumber(-Infinity))],
      ['dim1', optional(aDim)],
      ['dim2', optional(aDim)],
    ],
    (x, src, offset = 0, dim1 = 0, dim2 = 1) => {
      checkPart('diagonalScatter', src, diagonal(x, offset, dim1, dim2).shape);
      const [a, b] = [dimOf('diagonalScatter', dim1, x.ndim), dimOf('diagonalScatter', dim2, x.ndim)];
      // The square matrices of diagEmbed are cut, or filled up, to x's rows and columns.
      const fitted = (y: Tensor, d: number): Tensor => {
        const [own, n] = [y.shape[d]!, x.shape[d]!];
        if (own >= n) return slice(y, d, 0, n);
        return place(y, { shape: y.shape.map((k, i) => (i === d ? n : k)), at: { dim: d, start: 0, step: 1 } });
      };
      return replace(x, src, of => fitted(fitted(diagEmbed(of, offset, a, b), a), b));
    },
  );

/** The matrix with x's elements on a diagonal. */
export const diagflat: (x: Tensor, offset?: number) => Tensor = composite(
  'diagflat',
  [
    ['x', aTensor],
    ['offset', optional(wholeNumber(-Infinity))],
  ],
  (x, offset = 0) => diagEmbed(reshape(x, [x.size]), offset),
);

/** Tensors side by side as columns: vectors are columns, and all else is joined along dimension 1. */
export const columnStack: (xs: readonly Tensor[]) => Tensor = composite(
  'columnStack',
  [['xs', listOf(aTensor, 'a list of tensors')]],
  xs =>
    concat(
      xs.map(x => (x.ndim < 2 ? reshape(x, [x.size, 1]) : x)),
      1,
    ),
);

/** Pieces along `dim`: so many, whose sizes differ by at most 1, larger ones first; or cut before each index. Views. */
export const tensorSplit: (x: Tensor, at: number | readonly number[], dim?: number) => Tensor[] = checked(
  'tensorSplit',
  [
    ['x', aTensor],
    ['at', either(wholeNumber(1), listOf(wholeNumber(-Infinity), 'a list of whole numbers'))],
    ['dim', optional(aDim)],
  ],
  (x, at, dim = 0) => {
    const d = dimOf('tensorSplit', dim, x.ndim);
    const n = x.shape[d]!;
    const cuts =
      typeof at === 'number'
        ? Array.from({ length: at - 1 }, (_, i) => Math.floor(n / at) * (i + 1) + Math.min(i + 1, n % at))
        : at;
    return [...cuts, n].map((end, i) => slice(x, d, i === 0 ? 0 : cuts[i - 1]!, end));
  },
);
