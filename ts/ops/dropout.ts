import { defineParametricOp, type Op } from '../core/op';
import { aBoolean, aNumber, optional, options } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { composite, type Signature } from '../core/signature';
import { ShapeError } from '../core/errors';
import { show, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { aGenerator, defaultGenerator, type Generator } from './generator';
import { add, mul, ne } from './arithmetic';
import { full } from './creation';
import { where } from './where';

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

type DropoutFunction = (x: Tensor, p?: number, options?: DropoutOptions) => Tensor;
const TAKES: Signature<[x: Tensor, p?: number, options?: DropoutOptions]> = [
  ['x', aTensor],
  ['p', optional(aNumber(0, 1))],
  ['options', options<DropoutOptions>({ training: aBoolean, generator: aGenerator })],
];
/** The shape of x with one element in each channel; x [n, c, …] has one of the numbers of dimensions, or no batch. */
function channels(where: string, x: Tensor, ndims: readonly number[]): Shape {
  if (!ndims.includes(x.ndim)) {
    throw new ShapeError(where, `x takes ${ndims.join(' or ')} dimensions, this is ${show(x.shape)}`);
  }
  const single = x.ndim === ndims[0];
  return x.shape.map((n, d) => (d < (single ? 1 : 2) ? n : 1));
}
/** Whole channels are 0 with probability p, else divided by 1 − p (Tompson et al. 2015). */
const featureDropout = (where: string, ndims: readonly number[]): DropoutFunction =>
  composite(where, TAKES, (x, p = 0.5, given = {}) => {
    const shape = channels(where, x, ndims);
    return given.training === false || p === 0 ? x : mul(x, dropout(full(shape, 1), p, given));
  });
/** Of x [n, c, l] or [c, l], whole channels are 0 with probability p, else divided by 1 − p. */
export const dropout1d: DropoutFunction = featureDropout('dropout1d', [2, 3]);
/** Of x [n, c, h, w] or [c, h, w], whole channels are 0 with probability p, else divided by 1 − p (Tompson et al. 2015). */
export const dropout2d: DropoutFunction = featureDropout('dropout2d', [3, 4]);
/** Of x [n, c, d, h, w] or [c, d, h, w], whole channels are 0 with probability p, else divided by 1 − p. */
export const dropout3d: DropoutFunction = featureDropout('dropout3d', [4, 5]);

/** What SELU falls to at −∞. */
const FLOOR = -1.7580993408473766;
/** x with what is dropped at the floor of SELU, scaled and shifted so that mean 0 and variance 1 stay. */
function alpha(x: Tensor, shape: Shape, p: number, given: DropoutOptions): Tensor {
  if (given.training === false || p === 0) return x;
  if (p === 1) return mul(x, 0);
  const kept = ne(dropout(full(shape, 1), p, given), 0);
  const scale = 1 / Math.sqrt((1 - p) * (1 + p * FLOOR ** 2));
  return add(mul(where(kept, x, FLOOR), scale), -scale * p * FLOOR);
}
/** Dropout for SELU: mean and variance stay as they are (Klambauer et al. 2017). */
export const alphaDropout: DropoutFunction = composite('alphaDropout', TAKES, (x, p = 0.5, given = {}) =>
  alpha(x, x.shape, p, given),
);
/** {@link alphaDropout} of whole channels of x [n, c, …]. */
export const featureAlphaDropout: DropoutFunction = composite(
  'featureAlphaDropout',
  TAKES,
  (x, p = 0.5, given = {}) => {
    if (x.ndim < 2)
      throw new ShapeError('featureAlphaDropout', `x takes [batch, channels, …], this is ${show(x.shape)}`);
    return alpha(
      x,
      x.shape.map((n, d) => (d < 2 ? n : 1)),
      p,
      given,
    );
  },
);
