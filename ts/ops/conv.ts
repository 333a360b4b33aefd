/** Cross-correlation of images with learned filters, as convolutional layers compute it. */
import type { Kernels } from '../backend/backend';
import { ShapeError, ValueError } from '../core/errors';
import { defineOp, type Op, type View } from '../core/op';
import { checkInteger, pairOf, type Pair } from '../core/options';
import { show, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { sum } from './reduce';

export interface Conv2dOptions {
  /** Steps between windows. Default 1. */
  readonly stride?: Pair;
  /** Zeros around the image; 'same' keeps its size (stride 1 only), with the odd one after; 'valid' is 0. Default 0. */
  readonly padding?: Pair | 'same' | 'valid';
  /** Steps between the taps of a filter. Default 1. */
  readonly dilation?: Pair;
  /** Groups of channels that do not see each other. Default 1. */
  readonly groups?: number;
}

/** Checked options: [vertical, horizontal] each; padding before, and in all. */
interface Geometry {
  readonly stride: readonly [number, number];
  readonly before: readonly [number, number];
  readonly total: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

function geometryOf(x: Shape, w: Shape, options: Conv2dOptions): Geometry {
  const where = 'conv2d';
  if (x.length !== 4) throw new ShapeError(where, `x takes [batch, channels, height, width], this is ${show(x)}`);
  if (w.length !== 4) throw new ShapeError(where, `w takes [filters, channels / groups, height, width], this is ${show(w)}`);
  const stride = pairOf(where, 'stride', options.stride ?? 1, 1);
  const dilation = pairOf(where, 'dilation', options.dilation ?? 1, 1);
  const groups = options.groups ?? 1;
  checkInteger(where, 'groups', groups, 1);
  const [k = 0, perGroup = 0, kh = 0, kw = 0] = w;
  if (x[1] !== perGroup * groups) {
    const all = groups === 1 ? `${perGroup}` : `${groups} × ${perGroup}`;
    throw new ShapeError(where, `w ${show(w)} takes ${all} channels, x ${show(x)} has ${x[1]}`);
  }
  if (k % groups !== 0) throw new ShapeError(where, `${k} filters do not divide into ${groups} groups`);
  if (kh === 0 || kw === 0) throw new ShapeError(where, `w ${show(w)} has empty filters`);
  const { padding = 0 } = options;
  if (padding === 'same') {
    if (stride[0] !== 1 || stride[1] !== 1) throw new ValueError(where, `padding 'same' takes stride 1, this is ${show(stride)}`);
    const total = [dilation[0] * (kh - 1), dilation[1] * (kw - 1)] as const;
    return { stride, dilation, groups, total, before: [Math.floor(total[0] / 2), Math.floor(total[1] / 2)] };
  }
  const before = pairOf(where, 'padding', padding === 'valid' ? 0 : padding, 0);
  return { stride, dilation, groups, before, total: [2 * before[0], 2 * before[1]] };
}

/** ⌊(n + padding − dilation·(k − 1) − 1) / stride⌋ + 1 */
function outputShape(x: Shape, w: Shape, { stride, total, dilation }: Geometry): Shape {
  const size = (i: 0 | 1): number => {
    const room = x[2 + i]! + total[i] - dilation[i] * (w[2 + i]! - 1) - 1;
    if (room < 0) throw new ShapeError('conv2d', `w ${show(w)} with dilation ${show(dilation)} is larger than x ${show(x)} with its padding`);
    return Math.floor(room / stride[i]) + 1;
  };
  return [x[0]!, w[0]!, size(0), size(1)];
}

type Kernel = Kernels['conv2d'];
/** Calls a kernel of the family with the geometry of x, w and y. */
function call(f: Kernel, p: View, q: View, r: View, bias: number, x: Shape, w: Shape, y: Shape, o: Geometry): void {
  f(
    p.at, q.at, r.at, bias, x[0]!, x[1]!, x[2]!, x[3]!, w[0]!, w[2]!, w[3]!, y[2]!, y[3]!,
    o.stride[0], o.stride[1], o.before[0], o.before[1], o.dilation[0], o.dilation[1], o.groups,
  );
}

const conv: Op<[x: Tensor, w: Tensor, b: Tensor | null], { geometry: Geometry }> = defineOp({
  name: 'conv2d',
  inputs: ['x', 'w', 'b'],
  shape([x, w, b], { geometry }) {
    if (b && (b.ndim !== 1 || b.size !== w.shape[0])) {
      throw new ShapeError('conv2d', `w ${show(w.shape)} takes a bias of [${w.shape[0]}], this is ${show(b.shape)}`);
    }
    return outputShape(x.shape, w.shape, geometry);
  },
  run: (k, [x, w, b], y, { geometry }) => call(k.conv2d, x, w, y, b ? b.at : 0, x.shape, w.shape, y.shape, geometry),
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
  shape: (_, { x }) => x,
  run: (k, [g, w], gx, { geometry, x }) => call(k.conv2dGradX, g, w, gx, 0, x, w.shape, g.shape, geometry),
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
  shape: (_, { w }) => w,
  run: (k, [g, x], gw, { geometry, w }) => call(k.conv2dGradW, g, x, gw, 0, x.shape, w, g.shape, geometry),
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
export function conv2d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Conv2dOptions = {}): Tensor {
  return conv(x, w, b, { geometry: geometryOf(x.shape, w.shape, options) });
}
