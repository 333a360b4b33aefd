/** Cross-correlation of images, sequences and volumes with learned filters, as convolutional layers compute it. */
import { ShapeError, ValueError } from '../core/errors';
import { optional, options as optionsOf } from '../core/kinds';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { tripleOf } from '../core/sizes';
import { checked, composite, positional, type Positional } from '../core/signature';
import { scope } from '../core/scope';
import { show } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { checkChannels, conv, geometryOf, type Geometry } from './convolution';
import { stack } from './join';
import { linear } from './matmul';
import { pad } from './pad';
import { permute, reshape, slice, squeeze, unsqueeze } from './view';
import {
  CONV1D,
  CONV2D,
  CONV3D,
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv3dOptions,
  type ConvOrder,
} from './windows';

/**
 * The cross-correlation of images x [n, c, h, w] (or without the batch) with filters w [k, c / groups, kh, kw], plus a bias b [k] or null:
 * y[n, k, i, j] = b[k] + Σ w[k, d, u, v] · x[n, d, i·stride + u·dilation − padding, …], zeros outside. It is called
 * convolution, as everywhere; for the mathematical one, flip the filters.
 */
export const conv2d: (
  x: Tensor,
  w: Tensor,
  b?: Tensor | null,
  ...options: Positional<Conv2dOptions, ConvOrder>
) => Tensor = positional(
  'conv2d',
  CONV2D.order,
  checked(
    'conv2d',
    [
      ['x', aTensor],
      ['w', aTensor],
      ['b', optional(aTensorOrNull)],
      ['options', optionsOf(CONV2D.keys)],
    ],
    (x, w, b = null, options = {}) => {
      if (x.ndim === 3) return scope(() => squeeze(conv2d(unsqueeze(x, 0), w, b, options), 0), 'conv2d');
      const geometry = geometryOf('conv2d', x.shape, w.shape, options);
      return isProduct(x, w, geometry) ? scope(() => asProduct(x, w, b), 'conv2d') : conv(x, w, b, { geometry });
    },
  ),
);

/** Whether each filter lies over x in one way only, so that the convolution is a product of matrices. */
const isProduct = (x: Tensor, w: Tensor, { groups, total, dilation }: Geometry): boolean =>
  groups === 1 &&
  ([0, 1] as const).every(
    i => w.shape[2 + i] === x.shape[2 + i] && total[i] === 0 && (dilation[i] === 1 || w.shape[2 + i] === 1),
  );
function asProduct(x: Tensor, w: Tensor, b: Tensor | null): Tensor {
  const [n = 0, k = 0] = [x.shape[0], w.shape[0]];
  const inputs = w.size / Math.max(k, 1);
  return reshape(linear(reshape(x, [n, inputs]), reshape(w, [k, inputs]), b), [n, k, 1, 1]);
}

/**
 * The cross-correlation of sequences x [n, c, l] with filters w [k, c / groups, kl], plus a bias b [k] or null: a
 * {@link conv2d} of images one pixel high.
 */
export const conv1d: (
  x: Tensor,
  w: Tensor,
  b?: Tensor | null,
  ...options: Positional<Conv1dOptions, ConvOrder>
) => Tensor = positional(
  'conv1d',
  CONV1D.order,
  composite(
    'conv1d',
    [
      ['x', aTensor],
      ['w', aTensor],
      ['b', optional(aTensorOrNull)],
      ['options', optionsOf(CONV1D.keys)],
    ],
    (x, w, b = null, { stride = 1, padding = 0, dilation = 1, groups = 1 } = {}) => {
      const where = 'conv1d';
      if (x.ndim === 2) return squeeze(conv1d(unsqueeze(x, 0), w, b, { stride, padding, dilation, groups }), 0);
      if (x.ndim !== 3) throw new ShapeError(where, `x takes [batch, channels, length], this is ${show(x.shape)}`);
      if (w.ndim !== 3) {
        throw new ShapeError(where, `w takes [filters, channels / groups, length], this is ${show(w.shape)}`);
      }
      checkChannels(where, x.shape, w.shape, groups);
      const [image, filters] = [unsqueeze(x, 2), unsqueeze(w, 2)];
      const geometry = geometryOf(where, image.shape, filters.shape, {
        stride: [1, stride],
        padding: typeof padding === 'number' ? [0, padding] : padding,
        dilation: [1, dilation],
        groups,
      });
      return squeeze(conv(image, filters, b, { geometry }), 2);
    },
  ),
);

/**
 * The cross-correlation of volumes x [n, c, d, h, w] with filters w [k, c / groups, kd, kh, kw], plus a bias b [k] or
 * null: a {@link conv2d} of slices, in which the taps of the depth are channels of their own.
 */
export const conv3d: (
  x: Tensor,
  w: Tensor,
  b?: Tensor | null,
  ...options: Positional<Conv3dOptions, ConvOrder>
) => Tensor = positional(
  'conv3d',
  CONV3D.order,
  composite(
    'conv3d',
    [
      ['x', aTensor],
      ['w', aTensor],
      ['b', optional(aTensorOrNull)],
      ['options', optionsOf(CONV3D.keys)],
    ],
    (x, w, b = null, options = {}) => {
      const where = 'conv3d';
      if (x.ndim === 4) return squeeze(conv3d(unsqueeze(x, 0), w, b, options), 0);
      if (x.ndim !== 5) {
        throw new ShapeError(where, `x takes [batch, channels, depth, height, width], this is ${show(x.shape)}`);
      }
      if (w.ndim !== 5) {
        throw new ShapeError(
          where,
          `w takes [filters, channels / groups, depth, height, width], this is ${show(w.shape)}`,
        );
      }
      const { groups = 1 } = options;
      checkChannels(where, x.shape, w.shape, groups);
      // The depth's, then the image's.
      const [step, ...stride] = tripleOf(options.stride ?? 1);
      const [apart, ...dilation] = tripleOf(options.dilation ?? 1);
      const [n = 0, c = 0, d = 0, height = 0, width = 0] = x.shape;
      const [k = 0, perGroup = 0, kd = 0, kh = 0, kw = 0] = w.shape;
      const given = options.padding ?? 0;
      if (given === 'same' && step !== 1) {
        throw new ValueError(where, `padding 'same' takes stride 1, this is ${show([step, ...stride])}`);
      }
      const [ends, ...around] = tripleOf(typeof given === 'string' ? 0 : given);
      const padding = typeof given === 'string' ? given : around;
      const total = given === 'same' ? apart * (kd - 1) : 2 * ends;
      const before = Math.floor(total / 2);
      const room = d + total - apart * (kd - 1) - 1;
      if (room < 0)
        throw new ShapeError(where, `w ${show(w.shape)} is deeper than x ${show(x.shape)} with its padding`);
      const depth = Math.floor(room / step) + 1;
      const padded = total > 0 ? pad(x, [0, 0, 0, 0, before, total - before]) : x;
      const taps = Array.from({ length: kd }, (_, t) =>
        slice(padded, 2, t * apart, t * apart + (depth - 1) * step + 1, step),
      );
      const slices = reshape(permute(stack(taps, 2), [0, 3, 1, 2, 4, 5]), [n * depth, c * kd, height, width]);
      const filters = reshape(w, [k, perGroup * kd, kh, kw]);
      const geometry = geometryOf(where, slices.shape, filters.shape, { stride, padding, dilation, groups });
      const y = conv(slices, filters, b, { geometry });
      return permute(reshape(y, [n, depth, k, y.shape[2]!, y.shape[3]!]), [0, 2, 1, 3, 4]);
    },
  ),
);
