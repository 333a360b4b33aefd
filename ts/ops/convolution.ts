/**
 * The ops of convolution, x ⋆ w: y and both gradients are sums of the same products x·w·y over the same positions, so each
 * one's gradients are the other two.
 */
import type { ConvSizes } from '../backend/backend';
import { ShapeError, ValueError } from '../core/errors';
import type { View } from '../core/definition';
import { defineParametricOp, type Op } from '../core/op';
import { pairOf } from '../core/sizes';
import { show, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Activated } from './product';
import { sum } from './reduce';
import type { Conv2dOptions } from './windows';

/** Checked options: [vertical, horizontal] each; padding before, and in all. */
export interface Geometry {
  /** What to call in an error. */
  readonly where: string;
  readonly stride: readonly [number, number];
  readonly before: readonly [number, number];
  readonly total: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** Throws unless filters w fit the channels of x. */
export function checkChannels(where: string, x: Shape, w: Shape, groups: number): void {
  const [k = 0, perGroup = 0] = w;
  if (x[1] !== perGroup * groups) {
    const all = groups === 1 ? `${perGroup}` : `${groups} × ${perGroup}`;
    throw new ShapeError(where, `w ${show(w)} takes ${all} channels, x ${show(x)} has ${x[1]}`);
  }
  if (k % groups !== 0) throw new ShapeError(where, `${k} filters do not divide into ${groups} groups`);
  if (w.slice(2).includes(0)) throw new ShapeError(where, `w ${show(w)} has empty filters`);
}

export function geometryOf(where: string, x: Shape, w: Shape, options: Conv2dOptions): Geometry {
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
        `x ${show(x)} with its padding ${show(total)} takes fewer than 2^31 positions in each direction`,
      );
    return Math.floor(room / stride[i]) + 1;
  };
  return [x[0]!, w[0]!, size(0), size(1)];
}

/** The geometry of x, w and y, as kernels take it. */
export const convSizes = (x: Shape, w: Shape, y: Shape, o: Geometry): ConvSizes => [
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

/** Each element of y is a sum over one filter. */
const productsOf = (w: View, y: View): number => (y.size === 0 ? 0 : (2 * y.size * w.size) / w.shape[0]!);

export interface Convolution extends Activated {
  readonly geometry: Geometry;
}
export const conv: Op<[x: Tensor, w: Tensor, b: Tensor | null], Convolution> = defineParametricOp({
  name: 'conv2d',
  inputs: ['x', 'w', 'b'],
  nullable: ['b'],
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
    k.conv2d(
      x.address,
      w.address,
      y.address,
      b ? b.address : 0,
      ...convSizes(x.shape, w.shape, y.shape, geometry),
      activation,
    ),
  saves: { x: ['w'], w: ['x'] },
  vjp: {
    x: (g, { w }, { geometry }, s) => convGradX(g, w, { geometry, x: s.x }),
    w: (g, { x }, { geometry }, s) => convGradW(g, x, { geometry, w: s.w }),
    b: g => sum(g, [0, 2, 3]),
  },
});
/** Gradient of the input: each output's cotangent spread over its window by the filter. */
export const convGradX: Op<[g: Tensor, w: Tensor], { geometry: Geometry; x: Shape }> = defineParametricOp({
  name: 'conv2dGradX',
  inputs: ['g', 'w'],
  flops: ([g, w]) => productsOf(w, g),
  shape: (_, { x }) => x,
  run: (k, [g, w], [gx], { geometry, x }) =>
    k.conv2dGradX(g.address, w.address, gx.address, 0, ...convSizes(x, w.shape, g.shape, geometry)),
  saves: { g: ['w'], w: ['g'] },
  vjp: {
    g: (gg, { w }, { geometry }) => conv(gg, w, null, { geometry }),
    w: (gg, { g }, { geometry }, s) => convGradW(g, gg, { geometry, w: s.w }),
  },
});
/** Gradient of the weights: ∂L/∂w_{λ,γ} = Σ ∂L/∂y_{i,j} · x_{i+λ, j+γ}, over images and windows. */
export const convGradW: Op<[g: Tensor, x: Tensor], { geometry: Geometry; w: Shape }> = defineParametricOp({
  name: 'conv2dGradW',
  inputs: ['g', 'x'],
  flops: ([g], gw) => productsOf(gw, g),
  shape: (_, { w }) => w,
  run: (k, [g, x], [gw], { geometry, w }) =>
    k.conv2dGradW(g.address, x.address, gw.address, 0, ...convSizes(x.shape, w, g.shape, geometry)),
  saves: { g: ['x'], x: ['g'] },
  vjp: {
    g: (gg, { x }, { geometry }) => conv(x, gg, null, { geometry }),
    x: (gg, { g }, { geometry }, s) => convGradX(g, gg, { geometry, x: s.x }),
  },
});
