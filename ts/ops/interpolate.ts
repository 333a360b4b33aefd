/** Sequences, images and volumes in other sizes. */
import { ShapeError, ValueError } from '../core/errors';
import { aBoolean, kind, oneOf, options as optionsOf, type Keys, type Kind } from '../core/kinds';
import { show } from '../core/shape';
import { composite, positional, type Positional } from '../core/signature';
import { anExtent } from '../core/sizes';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './adaptive';
import { add, mul } from './arithmetic';
import { tensor } from './creation';
import { to } from './elementwise';
import { indexSelect } from './picking';
import { reshape } from './view';

export type InterpolationMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';
type PerDirection = number | readonly number[];
export interface InterpolateOptions {
  /** The output's size: one number for all directions, or one for each. */
  readonly size?: PerDirection;
  /** Or by how much it is larger than x: ⌊n · scaleFactor⌋. */
  readonly scaleFactor?: PerDirection;
  /** How values between positions are found. Default 'nearest'. */
  readonly mode?: InterpolationMode;
  /** Whether the centres of the corner pixels coincide, instead of the corners of the image. Default false. */
  readonly alignCorners?: boolean;
}
const each = (takes: string, fits: (v: unknown) => boolean): Kind<PerDirection> =>
  kind(takes, v => fits(v) || (Array.isArray(v) && v.length > 0 && v.length < 4 && [...v].every(fits)));
const extent = anExtent(1);
export const interpolateKeys: Keys<InterpolateOptions> = {
  size: each('whole numbers ≥ 1, one or one for each direction', extent.fits),
  scaleFactor: each(
    'finite numbers above 0, one or one for each direction',
    v => typeof v === 'number' && v > 0 && Number.isFinite(v),
  ),
  mode: oneOf('nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic', 'trilinear', 'area'),
  alignCorners: aBoolean,
};
export const INTERPOLATE_ORDER: readonly ['size', 'scaleFactor', 'mode', 'alignCorners'] = [
  'size',
  'scaleFactor',
  'mode',
  'alignCorners',
];

/** How many directions x has in a mode that is not for all. */
const DIRECTIONS: Partial<Record<InterpolationMode, number>> = { linear: 1, bilinear: 2, bicubic: 2, trilinear: 3 };

/** One of the places that an output is made of: where it is, and what it counts, for each output of a direction. */
interface Tap {
  readonly at: number[];
  readonly weight: number[] | null;
}
/** Keys's cubic with a = −3/4, at a distance from a tap. */
function cubic(distance: number): number {
  const a = -0.75;
  const d = Math.abs(distance);
  return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((d - 5) * d + 8) * d * a - 4 * a;
}
/** The taps of a direction of n places, which get m; `scale` is the distance of neighbours. */
function tapsOf(mode: InterpolationMode, n: number, m: number, scale: number, alignCorners: boolean): Tap[] {
  const places = Array.from({ length: m }, (_, i) => i);
  const inside = (i: number): number => Math.min(Math.max(i, 0), n - 1);
  if (mode === 'nearest' || mode === 'nearest-exact') {
    // In f32, as PyTorch does: else some places just below a whole number differ.
    const step = Math.fround(scale);
    const half = mode === 'nearest' ? 0 : 0.5;
    return [{ at: places.map(i => inside(Math.floor(Math.fround((i + half) * step)))), weight: null }];
  }
  const corners = m > 1 ? (n - 1) / (m - 1) : 0;
  const source = places.map(i => (alignCorners ? i * corners : (i + 0.5) * scale - 0.5));
  const tap = (first: number[], k: number, weight: (distance: number) => number): Tap => ({
    at: first.map(i => inside(i + k)),
    weight: first.map((i, j) => weight(source[j]! - i - k)),
  });
  if (mode === 'bicubic') {
    const first = source.map(Math.floor);
    return [-1, 0, 1, 2].map(k => tap(first, k, cubic));
  }
  source.forEach((s, i) => (source[i] = Math.max(s, 0)));
  const first = source.map(s => Math.min(Math.floor(s), n - 1));
  return [0, 1].map(k => tap(first, k, d => 1 - Math.abs(d)));
}

/** x with direction d resampled. */
function resampled(x: Tensor, d: number, taps: readonly Tap[]): Tensor {
  const parts = taps.map(({ at, weight }) => {
    const y = indexSelect(x, d, tensor(Int32Array.from(at)));
    return weight ? mul(y, reshape(tensor(weight), [weight.length, ...x.shape.slice(d + 1).map(() => 1)])) : y;
  });
  return parts.reduce((a, b) => add(a, b));
}

/**
 * x [n, c, …] with one to three directions in another size, by `size` or `scaleFactor`. 'nearest' takes the pixel in whose
 * area a pixel begins, 'nearest-exact' in which its centre lies; 'linear', 'bilinear' and 'trilinear' weight the two
 * neighbours in each direction, 'bicubic' four (Keys 1981, a = −3/4); 'area' averages, as adaptive pooling does.
 *
 * @throws {ValueError} unless exactly one of size and scaleFactor is given, with as many numbers as x has directions.
 */
export const interpolate: (x: Tensor, ...options: Positional<InterpolateOptions, typeof INTERPOLATE_ORDER>) => Tensor =
  positional(
    'interpolate',
    INTERPOLATE_ORDER,
    composite(
      'interpolate',
      [
        ['x', aTensor],
        ['options', optionsOf(interpolateKeys)],
      ],
      (x, { size, scaleFactor, mode = 'nearest', alignCorners = false } = {}) => {
        const where = 'interpolate';
        const dims = x.ndim - 2;
        const wanted = DIRECTIONS[mode];
        if (dims < 1 || dims > 3 || (wanted ?? dims) !== dims) {
          const directions = `${wanted ?? 'one to three'} direction${wanted === 1 ? '' : 's'}`;
          throw new ShapeError(where, `'${mode}' takes [batch, channels] and ${directions}, x is ${show(x.shape)}`);
        }
        if ((size === undefined) === (scaleFactor === undefined)) {
          throw new ValueError(where, 'takes either size or scaleFactor');
        }
        const numbers = size ?? scaleFactor ?? 1;
        const list = typeof numbers === 'number' ? new Array<number>(dims).fill(numbers) : numbers;
        if (list.length !== dims) {
          throw new ValueError(where, `takes ${dims} numbers beside x ${show(x.shape)}, these are ${show(list)}`);
        }
        const from = x.shape.slice(2);
        const output = list.map((v, i) => (size === undefined ? Math.floor(from[i]! * v) : v));
        if (from.includes(0) || output.some(m => m < 1 || m > 2 ** 28)) {
          throw new ShapeError(where, `x ${show(x.shape)} does not become ${show(output)}`);
        }
        if (mode === 'area') {
          const [a = 1, b = 1, c = 1] = output;
          if (dims === 1) return adaptiveAvgPool1d(x, a);
          return dims === 2 ? adaptiveAvgPool2d(x, [a, b]) : adaptiveAvgPool3d(x, [a, b, c]);
        }
        let y = mode.startsWith('nearest') ? x : to(x, 'f32');
        for (let i = dims - 1; i >= 0; i--) {
          const scale = size === undefined ? 1 / list[i]! : from[i]! / output[i]!;
          y = resampled(y, 2 + i, tapsOf(mode, from[i]!, output[i]!, scale, alignCorners));
        }
        return y;
      },
    ),
  );
