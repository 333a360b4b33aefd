/** A part of a tensor by exact indices, and a tensor as a part of a larger one: what other ops are made of. */
import { checkComputes, copyKernel, fillWith } from '../core/casts';
import { partOf, runCopy, type Slice } from '../core/geometry';
import { defineOp, defineParametricOp, type Op } from '../core/op';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

/** x itself, as the output of an op. */
export const identity: Op<[x: Tensor]> = defineOp({
  name: 'identity',
  inputs: ['x'],
  view: x => x,
  vjp: { x: g => g },
});

/** A slice by exact indices, which are in x: `size` elements from `start` on, each `step`-th. */
export const sliceAt: Op<[x: Tensor], { dim: number; start: number; size: number; step: number }> = defineParametricOp({
  name: 'slice',
  inputs: ['x'],
  view: (x, { dim, start, size, step }) => ({
    shape: x.shape.map((n, i) => (i === dim ? size : n)),
    strides: x.strides.map((s, i) => (i === dim ? s * step : s)),
    offset: x.offset + start * x.strides[dim]!,
  }),
  vjp: { x: (g, _, { dim, start, step }, s) => sliceScatter(g, { shape: s.x, at: { dim, start, step } }) },
});

/** A tensor full of `value` (0), with x written into a slice of it: the gradient of `sliceAt`, and padding. */
export const sliceScatter: Op<[x: Tensor], { shape: Shape; at: Slice; value?: number }> = defineParametricOp({
  name: 'sliceScatter',
  inputs: ['x'],
  flops: () => 0,
  wants: { x: 'any' },
  strided: true,
  dtype: ([x]) => x.dtype,
  shape([x], { shape }) {
    checkComputes('pad', 'x', x);
    return shape;
  },
  run(k, [x], [y], { at, value = 0 }) {
    fillWith(k, y, value);
    runCopy(copyKernel(k, x.dtype), x, partOf(y, x.shape, at), x.shape);
  },
  vjp: { x: (g, _, { at: { dim, start, step } }, s) => sliceAt(g, { dim, start, size: s.x[dim]!, step }) },
});
