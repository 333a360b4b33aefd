/** Order: sorting along a dimension, and running sums. */
import { isFloat } from '../core/dtype';
import { ValueError } from '../core/errors';
import { defineMultiOp, defineParametricOp, type MultiOp, type Op } from '../core/op';
import { aBoolean, aDim, optional, options, wholeNumber, type Kind } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { checked, composite } from '../core/signature';
import { dimOf, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { reshape } from './basic';
import { to } from './elementwise';
import { rowOf } from './fitting';
import { scatterAlong } from './indexing';
import { transpose } from './view';

type First = { readonly k: number; readonly descending: boolean };
type TopkOp = MultiOp<[x: Tensor], [values: Tensor, indices: Tensor], First>;
const shapesOf = (x: Tensor, { k }: First): [values: Shape, indices: Shape] => {
  const shape = [...x.shape.slice(0, -1), k];
  return [shape, shape];
};
/** The first k of each sorted row, and their indices. */
const topkFloat: TopkOp = defineMultiOp({
  name: 'topk',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  dtypes: ['f32', 'i32'],
  shapes: ([x], first) => shapesOf(x, first),
  run(kernels, [x], [values, indices], { k, descending }) {
    const rows = sizeOf(x.shape.slice(0, -1));
    kernels.topk(x.address, values.address, indices.address, rows, x.shape.at(-1)!, k, descending ? 1 : 0);
  },
  saves: { x: ['indices'] },
  vjp: { x: ([g], { indices }, _, s) => scatterAlong(g!, -1, indices, s.x.at(-1)!) },
});
const topkInt: TopkOp = defineMultiOp({
  name: 'topk',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  wants: { x: 'i32' },
  dtypes: ['i32', 'i32'],
  shapes: ([x], first) => shapesOf(x, first),
  run(kernels, [x], [values, indices], { k, descending }) {
    const rows = sizeOf(x.shape.slice(0, -1));
    kernels.topkI32(x.address, values.address, indices.address, rows, x.shape.at(-1)!, k, descending ? 1 : 0);
  },
});
/** By type, which the values keep. */
function topkRows(x: Tensor, params: First): [values: Tensor, indices: Tensor] {
  if (isFloat(x.dtype)) return topkFloat(x, params);
  const [values, indices] = topkInt(x, params);
  return [to(values, x.dtype), indices];
}

/** Of a single number, what was found in a row of one, as single numbers. */
const single = (x: Tensor, [values, indices]: readonly [Tensor, Tensor]): [values: Tensor, indices: Tensor] =>
  x.ndim === 0 && values.size === 1 ? [reshape(values, []), reshape(indices, [])] : [values, indices];

/** The first k along dimension d; undefined: all. */
function first(x: Tensor, d: number, k: number | undefined, descending: boolean): [values: Tensor, indices: Tensor] {
  const count = k ?? x.shape[d]!;
  if (d === x.ndim - 1) return topkRows(x, { k: count, descending });
  const [values, indices] = topkRows(transpose(x, d, -1), { k: count, descending });
  return [transpose(values, d, -1), transpose(indices, d, -1)];
}

export interface SortOptions {
  /** The largest first. Default false. */
  readonly descending?: boolean;
}
const sortOptions: Kind<SortOptions | undefined> = options<SortOptions>({ descending: aBoolean });
/**
 * x sorted along `dim` (left out: the last), in x's type, and the index (i32) that each element had. Equal elements keep their
 * order, and NaN is larger than all.
 */
export const sort: (x: Tensor, dim?: number, options?: SortOptions) => [values: Tensor, indices: Tensor] = composite(
  'sort',
  [
    ['x', aTensor],
    ['dim', optional(aDim)],
    ['options', sortOptions],
  ],
  (x, dim = -1, { descending = false } = {}) => {
    const row = rowOf(x);
    return single(x, first(row, dimOf('sort', dim, row.ndim), undefined, descending));
  },
);
/** The indices (i32) that sort x along `dim` (left out: the last): those of {@link sort}. */
export const argsort: (x: Tensor, dim?: number, options?: SortOptions) => Tensor = composite(
  'argsort',
  [
    ['x', aTensor],
    ['dim', optional(aDim)],
    ['options', sortOptions],
  ],
  (x, dim = -1, { descending = false } = {}) => {
    const row = rowOf(x.detach());
    return single(x, first(row, dimOf('argsort', dim, row.ndim), undefined, descending))[1];
  },
);

export interface TopkOptions {
  /** The largest, or with false the smallest. Default true. */
  readonly largest?: boolean;
}
/**
 * The k largest (or smallest) elements along `dim` (left out: the last), sorted with the best first, and their indices
 * (i32); of equals, the first. NaN is larger than all.
 */
export const topk: (x: Tensor, k: number, dim?: number, options?: TopkOptions) => [values: Tensor, indices: Tensor] =
  composite(
    'topk',
    [
      ['x', aTensor],
      ['k', wholeNumber()],
      ['dim', optional(aDim)],
      ['options', options<TopkOptions>({ largest: aBoolean })],
    ],
    (x, k, dim = -1, { largest = true } = {}) => {
      const row = rowOf(x);
      const d = dimOf('topk', dim, row.ndim);
      if (k > row.shape[d]!) {
        throw new ValueError('topk', `k takes at most the ${row.shape[d]} elements of dimension ${d}, this is ${k}`);
      }
      return single(x, first(row, d, k, largest));
    },
  );

type Cumsum = Op<[x: Tensor], { dim: number; backwards: boolean }>;
const cumsumFloat: Cumsum = defineParametricOp({
  name: 'cumsum',
  inputs: ['x'],
  shape: ([x]) => x.shape,
  run: (k, [x], [y], { dim, backwards }) =>
    k.cumsum(
      x.address,
      y.address,
      sizeOf(x.shape.slice(0, dim)),
      x.shape[dim]!,
      sizeOf(x.shape.slice(dim + 1)),
      backwards ? 1 : 0,
    ),
  vjp: { x: (g, _, { dim, backwards }) => cumsumFloat(g, { dim, backwards: !backwards }) },
});
const cumsumInt: Cumsum = defineParametricOp({
  name: 'cumsum',
  inputs: ['x'],
  wants: { x: 'i32' },
  dtype: 'i32',
  shape: ([x]) => x.shape,
  run: (k, [x], [y], { dim }) =>
    k.cumsumI32(x.address, y.address, sizeOf(x.shape.slice(0, dim)), x.shape[dim]!, sizeOf(x.shape.slice(dim + 1)), 0),
});
/** Running sums along `dim`: y_i = Σ x_j over j ≤ i. Of integers and bools they are i32, and beyond its range its nearest end. */
export const cumsum: (x: Tensor, dim: number) => Tensor = checked(
  'cumsum',
  [
    ['x', aTensor],
    ['dim', aDim],
  ],
  (x, dim) => {
    const row = rowOf(x);
    const y = (isFloat(x.dtype) ? cumsumFloat : cumsumInt)(row, {
      dim: dimOf('cumsum', dim, row.ndim),
      backwards: false,
    });
    return x.ndim === 0 ? reshape(y, []) : y;
  },
);
