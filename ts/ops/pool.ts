/** Pooling: the maximum, the average or a norm of each window, of sequences, images or volumes. */
import { ShapeError } from '../core/errors';
import { nonzero, options as optionsOf } from '../core/kinds';
import { runtime } from '../core/runtime';
import { show, sizeOf, type Shape } from '../core/shape';
import { composite, positional, type Positional } from '../core/signature';
import { sizesOf, type Pair, type Triple } from '../core/sizes';
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
  AVG1D,
  AVG2D,
  AVG3D,
  LP1D,
  LP2D,
  LP3D,
  MAX1D,
  MAX2D,
  MAX3D,
  type AvgOrder,
  type AvgPool1dOptions,
  type AvgPool2dOptions,
  type AvgPool3dOptions,
  type DividedOrder,
  type LPOrder,
  type LPPool1dOptions,
  type LPPool2dOptions,
  type LPPool3dOptions,
  type MaxOrder,
  type MaxPool1dOptions,
  type MaxPool2dOptions,
  type MaxPool3dOptions,
  type Windowed,
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

type Sizes = number | Shape;
interface AnyOptions {
  readonly stride?: Sizes;
  readonly padding?: Sizes;
  readonly dilation?: Sizes;
  readonly ceilMode?: boolean;
  readonly countIncludePad?: boolean;
  readonly divisorOverride?: number;
}
type Order<O> = readonly (keyof O & string)[];
type Pool<S, O extends object, K extends Order<O>, R = Tensor> = (
  x: Tensor,
  kernelSize: S,
  ...options: Positional<O, K>
) => R;
/** A pool over windows: its name, what it takes, and what it computes of that. */
const pool = <S extends Sizes, O extends AnyOptions, const K extends Order<O>, R>(
  where: string,
  { dims, size, keys, order }: Windowed<S, O, K>,
  f: (where: string, dims: number, x: Tensor, kernelSize: Sizes, options: AnyOptions) => R,
): Pool<S, O, K, R> =>
  positional(
    where,
    order,
    composite(
      where,
      [
        ['x', aTensor],
        ['kernelSize', size(1)],
        ['options', optionsOf(keys)],
      ],
      (x: Tensor, kernelSize: S, options?: O) => f(where, dims, x, kernelSize, options ?? {}),
    ),
  );

function maximum(where: string, dims: number, x: Tensor, kernelSize: Sizes, options: AnyOptions): Tensor {
  return maxima(where, dims, x, windowsOf(where, dims, x.shape, kernelSize, options), false)[0]!;
}
type WithIndices = [y: Tensor, indices: Tensor];
function withIndices(where: string, dims: number, x: Tensor, kernelSize: Sizes, options: AnyOptions): WithIndices {
  const [y, at] = maxima(where, dims, x, windowsOf(where, dims, x.shape, kernelSize, options), true);
  return [y!, at!];
}
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
type LPPool<S, O extends object, K extends Order<O>> = (
  x: Tensor,
  normType: number,
  kernelSize: S,
  ...options: Positional<O, K>
) => Tensor;
/** (Σ xᵖ)^(1/p) over each window; where the sum is 0 the gradient is 0. */
const lpPool = <S extends Sizes, O extends AnyOptions, const K extends Order<O>>(
  where: string,
  { dims, size, keys, order }: Windowed<S, O, K>,
): LPPool<S, O, K> =>
  positional(
    where,
    order,
    composite(
      where,
      [
        ['x', aTensor],
        ['normType', nonzero],
        ['kernelSize', size(1)],
        ['options', optionsOf(keys)],
      ],
      (x: Tensor, normType: number, kernelSize: S, options?: O) => {
        const powers = averages(where, dims, pow(to(x, 'f32'), normType), kernelSize, options ?? {});
        const total = mul(powers, sizeOf(sizesOf(dims, kernelSize)));
        const none = eq(total, 0);
        return choose(none, 0, pow(choose(none, 1, total), 1 / normType));
      },
    ),
  );

/** The maximum of each window of sequences x [n, c, l]; of equals the first gets the gradient, and NaN wins. */
export const maxPool1d: Pool<number, MaxPool1dOptions, MaxOrder> = pool('maxPool1d', MAX1D, maximum);
/** {@link maxPool1d}, and at which place of its sequence, counted row by row, each maximum is (i32). */
export const maxPool1dWithIndices: Pool<number, MaxPool1dOptions, MaxOrder, WithIndices> = pool(
  'maxPool1dWithIndices',
  MAX1D,
  withIndices,
);

/** The maximum of each window of images x [n, c, h, w]; of equals the first gets the gradient, and NaN wins. */
export const maxPool2d: Pool<Pair, MaxPool2dOptions, MaxOrder> = pool('maxPool2d', MAX2D, maximum);
/** {@link maxPool2d}, and at which place of its plane, counted row by row, each maximum is (i32). */
export const maxPool2dWithIndices: Pool<Pair, MaxPool2dOptions, MaxOrder, WithIndices> = pool(
  'maxPool2dWithIndices',
  MAX2D,
  withIndices,
);

/** The maximum of each window of volumes x [n, c, d, h, w]; of equals the first gets the gradient, and NaN wins. */
export const maxPool3d: Pool<Triple, MaxPool3dOptions, MaxOrder> = pool('maxPool3d', MAX3D, maximum);
/** {@link maxPool3d}, and at which place of its volume, counted row by row, each maximum is (i32). */
export const maxPool3dWithIndices: Pool<Triple, MaxPool3dOptions, MaxOrder, WithIndices> = pool(
  'maxPool3dWithIndices',
  MAX3D,
  withIndices,
);

/** The average of each window of sequences x [n, c, l]. */
export const avgPool1d: Pool<number, AvgPool1dOptions, AvgOrder> = pool('avgPool1d', AVG1D, averages);
/** The average of each window of images x [n, c, h, w]. */
export const avgPool2d: Pool<Pair, AvgPool2dOptions, DividedOrder> = pool('avgPool2d', AVG2D, averages);
/** The average of each window of volumes x [n, c, d, h, w]. */
export const avgPool3d: Pool<Triple, AvgPool3dOptions, DividedOrder> = pool('avgPool3d', AVG3D, averages);

/** The norm (Σ xᵖ)^(1/p) of each window of sequences x [n, c, l], p being `normType`; where the sum is 0 its gradient is 0. */
export const lpPool1d: LPPool<number, LPPool1dOptions, LPOrder> = lpPool('lpPool1d', LP1D);
/** The norm (Σ xᵖ)^(1/p) of each window of images x [n, c, h, w], p being `normType`; where the sum is 0 its gradient is 0. */
export const lpPool2d: LPPool<Pair, LPPool2dOptions, LPOrder> = lpPool('lpPool2d', LP2D);
/** The norm (Σ xᵖ)^(1/p) of each window of volumes x [n, c, d, h, w], p being `normType`; where the sum is 0 its gradient is 0. */
export const lpPool3d: LPPool<Triple, LPPool3dOptions, LPOrder> = lpPool('lpPool3d', LP3D);
