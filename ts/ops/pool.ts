/** Pooling: the maximum, the average or a norm of each window, of sequences, images or volumes. */
import { ShapeError } from '../core/errors';
import { nonzero, options as optionsOf, type Keys, type Kind } from '../core/kinds';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { show, sizeOf, type Shape } from '../core/shape';
import { checked, positional, type Positional } from '../core/signature';
import { anExtent, aPair, aTriple, sizesOf, type Pair, type Triple } from '../core/sizes';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, eq, mul } from './arithmetic';
import { arange } from './creation';
import { to } from './elementwise';
import { avgPool, maxPool, maxPoolTake, windowOver, windowsOf, type Window, type Windows } from './pooling';
import { pow } from './power';
import { expand, reshape } from './view';
import { where as choose } from './where';
import {
  AVG1D_ORDER,
  AVG_ORDER,
  avgPool1dKeys,
  avgPool2dKeys,
  avgPool3dKeys,
  LP_ORDER,
  lpPool1dKeys,
  lpPool2dKeys,
  lpPool3dKeys,
  MAX_ORDER,
  maxPool1dKeys,
  maxPool2dKeys,
  maxPool3dKeys,
  type AvgPool1dOptions,
  type AvgPool2dOptions,
  type AvgPool3dOptions,
  type LPPool1dOptions,
  type LPPool2dOptions,
  type LPPool3dOptions,
  type MaxPool1dOptions,
  type MaxPool2dOptions,
  type MaxPool3dOptions,
} from './windows';

/**
 * Runs a pool of images on x: sequences are images one pixel high; of volumes first the slices are pooled, then the depth
 * of each place, which is as well since the maximum of maxima is one, and the sum of sums.
 */
function pooled<S>(
  dims: number,
  x: Tensor,
  p: Windows,
  state: S,
  pool: (x: Tensor, window: Window, state: S, depth: number | null) => [y: Tensor, state: S],
): [y: Tensor, state: S] {
  const lead = x.shape.slice(0, -dims);
  const [h, w] = [dims === 1 ? 1 : x.shape.at(-2)!, x.shape.at(-1)!];
  const depth = dims === 3 ? x.shape.at(-3)! : 1;
  const planes = sizeOf(lead);
  const images = dims === 2 && lead.length === 2 ? x : reshape(x, [planes, depth, h, w]);
  let [y, s] = pool(images, windowOver(p, dims - 2, dims - 1), state, null);
  if (dims === 3) {
    const places = p.output[1]! * p.output[2]!;
    [y, s] = pool(reshape(y, [planes, 1, depth, places]), windowOver(p, 0, -1, places), s, h * w);
  }
  const shape = [...lead, ...p.output];
  return [shape.length === 4 && dims === 2 ? y : reshape(y, shape), s];
}

/** The maxima of windows and, if `indices`, at which place of its plane or volume each is, as i32. */
export function maxima(where: string, dims: number, x: Tensor, p: Windows, indices: boolean): Tensor[] {
  const places = x.shape.slice(-dims);
  if (indices && sizeOf(places) > 2 ** 24) {
    throw new ShapeError(where, `indices are exact up to 2^24 places, x ${show(x.shape)} has ${sizeOf(places)}`);
  }
  const taps = indices || (runtime.recording && x.requiresGrad);
  const [y, found] = pooled<Tensor | null>(dims, x, p, null, (images, window, before, plane) => {
    const [best, at] = maxPool(images, { window, taps });
    let found: Tensor | null = null;
    if (indices) {
      // The places themselves, taken where the maxima were.
      const [, , h = 0, w = 0] = images.shape;
      const own = plane === null ? reshape(arange(h * w), [h, w]) : mul(reshape(arange(h), [h, 1]), plane);
      const all = before ? add(reshape(before, images.shape), own) : expand(own, images.shape);
      found = maxPoolTake(all, at, { window });
    }
    at.dispose();
    return [best, found];
  });
  return found ? [y, to(reshape(found, y.shape), 'i32')] : [y];
}

/** What pools of windows of the kinds that `size` makes take. */
const takes = <S, O extends object>(
  size: (low: number) => Kind<S>,
  keys: Keys<O>,
): [['x', Kind<Tensor>], ['kernelSize', Kind<S>], ['options', Kind<O | undefined>]] => [
  ['x', aTensor],
  ['kernelSize', size(1)],
  ['options', optionsOf(keys)],
];
type Sizes = number | Shape;
interface AnyOptions {
  readonly stride?: Sizes;
  readonly padding?: Sizes;
  readonly dilation?: Sizes;
  readonly ceilMode?: boolean;
  readonly countIncludePad?: boolean;
  readonly divisorOverride?: number;
}
const maxOver =
  (where: string, dims: number, indices: boolean) =>
  (x: Tensor, kernelSize: Sizes, options: AnyOptions = {}): Tensor[] => {
    const p = windowsOf(where, dims, x.shape, kernelSize, options);
    return scope(() => maxima(where, dims, x, p, indices), where);
  };
const maxOf =
  (where: string, dims: number) =>
  (x: Tensor, kernelSize: Sizes, options?: AnyOptions): Tensor =>
    maxOver(where, dims, false)(x, kernelSize, options)[0]!;
function averages(where: string, dims: number, x: Tensor, kernelSize: Sizes, options: AnyOptions): Tensor {
  const { countIncludePad: countPad = true, divisorOverride = 0 } = options;
  const p = windowsOf(where, dims, x.shape, kernelSize, options);
  // Of volumes the slices are divided by 1, if the whole is divided by a number.
  const first = dims === 3 && divisorOverride !== 0 ? 1 : divisorOverride;
  return pooled(dims, x, p, first, (images, window, divisor) => [
    avgPool(images, { window, countPad, divisor }),
    divisorOverride,
  ])[0];
}
const avgOf =
  (where: string, dims: number) =>
  (x: Tensor, kernelSize: Sizes, options: AnyOptions = {}): Tensor =>
    scope(() => averages(where, dims, x, kernelSize, options), where);
/** (Σ xᵖ)^(1/p) over each window; where the sum is 0 the gradient is 0. */
const normOf =
  (where: string, dims: number) =>
  (x: Tensor, normType: number, kernelSize: Sizes, options: AnyOptions = {}): Tensor =>
    scope(() => {
      const size = sizeOf(sizesOf(dims, kernelSize));
      const total = mul(averages(where, dims, pow(to(x, 'f32'), normType), kernelSize, options), size);
      const none = eq(total, 0);
      return choose(none, 0, pow(choose(none, 1, total), 1 / normType));
    }, where);
const normTakes = <S, O extends object>(
  size: (low: number) => Kind<S>,
  keys: Keys<O>,
): [['x', Kind<Tensor>], ['normType', Kind<number>], ['kernelSize', Kind<S>], ['options', Kind<O | undefined>]] => [
  ['x', aTensor],
  ['normType', nonzero],
  ['kernelSize', size(1)],
  ['options', optionsOf(keys)],
];

/** The maximum of each window of sequences x [n, c, l]; of equals the first gets the gradient, and NaN wins. */
export const maxPool1d: (
  x: Tensor,
  kernelSize: number,
  ...options: Positional<MaxPool1dOptions, typeof MAX_ORDER>
) => Tensor = positional(
  'maxPool1d',
  MAX_ORDER,
  checked('maxPool1d', takes(anExtent, maxPool1dKeys), maxOf('maxPool1d', 1)),
);
/** {@link maxPool1d}, and at which place of its sequence, counted row by row, each maximum is (i32). */
export const maxPool1dWithIndices: (
  x: Tensor,
  kernelSize: number,
  ...options: Positional<MaxPool1dOptions, typeof MAX_ORDER>
) => [y: Tensor, indices: Tensor] = positional(
  'maxPool1dWithIndices',
  MAX_ORDER,
  checked('maxPool1dWithIndices', takes(anExtent, maxPool1dKeys), (x, kernelSize, options) => {
    const [y, at] = maxOver('maxPool1dWithIndices', 1, true)(x, kernelSize, options);
    return [y!, at!];
  }),
);

/** The maximum of each window of images x [n, c, h, w]; of equals the first gets the gradient, and NaN wins. */
export const maxPool2d: (
  x: Tensor,
  kernelSize: Pair,
  ...options: Positional<MaxPool2dOptions, typeof MAX_ORDER>
) => Tensor = positional(
  'maxPool2d',
  MAX_ORDER,
  checked('maxPool2d', takes(aPair, maxPool2dKeys), maxOf('maxPool2d', 2)),
);
/** {@link maxPool2d}, and at which place of its plane, counted row by row, each maximum is (i32). */
export const maxPool2dWithIndices: (
  x: Tensor,
  kernelSize: Pair,
  ...options: Positional<MaxPool2dOptions, typeof MAX_ORDER>
) => [y: Tensor, indices: Tensor] = positional(
  'maxPool2dWithIndices',
  MAX_ORDER,
  checked('maxPool2dWithIndices', takes(aPair, maxPool2dKeys), (x, kernelSize, options) => {
    const [y, at] = maxOver('maxPool2dWithIndices', 2, true)(x, kernelSize, options);
    return [y!, at!];
  }),
);

/** The maximum of each window of volumes x [n, c, d, h, w]; of equals the first gets the gradient, and NaN wins. */
export const maxPool3d: (
  x: Tensor,
  kernelSize: Triple,
  ...options: Positional<MaxPool3dOptions, typeof MAX_ORDER>
) => Tensor = positional(
  'maxPool3d',
  MAX_ORDER,
  checked('maxPool3d', takes(aTriple, maxPool3dKeys), maxOf('maxPool3d', 3)),
);
/** {@link maxPool3d}, and at which place of its volume, counted row by row, each maximum is (i32). */
export const maxPool3dWithIndices: (
  x: Tensor,
  kernelSize: Triple,
  ...options: Positional<MaxPool3dOptions, typeof MAX_ORDER>
) => [y: Tensor, indices: Tensor] = positional(
  'maxPool3dWithIndices',
  MAX_ORDER,
  checked('maxPool3dWithIndices', takes(aTriple, maxPool3dKeys), (x, kernelSize, options) => {
    const [y, at] = maxOver('maxPool3dWithIndices', 3, true)(x, kernelSize, options);
    return [y!, at!];
  }),
);

/** The average of each window of sequences x [n, c, l]. */
export const avgPool1d: (
  x: Tensor,
  kernelSize: number,
  ...options: Positional<AvgPool1dOptions, typeof AVG1D_ORDER>
) => Tensor = positional(
  'avgPool1d',
  AVG1D_ORDER,
  checked('avgPool1d', takes(anExtent, avgPool1dKeys), avgOf('avgPool1d', 1)),
);

/** The average of each window of images x [n, c, h, w]. */
export const avgPool2d: (
  x: Tensor,
  kernelSize: Pair,
  ...options: Positional<AvgPool2dOptions, typeof AVG_ORDER>
) => Tensor = positional(
  'avgPool2d',
  AVG_ORDER,
  checked('avgPool2d', takes(aPair, avgPool2dKeys), avgOf('avgPool2d', 2)),
);

/** The average of each window of volumes x [n, c, d, h, w]. */
export const avgPool3d: (
  x: Tensor,
  kernelSize: Triple,
  ...options: Positional<AvgPool3dOptions, typeof AVG_ORDER>
) => Tensor = positional(
  'avgPool3d',
  AVG_ORDER,
  checked('avgPool3d', takes(aTriple, avgPool3dKeys), avgOf('avgPool3d', 3)),
);

/** The norm (Σ xᵖ)^(1/p) of each window of sequences x [n, c, l], p being `normType`; where the sum is 0 its gradient is 0. */
export const lpPool1d: (
  x: Tensor,
  normType: number,
  kernelSize: number,
  ...options: Positional<LPPool1dOptions, typeof LP_ORDER>
) => Tensor = positional(
  'lpPool1d',
  LP_ORDER,
  checked('lpPool1d', normTakes(anExtent, lpPool1dKeys), normOf('lpPool1d', 1)),
);

/** The norm (Σ xᵖ)^(1/p) of each window of images x [n, c, h, w], p being `normType`; where the sum is 0 its gradient is 0. */
export const lpPool2d: (
  x: Tensor,
  normType: number,
  kernelSize: Pair,
  ...options: Positional<LPPool2dOptions, typeof LP_ORDER>
) => Tensor = positional(
  'lpPool2d',
  LP_ORDER,
  checked('lpPool2d', normTakes(aPair, lpPool2dKeys), normOf('lpPool2d', 2)),
);

/** The norm (Σ xᵖ)^(1/p) of each window of volumes x [n, c, d, h, w], p being `normType`; where the sum is 0 its gradient is 0. */
export const lpPool3d: (
  x: Tensor,
  normType: number,
  kernelSize: Triple,
  ...options: Positional<LPPool3dOptions, typeof LP_ORDER>
) => Tensor = positional(
  'lpPool3d',
  LP_ORDER,
  checked('lpPool3d', normTakes(aTriple, lpPool3dKeys), normOf('lpPool3d', 3)),
);
