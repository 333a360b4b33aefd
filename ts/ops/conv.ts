/** Cross-correlation of images, sequences and volumes with learned filters, as convolutional layers compute it. */
import type { ConvSizes, Kernels } from '../backend/backend';
import { ShapeError, ValueError } from '../core/errors';
import type { Epilogue, View } from '../core/definition';
import { defineOp, type Op } from '../core/op';
import { optional, options as optionsOf } from '../core/kinds';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { pairOf, tripleOf } from '../core/sizes';
import { checked, composite } from '../core/signature';
import { show, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add } from './arithmetic';
import { stack } from './join';
import { sum } from './reduce';
import { pad, permute, reshape, slice, squeeze, unsqueeze } from './view';
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

/** Checked options: [vertical, horizontal] each; padding before, and in all. */
interface Geometry {
  /** What to call in an error. */
  readonly where: string;
  readonly stride: readonly [number, number];
  readonly before: readonly [number, number];
  readonly total: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** Throws unless filters w fit the channels of x. */
function checkChannels(where: string, x: Shape, w: Shape, groups: number): void {
  const [k = 0, perGroup = 0] = w;
  if (x[1] !== perGroup * groups) {
    const all = groups === 1 ? `${perGroup}` : `${groups} × ${perGroup}`;
    throw new ShapeError(where, `w ${show(w)} takes ${all} channels, x ${show(x)} has ${x[1]}`);
  }
  if (k % groups !== 0) throw new ShapeError(where, `${k} filters do not divide into ${groups} groups`);
  if (w.slice(2).includes(0)) throw new ShapeError(where, `w ${show(w)} has empty filters`);
}

function geometryOf(where: string, x: Shape, w: Shape, options: Conv2dOptions): Geometry {
  if (x.length !== 4) throw new ShapeError(where, `x takes [batch, channels, height, width], this is ${show(x)}`);
  if (w.length !== 4)
    throw new ShapeError(where, `w takes [filters, channels / groups, height, width], this is ${show(w)}`);
  const stride = pairOf(options.stride ?? 1);
  const dilation = pairOf(options.dilation ?? 1);
  const groups = options.groups ?? 1;
  checkChannels(where, x, w, groups);
  const { padding = 0 } = options;
  if (padding === 'same') {
    if (stride[0] !== 1 || stride[1] !== 1)
      throw new ValueError(where, `padding 'same' takes stride 1, this is ${show(stride)}`);
    const total = [dilation[0] * (w[2]! - 1), dilation[1] * (w[3]! - 1)] as const;
    return { where, stride, dilation, groups, total, before: [Math.floor(total[0] / 2), Math.floor(total[1] / 2)] };
  }
  const before = pairOf(padding === 'valid' ? 0 : padding);
  return { where, stride, dilation, groups, before, total: [2 * before[0], 2 * before[1]] };
}

/** ⌊(n + padding − dilation·(k − 1) − 1) / stride⌋ + 1 */
function outputShape(x: Shape, w: Shape, { where, stride, total, dilation }: Geometry): Shape {
  const size = (i: 0 | 1): number => {
    const room = x[2 + i]! + total[i] - dilation[i] * (w[2 + i]! - 1) - 1;
    if (room < 0)
      throw new ShapeError(
        where,
        `w ${show(w)} with dilation ${show(dilation)} is larger than x ${show(x)} with its padding`,
      );
    if (x[2 + i]! + total[i] >= 2 ** 31)
      throw new ShapeError(
        where,
        `x ${show(x)} with its padding ${show(total)} takes fewer than 2^31 places in each direction`,
      );
    return Math.floor(room / stride[i]) + 1;
  };
  return [x[0]!, w[0]!, size(0), size(1)];
}

/** The geometry of x, w and y, as kernels take it. */
const sizes = (x: Shape, w: Shape, y: Shape, o: Geometry): ConvSizes => [
  x[0]!,
  x[1]!,
  x[2]!,
  x[3]!,
  w[0]!,
  w[2]!,
  w[3]!,
  y[2]!,
  y[3]!,
  o.stride[0],
  o.stride[1],
  o.before[0],
  o.before[1],
  o.dilation[0],
  o.dilation[1],
  o.groups,
];
/** Calls a gradient's kernel with the geometry of x, w and y. */
function call(f: Kernels['conv2dGradX'], p: View, q: View, r: View, x: Shape, w: Shape, y: Shape, o: Geometry): void {
  f(p.at, q.at, r.at, 0, ...sizes(x, w, y, o));
}

/** Each element of y is a sum over one filter. */
const productsOf = (w: View, y: View): number => (y.size === 0 ? 0 : (2 * y.size * w.size) / w.shape[0]!);

/** `approximate`: weights that stay may be prepared for Winograd's F(4 × 4, 3 × 3). */
type Convolution = Epilogue & { readonly geometry: Geometry; readonly approximate?: boolean };
const conv: Op<[x: Tensor, w: Tensor, b: Tensor | null], Convolution> = defineOp({
  name: 'conv2d',
  inputs: ['x', 'w', 'b'],
  nullable: ['b'],
  epilogue: true,
  flops: ([, w], y) => productsOf(w, y),
  shape([x, w, b], { geometry }) {
    if (b && (b.ndim !== 1 || b.size !== w.shape[0])) {
      throw new ShapeError(
        geometry.where,
        `w ${show(w.shape)} takes a bias of [${w.shape[0]}], this is ${show(b.shape)}`,
      );
    }
    return outputShape(x.shape, w.shape, geometry);
  },
  run: (k, [x, w, b], [y], { geometry, activation = 0 }) =>
    k.conv2d(x.at, w.at, y.at, b ? b.at : 0, ...sizes(x.shape, w.shape, y.shape, geometry), activation),
  lanes: {
    of: ['x', 'y'],
    prefers: (backend, [x, w], y, { geometry }) => backend.takesLanes(0, ...sizes(x.shape, w.shape, y.shape, geometry)),
    run: (k, [x, w, b], [y], { geometry, activation = 0 }) =>
      k.conv2dLanes(x.at, w.at, y.at, b ? b.at : 0, ...sizes(x.shape, w.shape, y.shape, geometry), activation),
  },
  prepared: {
    input: 'w',
    size: (k, [x, w], y, { geometry, approximate }) =>
      k.conv2dPreparedSize(...sizes(x.shape, w.shape, y.shape, geometry), approximate ? 1 : 0),
    make: (k, [x, w], form, y, { geometry, approximate }) =>
      k.conv2dPrepare(w.at, form.at, ...sizes(x.shape, w.shape, y.shape, geometry), approximate ? 1 : 0),
    run: (k, [x, w, b], [y], { geometry, activation = 0, approximate }) =>
      k.conv2dPrepared(
        x.at,
        w.at,
        y.at,
        b ? b.at : 0,
        ...sizes(x.shape, w.shape, y.shape, geometry),
        activation,
        approximate ? 1 : 0,
      ),
  },
  saves: { x: ['w'], w: ['x'] },
  vjp: {
    x: (g, { w }, { geometry }, s) => convGradX(g, w, { geometry, x: s.x }),
    w: (g, { x }, { geometry }, s) => convGradW(g, x, { geometry, w: s.w }),
    b: g => sum(g, [0, 2, 3]),
  },
});
/** Gradient of the input: each output's cotangent spread over its window by the filter. */
const convGradX: Op<[g: Tensor, w: Tensor], { geometry: Geometry; x: Shape }> = defineOp({
  name: 'conv2dGradX',
  inputs: ['g', 'w'],
  flops: ([g, w]) => productsOf(w, g),
  shape: (_, { x }) => x,
  run: (k, [g, w], [gx], { geometry, x }) => call(k.conv2dGradX, g, w, gx, x, w.shape, g.shape, geometry),
  lanes: {
    of: ['g', 'y'],
    prefers: (backend, [g, w], gx, { geometry }) =>
      backend.takesLanes(1, ...sizes(gx.shape, w.shape, g.shape, geometry)),
    run: (k, [g, w], [gx], { geometry, x }) => call(k.conv2dLanesGradX, g, w, gx, x, w.shape, g.shape, geometry),
  },
  saves: { g: ['w'], w: ['g'] },
  vjp: {
    g: (gg, { w }, { geometry }) => conv(gg, w, null, { geometry }),
    w: (gg, { g }, { geometry }, s) => convGradW(g, gg, { geometry, w: s.w }),
  },
});
/** Gradient of the weights: ∂L/∂w_{λ,γ} = Σ ∂L/∂y_{i,j} · x_{i+λ, j+γ}, over images and windows. */
const convGradW: Op<[g: Tensor, x: Tensor], { geometry: Geometry; w: Shape }> = defineOp({
  name: 'conv2dGradW',
  inputs: ['g', 'x'],
  flops: ([g], gw) => productsOf(gw, g),
  shape: (_, { w }) => w,
  run: (k, [g, x], [gw], { geometry, w }) => call(k.conv2dGradW, g, x, gw, x.shape, w, g.shape, geometry),
  lanes: {
    of: ['g', 'x'],
    prefers: (backend, [g, x], gw, { geometry }) =>
      backend.takesLanes(2, ...sizes(x.shape, gw.shape, g.shape, geometry)),
    run: (k, [g, x], [gw], { geometry, w }) => call(k.conv2dLanesGradW, g, x, gw, x.shape, w, g.shape, geometry),
  },
  saves: { g: ['x'], x: ['g'] },
  vjp: {
    g: (gg, { x }, { geometry }) => conv(x, gg, null, { geometry }),
    x: (gg, { g }, { geometry }, s) => convGradX(g, gg, { geometry, x: s.x }),
  },
});

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
