/** Diagonals and triangles of matrices. */
import { ShapeError } from '../core/errors';
import { aDim, optional, wholeNumber, type Kind } from '../core/kinds';
import { defineParametricOp, type Op } from '../core/op';
import { dimOf, show, type Shape } from '../core/shape';
import { checked, composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, le } from './arithmetic';
import { movedim } from './arrange';
import { arange } from './creation';
import { to } from './elementwise';
import { sliceScatter } from './parts';
import { sum } from './reduce';
import { reshape, unsqueeze } from './view';
import { where } from './where';

/** Which diagonal: of the elements [i, i + offset] of dimensions dim1 and dim2. */
interface Diagonal {
  readonly offset: number;
  readonly dim1: number;
  readonly dim2: number;
}

const diagonalView: Op<[x: Tensor], Diagonal> = defineParametricOp({
  name: 'diagonal',
  inputs: ['x'],
  view({ shape, strides, offset: start }, { offset, dim1, dim2 }) {
    const n = Math.max(Math.min(shape[dim1]! + Math.min(offset, 0), shape[dim2]! - Math.max(offset, 0)), 0);
    const other = (_: number, d: number): boolean => d !== dim1 && d !== dim2;
    const first = offset < 0 ? -offset * strides[dim1]! : offset * strides[dim2]!;
    return {
      shape: [...shape.filter(other), n],
      strides: [...strides.filter(other), strides[dim1]! + strides[dim2]!],
      offset: n === 0 ? start : start + first,
    };
  },
  vjp: { x: (g, _, params, s) => embedded(g, params, s.x) },
});

/** Zeros of a shape, with the last dimension of g on a diagonal. */
function embedded(g: Tensor, { offset, dim1, dim2 }: Diagonal, shape: Shape): Tensor {
  const [rows, columns] = [shape[dim1]!, shape[dim2]!];
  // In row-major order the elements of a diagonal lie columns + 1 apart.
  const start = offset < 0 ? -offset * columns : offset;
  const batch = g.shape.slice(0, -1);
  const at = { dim: batch.length, start: g.shape.at(-1) === 0 ? 0 : start, step: columns + 1 };
  const flat = sliceScatter(g, { shape: [...batch, rows * columns], at });
  return movedim(reshape(flat, [...batch, rows, columns]), [-2, -1], [dim1, dim2]);
}

const anOffset: Kind<number | undefined> = optional(wholeNumber(-Infinity));
const DIAGONAL: Signature<[x: Tensor, offset?: number, dim1?: number, dim2?: number]> = [
  ['x', aTensor],
  ['offset', anOffset],
  ['dim1', optional(aDim)],
  ['dim2', optional(aDim)],
];
function twoDims(where: string, dim1: number, dim2: number, ndim: number): readonly [number, number] {
  const [a, b] = [dimOf(where, dim1, ndim), dimOf(where, dim2, ndim)];
  if (a === b) throw new ShapeError(where, `dim1 and dim2 are both dimension ${a}`);
  return [a, b];
}

/** The elements [i, i + offset] of two dimensions, along a new last one. A view. */
export const diagonal: (x: Tensor, offset?: number, dim1?: number, dim2?: number) => Tensor = checked(
  'diagonal',
  DIAGONAL,
  (x, offset = 0, first = 0, second = 1) => {
    const [dim1, dim2] = twoDims('diagonal', first, second, x.ndim);
    return diagonalView(x, { offset, dim1, dim2 });
  },
);

/** Square matrices of zeros, in new dimensions dim1 and dim2, with the last dimension of x on a diagonal. */
export const diagEmbed: (x: Tensor, offset?: number, dim1?: number, dim2?: number) => Tensor = composite(
  'diagEmbed',
  DIAGONAL,
  (x, offset = 0, first = -2, second = -1) => {
    if (x.ndim === 0) throw new ShapeError('diagEmbed', 'takes one dimension or more, this is a single number');
    const [dim1, dim2] = twoDims('diagEmbed', first, second, x.ndim + 1);
    const n = x.shape.at(-1)! + Math.abs(offset);
    const others = x.shape.slice(0, -1);
    const shape = Array.from({ length: x.ndim + 1 }, (_, d) => (d === dim1 || d === dim2 ? n : others.shift()!));
    return embedded(x, { offset, dim1, dim2 }, shape);
  },
);

/** Of a vector, the matrix with it on the diagonal; of a matrix, its diagonal. */
export const diag: (x: Tensor, offset?: number) => Tensor = checked(
  'diag',
  [
    ['x', aTensor],
    ['offset', anOffset],
  ],
  (x, offset = 0) => {
    if (x.ndim !== 1 && x.ndim !== 2) {
      throw new ShapeError('diag', `takes a vector or a matrix, this has shape ${show(x.shape)}`);
    }
    return x.ndim === 1 ? diagEmbed(x, offset) : diagonal(x, offset);
  },
);

/** The sum of a matrix's diagonal. */
export const trace: (x: Tensor) => Tensor = composite('trace', [['x', aTensor]], x => {
  if (x.ndim !== 2) throw new ShapeError('trace', `takes a matrix, this has shape ${show(x.shape)}`);
  return sum(diagonal(x));
});

/** x where the place in the last two dimensions fits, else 0, in x's element type. */
function triangle(where_: string, x: Tensor, fits: (rows: Tensor, columns: Tensor) => Tensor): Tensor {
  if (x.ndim < 2) throw new ShapeError(where_, `takes a matrix, this has shape ${show(x.shape)}`);
  const rows = arange(x.shape.at(-2)!, undefined, undefined, { dtype: 'i32' });
  const columns = arange(x.shape.at(-1)!, undefined, undefined, { dtype: 'i32' });
  return to(where(fits(unsqueeze(rows, 1), columns), x, 0), x.dtype);
}
const TRIANGLE: Signature<[x: Tensor, diagonal?: number]> = [
  ['x', aTensor],
  ['diagonal', anOffset],
];
/** Matrices with zeros above a diagonal: above the main one, or `diagonal` places to the right of it. */
export const tril: (x: Tensor, diagonal?: number) => Tensor = composite('tril', TRIANGLE, (x, k = 0) =>
  triangle('tril', x, (rows, columns) => le(columns, add(rows, k))),
);
/** Matrices with zeros below a diagonal: below the main one, or `diagonal` places to the right of it. */
export const triu: (x: Tensor, diagonal?: number) => Tensor = composite('triu', TRIANGLE, (x, k = 0) =>
  triangle('triu', x, (rows, columns) => le(add(rows, k), columns)),
);
