/** The ops of pooling: the maximum or the average of each window, and their gradients. */
import type { MaxPoolSizes } from '../backend/backend';
import { ShapeError, ValueError } from '../core/errors';
import type { View } from '../core/definition';
import { defineMultiOp, defineParametricOp, type MultiOp, type Op } from '../core/op';
import { show, sizeOf, type Shape } from '../core/shape';
import { LAYOUTS, sizesOf } from '../core/sizes';
import type { Tensor } from '../core/tensor';

export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly output: readonly [number, number];
}

/** Windows over one, two or three directions: a number for each. */
export interface Windows {
  readonly kernel: Shape;
  readonly stride: Shape;
  readonly padding: Shape;
  readonly dilation: Shape;
  readonly output: Shape;
}
type Sizes = number | Shape;
interface WindowOptions {
  readonly stride?: Sizes;
  readonly padding?: Sizes;
  readonly dilation?: Sizes;
  readonly ceilMode?: boolean;
}
/** Throws unless x has that many directions beside channels and, maybe, a batch. */
export function checkLayout(where: string, dims: number, x: Shape): void {
  if (x.length === dims + 2 || x.length === dims + 1) return;
  throw new ShapeError(
    where,
    `x takes [batch, channels, ${LAYOUTS[dims - 1]}], with or without the batch, this is ${show(x)}`,
  );
}

/** The windows over the last `dims` directions of x, checked. */
export function windowsOf(where: string, dims: number, x: Shape, kernelSize: Sizes, options: WindowOptions): Windows {
  checkLayout(where, dims, x);
  const kernel = sizesOf(dims, kernelSize);
  const stride = sizesOf(dims, options.stride ?? kernel);
  const padding = sizesOf(dims, options.padding ?? 0);
  const dilation = sizesOf(dims, options.dilation ?? 1);
  if (sizeOf(kernel) >= 2 ** 31)
    throw new ValueError(where, `a window takes fewer than 2^31 positions, this is ${show(kernel)}`);
  if (padding.some((p, i) => 2 * p > kernel[i]!)) {
    throw new ValueError(where, `padding ${show(padding)} is more than half of the window ${show(kernel)}`);
  }
  const output = kernel.map((k, i) => {
    const [n, step, edge] = [x.at(i - dims)!, stride[i]!, padding[i]!];
    const room = n + 2 * edge - dilation[i]! * (k - 1) - 1;
    const count = (options.ceilMode ? Math.ceil(room / step) : Math.floor(room / step)) + 1;
    // A window that starts beyond the image and its border before is left out.
    const last = options.ceilMode && (count - 1) * step >= n + edge ? count - 1 : count;
    if (last < 1) throw new ShapeError(where, `a window of ${show(kernel)} is larger than x ${show(x)}`);
    return last;
  });
  return { kernel, stride, padding, dilation, output };
}
/** Of these windows those over directions i and j; where there is no such direction, of one position each over `rest`. */
export function windowOver(p: Windows, i: number, j: number, rest = 1): Window {
  const two = (sizes: Shape, otherwise: number): [number, number] => [sizes[i] ?? otherwise, sizes[j] ?? otherwise];
  return {
    kernel: two(p.kernel, 1),
    stride: two(p.stride, 1),
    padding: two(p.padding, 0),
    dilation: two(p.dilation, 1),
    output: two(p.output, rest),
  };
}

/** 0 for an output that is not wanted. */
export const addressOf = (y: View): number => (y.size > 0 ? y.address : 0);
const wide = ({ kernel }: Window): boolean => kernel[0] * kernel[1] > 256;
/** The geometry of x and its windows, as kernels take it. */
export function maxPoolSizes(x: Shape, p: Window): MaxPoolSizes {
  return [
    x[0]! * x[1]!,
    x[2]!,
    x[3]!,
    ...p.output,
    ...p.kernel,
    ...p.stride,
    ...p.padding,
    ...p.dilation,
    wide(p) ? 1 : 0,
  ];
}

export interface MaxPoolParams {
  readonly window: Window;
  /** Whether a backward pass follows. */
  readonly taps: boolean;
}
/** The maximum of each window and, if a backward pass will follow them, which taps of the windows they were. */
export const maxPool: MultiOp<[x: Tensor], [y: Tensor, at: Tensor], MaxPoolParams> = defineMultiOp({
  name: 'maxPool2d',
  inputs: ['x'],
  outputs: ['y', 'at'],
  optional: ['at'],
  dtypes: (_, { window }) => ['f32', wide(window) ? 'i32' : 'u8'],
  shapes([x], { window, taps }) {
    const shape = [x.shape[0]!, x.shape[1]!, ...window.output];
    return [shape, taps ? shape : [0]];
  },
  run: (k, [x], [y, at], { window }) =>
    k.maxPool2d(x.address, addressOf(at), y.address, ...maxPoolSizes(x.shape, window)),
  saves: { x: ['at'] },
  vjp: { x: ([g], { at }, { window }, s) => maxPoolGrad(g!, at, { window, x: s.x }) },
});
export const maxPoolGrad: Op<[g: Tensor, at: Tensor], { window: Window; x: Shape }> = defineParametricOp({
  name: 'maxPool2dGrad',
  inputs: ['g', 'at'],
  wants: { at: 'any' },
  shape: (_, { x }) => x,
  run: (k, [g, at], [gx], { window, x }) =>
    k.maxPool2dGrad(g.address, at.address, gx.address, ...maxPoolSizes(x, window)),
  saves: { g: ['at'] },
  vjp: { g: (gg, { at }, { window }) => maxPoolTake(gg, at, { window }), at: null },
});
/** The elements of x that were the maxima of another tensor's windows. */
export const maxPoolTake: Op<[x: Tensor, at: Tensor], { window: Window }> = defineParametricOp({
  name: 'maxPool2dTake',
  inputs: ['x', 'at'],
  wants: { at: 'any' },
  shape: ([_, at]) => at.shape,
  run: (k, [x, at], [y], { window }) =>
    k.maxPool2dTake(x.address, at.address, y.address, ...maxPoolSizes(x.shape, window)),
  saves: { x: ['at'] },
  vjp: { x: (g, { at }, { window }, s) => maxPoolGrad(g, at, { window, x: s.x }), at: null },
});

export interface AvgParams {
  readonly window: Window;
  readonly countPad: boolean;
  readonly divisor: number;
}
type AvgPoolSizes = [
  planes: number,
  h: number,
  w: number,
  oh: number,
  ow: number,
  kh: number,
  kw: number,
  sh: number,
  sw: number,
  ph: number,
  pw: number,
  countPad: number,
  divisor: number,
];
export function avgPoolSizes(x: Shape, { window: p, countPad, divisor }: AvgParams): AvgPoolSizes {
  return [x[0]! * x[1]!, x[2]!, x[3]!, ...p.output, ...p.kernel, ...p.stride, ...p.padding, countPad ? 1 : 0, divisor];
}
export const avgPool: Op<[x: Tensor], AvgParams> = defineParametricOp({
  name: 'avgPool2d',
  inputs: ['x'],
  shape: ([x], { window }) => [x.shape[0]!, x.shape[1]!, ...window.output],
  run: (k, [x], [y], params) => k.avgPool2d(x.address, y.address, ...avgPoolSizes(x.shape, params)),
  vjp: { x: (g, _, params, s) => avgPoolGrad(g, { ...params, x: s.x }) },
});
export const avgPoolGrad: Op<[g: Tensor], AvgParams & { x: Shape }> = defineParametricOp({
  name: 'avgPool2dGrad',
  inputs: ['g'],
  shape: (_, { x }) => x,
  run: (k, [g], [gx], params) => k.avgPool2dGrad(g.address, gx.address, ...avgPoolSizes(params.x, params)),
  vjp: { g: (gg, _, params) => avgPool(gg, params) },
});
