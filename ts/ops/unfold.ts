import { ShapeError } from '../core/errors';
import { aDim, wholeNumber } from '../core/kinds';
import { defineParametricOp, type Op } from '../core/op';
import { dimOf } from '../core/shape';
import { checked } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { movedim } from './arrange';
import { reshape } from './basic';
import { tensor } from './creation';
import { addAlong } from './indexing';

interface Windows {
  readonly dim: number;
  readonly size: number;
  readonly step: number;
}
const unfoldView: Op<[x: Tensor], Windows> = defineParametricOp({
  name: 'unfold',
  inputs: ['x'],
  view: ({ shape, strides, offset }, { dim, size, step }) => ({
    shape: [...shape.map((n, d) => (d === dim ? Math.floor((n - size) / step) + 1 : n)), size],
    strides: [...strides.map((s, d) => (d === dim ? s * step : s)), strides[dim]!],
    offset,
  }),
  vjp: {
    x(g, _, { dim, size, step }, s) {
      const count = g.shape[dim]!;
      const index = Int32Array.from({ length: count * size }, (_, i) => Math.floor(i / size) * step + (i % size));
      const beside = movedim(g, -1, dim + 1);
      const flat = reshape(beside, [...s.x.slice(0, dim), count * size, ...s.x.slice(dim + 1)]);
      return addAlong(flat, dim, tensor(index), s.x[dim]!);
    },
  },
});

/**
 * The windows of `size` along `dim` that begin at each `step`-th index, their elements in a new last dimension. A view, in
 * which windows that overlap share memory.
 */
export const unfold: (x: Tensor, dim: number, size: number, step: number) => Tensor = checked(
  'unfold',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['size', wholeNumber()],
    ['step', wholeNumber(1)],
  ],
  (x, dim, size, step) => {
    const d = dimOf('unfold', dim, x.ndim);
    if (size > x.shape[d]!) {
      throw new ShapeError('unfold', `a window of ${size} does not fit the ${x.shape[d]} of dimension ${d}`);
    }
    return unfoldView(x, { dim: d, size, step: Math.min(step, Math.max(x.shape[d]!, 1)) });
  },
);
