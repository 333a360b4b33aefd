/** Tensors with a border around them. */
import { checkFits } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { anyNumber, dimsInOrder, oneOf, optional } from '../core/kinds';
import { show, type Shape } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { tensor } from './creation';
import { indexSelect } from './picking';
import { sliceScatter } from './parts';
import { slice } from './view';

/** What a border holds: one value, the mirror image without the edge, the edge, or what is at the other end. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/** Which place of n stands at place i, which may lie outside. */
const PLACES: Readonly<Record<Exclude<PadMode, 'constant'>, (i: number, n: number) => number>> = {
  reflect: (i, n) => n - 1 - Math.abs(n - 1 - Math.abs(i)),
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => (i + n) % n,
};
/** How wide a border of n places may be. */
const MOST: Readonly<Record<PadMode, (n: number) => number>> = {
  constant: () => Infinity,
  reflect: n => n - 1,
  replicate: n => (n > 0 ? Infinity : 0),
  circular: n => n,
};

/**
 * x with a border: `pads` = [before, after] of the last dimension, then of the one before it, and so on, as in PyTorch.
 * Numbers below 0 cut places off, where mode is 'circular' before the rest goes round.
 *
 * @param mode what the border holds: `value` (the default), or places of x.
 * @throws {ShapeError} if a border is wider than its mode allows: 'reflect' below n, 'circular' up to n of n places.
 */
export const pad: (x: Tensor, pads: Shape, mode?: PadMode, value?: number) => Tensor = composite(
  'pad',
  [
    ['x', aTensor],
    ['pads', dimsInOrder],
    ['mode', optional(oneOf('constant', 'reflect', 'replicate', 'circular'))],
    ['value', optional(anyNumber)],
  ],
  (x, pads, mode = 'constant', value = 0) => {
    checkFits('pad', 'value', x.dtype, [value]);
    if (pads.length % 2 !== 0 || pads.length > 2 * x.ndim) {
      const wanted = `a pair of whole numbers for each of the last dimensions of ${show(x.shape)}`;
      throw new ShapeError('pad', `pads takes ${wanted}, this is ${show(pads)}`);
    }
    const misfit = (before: number, after: number, n: number, dim: number): ShapeError =>
      new ShapeError('pad', `${mode} pads ${show([before, after])} do not fit ${n} places of dimension ${dim}`);
    let y = x;
    for (let i = 0; 2 * i < pads.length; i++) {
      const dim = x.ndim - 1 - i;
      let [before = 0, after = 0] = [pads[2 * i], pads[2 * i + 1]];
      let n = x.shape[dim] ?? 0;
      const size = n + before + after;
      if (before === 0 && after === 0) continue;
      if (size < 0 || size > 2 ** 28 || Math.max(before, after) > MOST[mode](n)) {
        throw misfit(before, after, n, dim);
      }
      if (mode === 'circular' && Math.min(before, after) < 0) {
        // What is cut off does not come back at the other end.
        y = slice(y, dim, Math.max(-before, 0), n + Math.min(after, 0));
        n = y.shape[dim] ?? 0;
        [before, after] = [Math.max(before, 0), Math.max(after, 0)];
        if (Math.max(before, after) > n) throw misfit(before, after, n, dim);
      }
      if (mode !== 'constant') {
        const place = PLACES[mode];
        y = indexSelect(y, dim, tensor(Int32Array.from({ length: size }, (_, j) => place(j - before, n))));
        continue;
      }
      if (before < 0 || after < 0) y = slice(y, dim, Math.max(-before, 0), n + Math.min(after, 0));
      if (before <= 0 && after <= 0) continue;
      const shape = y.shape.map((m, d) => (d === dim ? size : m));
      y = sliceScatter(y, { shape, at: { dim, start: Math.max(before, 0), step: 1 }, value });
    }
    return y;
  },
);
