/** The same memory, seen otherwise; and the copies that no view can be. */
import { copy } from '../core/convert';
import { IndexError, ShapeError } from '../core/errors';
import {
  aDim,
  aShape,
  dimsInOrder,
  either,
  oneOf,
  oneOrMoreDims,
  optional,
  wholeNumber,
  type Kind,
} from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { defineParametricOp, type Op } from '../core/op';
import { checked, listed, type Listed } from '../core/signature';
import { dimOf, dimsOf, show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { sliceAt } from './parts';
import { expand, reshape } from './basic';

export { expand, reshape };

/** x if its elements lie in order, else a dense copy. */
export const contiguous: (x: Tensor) => Tensor = checked('contiguous', [['x', aTensor]], x => (x.dense ? x : copy(x)));

/** Dimensions `startDim` to `endDim`, both included, made one. */
export const flatten: (x: Tensor, startDim?: number, endDim?: number) => Tensor = checked(
  'flatten',
  [
    ['x', aTensor],
    ['startDim', optional(aDim)],
    ['endDim', optional(aDim)],
  ],
  (x, startDim = 0, endDim = -1) => {
    if (x.ndim === 0) return reshape(x, [1]);
    const from = dimOf('flatten', startDim, x.ndim);
    const to = dimOf('flatten', endDim, x.ndim);
    if (from > to) throw new ShapeError('flatten', `startDim ${startDim} comes after endDim ${endDim}`);
    return reshape(x, [...x.shape.slice(0, from), sizeOf(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)]);
  },
);

/** x with a dimension of size 1 put in at `dim`. */
export const unsqueeze: (x: Tensor, dim: number) => Tensor = checked(
  'unsqueeze',
  [
    ['x', aTensor],
    ['dim', aDim],
  ],
  (x, dim) => {
    const d = dimOf('unsqueeze', dim, x.ndim + 1);
    const shape = [...x.shape.slice(0, d), 1, ...x.shape.slice(d)];
    return x.dense ? reshape(x, shape) : insert(x, { dim: d });
  },
);
const insert: Op<[x: Tensor], { dim: number }> = defineParametricOp({
  name: 'unsqueeze',
  inputs: ['x'],
  view: (x, { dim }) => ({
    shape: [...x.shape.slice(0, dim), 1, ...x.shape.slice(dim)],
    strides: [...x.strides.slice(0, dim), 0, ...x.strides.slice(dim)],
    offset: x.offset,
  }),
  vjp: { x: (g, _, __, s) => reshape(g, s.x) },
});

/** x without its dimensions of size 1, or without those named, which must be of size 1. */
export const squeeze: (x: Tensor, dim?: number | readonly number[]) => Tensor = checked(
  'squeeze',
  [
    ['x', aTensor],
    ['dim', optional(oneOrMoreDims)],
  ],
  (x, dim) => {
    const dims = dimsOf('squeeze', dim, x.ndim);
    const wrong = dim === undefined ? undefined : dims.find(d => x.shape[d] !== 1);
    if (wrong !== undefined) {
      throw new ShapeError('squeeze', `dimension ${wrong} of ${show(x.shape)} has size ${x.shape[wrong]}, not 1`);
    }
    return reshape(
      x,
      x.shape.filter((n, i) => n !== 1 || !dims.includes(i)),
    );
  },
);

const permuteView: Op<[x: Tensor], { dims: Shape }> = defineParametricOp({
  name: 'permute',
  inputs: ['x'],
  view: (x, { dims }) => ({
    shape: dims.map(d => x.shape[d]!),
    strides: dims.map(d => x.strides[d]!),
    offset: x.offset,
  }),
  vjp: { x: (g, _, { dims }) => permuteView(g, { dims: dims.map((_, i) => dims.indexOf(i)) }) },
});
/** Dimensions in another order: output dimension i is x's dims[i]. A view. */
export const permute: (x: Tensor, ...dims: Listed) => Tensor = listed(
  'permute',
  checked(
    'permute',
    [
      ['x', aTensor],
      ['dims', dimsInOrder],
    ],
    (x, dims) => {
      const order = dims.map(d => dimOf('permute', d, x.ndim));
      if (order.length !== x.ndim || new Set(order).size !== x.ndim) {
        throw new ShapeError('permute', `${show(dims)} does not name each of the ${x.ndim} dimensions once`);
      }
      return permuteView(x, { dims: order });
    },
  ),
);

/** Two dimensions exchanged. A view. */
export const transpose: (x: Tensor, dim0: number, dim1: number) => Tensor = checked(
  'transpose',
  [
    ['x', aTensor],
    ['dim0', aDim],
    ['dim1', aDim],
  ],
  (x, dim0, dim1) => {
    const a = dimOf('transpose', dim0, Math.max(1, x.ndim)); // one number is a row
    const b = dimOf('transpose', dim1, Math.max(1, x.ndim));
    return permuteView(x, { dims: x.shape.map((_, i) => (i === a ? b : i === b ? a : i)) });
  },
);

/** The transpose of a matrix, or of each matrix in the last two dimensions. A view. */
export const t: (x: Tensor) => Tensor = checked('t', [['x', aTensor]], x => {
  if (x.ndim < 2) throw new ShapeError('t', `takes a matrix, this has shape ${show(x.shape)}`);
  return transpose(x, -2, -1);
});

/** An index to end before: Infinity is the end. */
const anEnd: Kind<number> = either(wholeNumber(-Infinity), oneOf(Infinity, -Infinity));
/** Elements `start` to `end` (left out: to the end) of one dimension, each `step`-th. Negative ends count from the
 *  back; ends beyond the dimension are cut, as in NumPy. A view. */
export const slice: (x: Tensor, dim: number, start: number, end?: number, step?: number) => Tensor = checked(
  'slice',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['start', wholeNumber(-Infinity)],
    ['end', optional(anEnd)],
    ['step', optional(wholeNumber(1))],
  ],
  (x, dim, start, end = Infinity, step = 1) => {
    const d = dimOf('slice', dim, x.ndim);
    const n = x.shape[d]!;
    const clip = (i: number): number => Math.min(Math.max(i < 0 ? i + n : i, 0), n);
    const from = clip(start);
    const size = Math.max(Math.ceil((clip(end) - from) / step), 0);
    return sliceAt(x, { dim: d, start: size === 0 ? 0 : from, size, step: Math.min(step, Math.max(n, 1)) });
  },
);

/** The slice of size 1 at index i of a dimension, without that dimension. A view. */
export const select: (x: Tensor, dim: number, index: number) => Tensor = checked(
  'select',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['index', wholeNumber(-Infinity)],
  ],
  (x, dim, index) => {
    const d = dimOf('select', dim, x.ndim);
    const n = x.shape[d]!;
    const i = index < 0 ? index + n : index;
    if (i < 0 || i >= n) {
      throw new IndexError('select', `there is no index ${index} in dimension ${d} of ${show(x.shape)}`);
    }
    return remove(sliceAt(x, { dim: d, start: i, size: 1, step: 1 }), { dim: d });
  },
);
const remove: Op<[x: Tensor], { dim: number }> = defineParametricOp({
  name: 'select',
  inputs: ['x'],
  view: (x, { dim }) => ({
    shape: x.shape.filter((_, i) => i !== dim),
    strides: x.strides.filter((_, i) => i !== dim),
    offset: x.offset,
  }),
  vjp: { x: (g, _, { dim }) => unsqueeze(g, dim) },
});

/** Pieces along a dimension: of `size` each, the last may be smaller; or of the sizes listed, which fill it. Views. */
export const split: (x: Tensor, size: number | Shape, dim?: number) => Tensor[] = checked(
  'split',
  [
    ['x', aTensor],
    ['size', either(wholeNumber(1), aShape)],
    ['dim', optional(aDim)],
  ],
  (x, size, dim = 0) => {
    const d = dimOf('split', dim, x.ndim);
    const n = x.shape[d]!;
    const sizes = typeof size === 'number' ? new Array<number>(Math.max(Math.ceil(n / size), 1)).fill(size) : size;
    if (typeof size !== 'number' && size.reduce((a, b) => a + b, 0) !== n) {
      throw new ShapeError('split', `${show(size)} do not add up to the ${n} places of dimension ${d}`);
    }
    let end = 0;
    return sizes.map(k => slice(x, d, end, (end += k)));
  },
);
