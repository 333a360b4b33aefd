/** Shapes as those of others, or with more dimensions; and tensors put side by side. */
import { copy } from '../core/convert';
import { ShapeError } from '../core/errors';
import { aDim, aShapeWithGaps, listOf } from '../core/kinds';
import { broadcast, dimOf, show, sizeOf, type Shape } from '../core/shape';
import { checked, composite, listed, type Listed, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { expand, reshape } from './basic';
import { concat } from './join';

const ONE: Signature<[x: Tensor]> = [['x', aTensor]];
const TWO: Signature<[x: Tensor, other: Tensor]> = [
  ['x', aTensor],
  ['other', aTensor],
];

/** A copy in memory of its own, dense; the gradient leads through it. */
export const clone: (x: Tensor) => Tensor = checked('clone', ONE, x => copy(x));
/** The elements in one row. A view, unless x is strided. */
export const ravel: (x: Tensor) => Tensor = checked('ravel', ONE, x => reshape(x, [x.size]));

/** Dimension `dim` made into those of `sizes`, of which one may be −1, and follows from the others. */
export const unflatten: (x: Tensor, dim: number, sizes: Shape) => Tensor = checked(
  'unflatten',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['sizes', aShapeWithGaps],
  ],
  (x, dim, sizes) => {
    const d = dimOf('unflatten', dim, x.ndim);
    const gaps = sizes.filter(n => n < 0).length;
    const known = sizeOf(sizes.filter(n => n >= 0));
    const rest = x.shape[d]! / known;
    if (gaps > 1 || sizes.length === 0 || (gaps === 1 ? !Number.isInteger(rest) : rest !== 1 && known !== x.shape[d])) {
      throw new ShapeError('unflatten', `${show(sizes)} does not fit the ${x.shape[d]} of dimension ${d}`);
    }
    const filled = sizes.map(n => (n < 0 ? rest : n));
    return reshape(x, [...x.shape.slice(0, d), ...filled, ...x.shape.slice(d + 1)]);
  },
);

/** {@link expand}, as NumPy calls it. */
export const broadcastTo: (x: Tensor, ...shape: Listed) => Tensor = listed(
  'broadcastTo',
  checked(
    'broadcastTo',
    [
      ['x', aTensor],
      ['shape', aShapeWithGaps],
    ],
    (x, shape) => expand(x, shape),
  ),
);
/** x spread over the shape of another tensor. A view. */
export const expandAs: (x: Tensor, other: Tensor) => Tensor = checked('expandAs', TWO, (x, other) =>
  expand(x, other.shape),
);
/** x in the shape of another tensor. A view, unless x is strided. */
export const reshapeAs: (x: Tensor, other: Tensor) => Tensor = checked('reshapeAs', TWO, (x, other) =>
  reshape(x, other.shape),
);

const some: Signature<[xs: readonly Tensor[]]> = [['xs', listOf(aTensor, 'a list of tensors')]];
/** Tensors spread to the shape that they have together. Views. */
export const broadcastTensors: (xs: readonly Tensor[]) => Tensor[] = checked('broadcastTensors', some, xs => {
  const shape = xs.reduce<Shape>((s, x) => broadcast('broadcastTensors', s, x.shape), []);
  return xs.map(x => expand(x, shape));
});

/** x with at least one dimension: a single number as a row of one. */
export const atleast1d: (x: Tensor) => Tensor = checked('atleast1d', ONE, x => (x.ndim > 0 ? x : reshape(x, [1])));
/** x with at least two dimensions, of which new ones come first: a row is one of a matrix. */
export const atleast2d: (x: Tensor) => Tensor = checked('atleast2d', ONE, x =>
  x.ndim > 1 ? x : reshape(x, [1, x.size]),
);
/** x with at least three dimensions: a row as [1, n, 1], a matrix as [m, n, 1]. */
export const atleast3d: (x: Tensor) => Tensor = checked('atleast3d', ONE, x =>
  x.ndim > 2 ? x : reshape(x, x.ndim === 2 ? [...x.shape, 1] : [1, x.size, 1]),
);

const stacked = (name: string, least: (x: Tensor) => Tensor, dim: number): ((xs: readonly Tensor[]) => Tensor) =>
  composite(name, some, xs => {
    const parts = xs.map(least);
    return concat(parts, Math.min(dim, Math.max((parts[0]?.ndim ?? 1) - 1, 0)));
  });
/** Tensors side by side: joined along dimension 1, rows along their only one. */
export const hstack: (xs: readonly Tensor[]) => Tensor = stacked('hstack', atleast1d, 1);
/** Tensors one below the other: joined along dimension 0, rows being matrices of one. */
export const vstack: (xs: readonly Tensor[]) => Tensor = stacked('vstack', atleast2d, 0);
/** Tensors one behind the other: joined along dimension 2, see {@link atleast3d}. */
export const dstack: (xs: readonly Tensor[]) => Tensor = stacked('dstack', atleast3d, 2);
