/** Cross-correlation of images, sequences and volumes with learned filters, as convolutional layers compute it. */
import { ShapeError, ValueError } from '../core/errors';
import { optional, options as optionsOf } from '../core/kinds';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { pairOf, tripleOf } from '../core/sizes';
import { checked, composite } from '../core/signature';
import { show } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add } from './arithmetic';
import { checkChannels, conv, convGradX, geometryOf } from './convolution';
import { stack } from './join';
import { pad } from './pad';
import { permute, reshape, slice, squeeze, unsqueeze } from './view';
import {
  conv1dKeys,
  conv2dKeys,
  conv3dKeys,
  convTranspose2dKeys,
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv3dOptions,
  type ConvTranspose2dOptions,
} from './windows';

/**
 * The cross-correlation of images x [n, c, h, w] with filters w [k, c / groups, kh, kw], plus a bias b [k] or null:
 * y[n, k, i, j] = b[k] + Σ w[k, d, u, v] · x[n, d, i·stride + u·dilation − padding, …], zeros outside. It is called
 * convolution, as everywhere; for the mathematical one, flip the filters.
 */
export const conv2d: (x: Tensor, w: Tensor, b?: Tensor | null, options?: Conv2dOptions) => Tensor = checked(
  'conv2d',
  [
    ['x', aTensor],
    ['w', aTensor],
    ['b', optional(aTensorOrNull)],
    ['options', optionsOf(conv2dKeys)],
  ],
  (x, w, b = null, options = {}) => conv(x, w, b, { geometry: geometryOf('conv2d', x.shape, w.shape, options) }),
);

/**
 * The cross-correlation of sequences x [n, c, l] with filters w [k, c / groups, kl], plus a bias b [k] or null: a
 * {@link conv2d} of images one pixel high.
 */
export const conv1d: (x: Tensor, w: Tensor, b?: Tensor | null, options?: Conv1dOptions) => Tensor = composite(
  'conv1d',
  [
    ['x', aTensor],
    ['w', aTensor],
    ['b', optional(aTensorOrNull)],
    ['options', optionsOf(conv1dKeys)],
  ],
  (x, w, b = null, { stride = 1, padding = 0, dilation = 1, groups = 1 } = {}) => {
    const where = 'conv1d';
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
);

/**
 * The cross-correlation of volumes x [n, c, d, h, w] with filters w [k, c / groups, kd, kh, kw], plus a bias b [k] or
 * null: a {@link conv2d} of slices, in which the taps of the depth are channels of their own.
 */
export const conv3d: (x: Tensor, w: Tensor, b?: Tensor | null, options?: Conv3dOptions) => Tensor = composite(
  'conv3d',
  [
    ['x', aTensor],
    ['w', aTensor],
    ['b', optional(aTensorOrNull)],
    ['options', optionsOf(conv3dKeys)],
  ],
  (x, w, b = null, options = {}) => {
    const where = 'conv3d';
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
    if (room < 0) throw new ShapeError(where, `w ${show(w.shape)} is deeper than x ${show(x.shape)} with its padding`);
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
);

/**
 * The transpose of {@link conv2d}, its gradient of the input: each number of x [n, c, h, w] spread over a window by the
 * filters w [c, k / groups, kh, kw], plus a bias b [k] or null. The output [n, k, oh, ow] has the height
 * oh = (h − 1)·stride − 2·padding + dilation·(kh − 1) + outputPadding + 1.
 */
export const convTranspose2d: (x: Tensor, w: Tensor, b?: Tensor | null, options?: ConvTranspose2dOptions) => Tensor =
  composite(
    'convTranspose2d',
    [
      ['x', aTensor],
      ['w', aTensor],
      ['b', optional(aTensorOrNull)],
      ['options', optionsOf(convTranspose2dKeys)],
    ],
    (x, w, b = null, options = {}) => {
      const where = 'convTranspose2d';
      if (x.ndim !== 4)
        throw new ShapeError(where, `x takes [batch, channels, height, width], this is ${show(x.shape)}`);
      if (w.ndim !== 4) {
        throw new ShapeError(where, `w takes [channels, filters / groups, height, width], this is ${show(w.shape)}`);
      }
      const stride = pairOf(options.stride ?? 1);
      const before = pairOf(options.padding ?? 0);
      const extra = pairOf(options.outputPadding ?? 0);
      const dilation = pairOf(options.dilation ?? 1);
      const groups = options.groups ?? 1;
      if (x.shape[1] !== w.shape[0]) {
        const found = `x ${show(x.shape)} has ${x.shape[1]}`;
        throw new ShapeError(where, `w ${show(w.shape)} takes ${w.shape[0]} channels, ${found}`);
      }
      if (w.shape[0]! % groups !== 0) {
        throw new ShapeError(where, `${w.shape[0]} channels do not divide into ${groups} groups`);
      }
      const k = w.shape[1]! * groups;
      if (b && (b.ndim !== 1 || b.size !== k)) {
        throw new ShapeError(where, `w ${show(w.shape)} takes a bias of [${k}], this is ${show(b.shape)}`);
      }
      const size = (i: 0 | 1): number => {
        if (extra[i] >= Math.max(stride[i], dilation[i])) {
          const steps = `stride ${show(stride)} or dilation ${show(dilation)}`;
          throw new ValueError(where, `outputPadding ${show(extra)} is not below ${steps}`);
        }
        const n =
          (x.shape[2 + i]! - 1) * stride[i] - 2 * before[i] + dilation[i] * (w.shape[2 + i]! - 1) + extra[i] + 1;
        if (n < 1) {
          const given = `x ${show(x.shape)} and w ${show(w.shape)} with padding ${show(before)}`;
          throw new ShapeError(where, `${given} leave nothing`);
        }
        return n;
      };
      const image = [x.shape[0]!, k, size(0), size(1)];
      // What conv2d pads after: so that it comes back to the size of x.
      const total = [2 * before[0] - extra[0], 2 * before[1] - extra[1]] as const;
      const y = convGradX(x, w, { geometry: { where, stride, before, total, dilation, groups }, x: image });
      return b ? add(y, reshape(b, [k, 1, 1])) : y;
    },
  );
