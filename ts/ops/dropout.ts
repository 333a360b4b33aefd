import { defineParametricOp, type Op } from '../core/op';
import { aBoolean, aNumber, optional, options } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aGenerator, defaultGenerator, type Generator } from './generator';

const dropoutOp: Op<[x: Tensor, key: Tensor], { p: number }> = defineParametricOp({
  name: 'dropout',
  inputs: ['x', 'key'],
  wants: { key: 'i32' },
  shape: ([x]) => x.shape,
  run: (k, [x, key], [y], { p }) => k.dropout(x.address, key.address, y.address, y.size, p),
  saves: { x: ['key'] },
  vjp: { x: (g, { key }, p) => dropoutOp(g, key, p), key: null }, // linear in x, and its own transpose
});
export interface DropoutOptions {
  /** Off, x comes back as it is. Default true. */
  readonly training?: boolean;
  readonly generator?: Generator;
}
/** Each element is 0 with probability p, else divided by 1 − p, which keeps the mean (Srivastava et al. 2014). */
export const dropout: (x: Tensor, p?: number, options?: DropoutOptions) => Tensor = composite(
  'dropout',
  [
    ['x', aTensor],
    ['p', optional(aNumber(0, 1))],
    ['options', options<DropoutOptions>({ training: aBoolean, generator: aGenerator })],
  ],
  (x, p = 0.5, options = {}) => {
    if (options.training === false || p === 0) return x;
    return dropoutOp(x, (options.generator ?? defaultGenerator()).draw(), { p });
  },
);
