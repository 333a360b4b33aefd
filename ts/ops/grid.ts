/** Sampling of images at any places (Jaderberg et al. 2015). */
import { ShapeError } from '../core/errors';
import { aBoolean, aShape, oneOf, options as optionsOf } from '../core/kinds';
import { sameShape, show } from '../core/shape';
import { composite, positional, type Positional } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, div, eq, le, lt, mul, rsub, sub } from './arithmetic';
import { tensor } from './creation';
import { abs, clamp, floor, round, to } from './elementwise';
import { gather } from './picking';
import { matmul } from './matmul';
import { expand, reshape, select, t } from './view';
import { where as choose } from './where';

export interface AffineGridOptions {
  /** Whether −1 and 1 are the centres of the corner pixels, instead of the edges of the image. Default false. */
  readonly alignCorners?: boolean;
}
/**
 * The places that affine maps theta [n, 2, 3] send the pixels of images of `size` [n, c, h, w] to: [n, h, w, 2], x and y
 * from −1 to 1. Of volumes, theta is [n, 3, 4] and the result [n, d, h, w, 3].
 */
export const affineGrid: (
  theta: Tensor,
  size: readonly number[],
  ...options: Positional<AffineGridOptions, readonly ['alignCorners']>
) => Tensor = positional(
  'affineGrid',
  ['alignCorners'],
  composite(
    'affineGrid',
    [
      ['theta', aTensor],
      ['size', aShape],
      ['options', optionsOf<AffineGridOptions>({ alignCorners: aBoolean })],
    ],
    (theta, size, { alignCorners = false } = {}) => {
      const dims = size.length - 2;
      const [n = 0, , ...sizes] = size;
      if ((dims !== 2 && dims !== 3) || !sameShape(theta.shape, [n, dims, dims + 1])) {
        throw new ShapeError(
          'affineGrid',
          `theta takes [n, 2, 3] beside [n, c, h, w], or [n, 3, 4] beside a volume, these are ${show(theta.shape)} and ${show(size)}`,
        );
      }
      const line = (m: number, i: number): number =>
        alignCorners ? (m > 1 ? (2 * i) / (m - 1) - 1 : 0) : (2 * i + 1) / m - 1;
      // Each pixel's (x, y, …, 1): the last direction comes first.
      let pixels: number[][] = [[]];
      for (const m of sizes) {
        pixels = pixels.flatMap(before => Array.from({ length: m }, (_, i) => [line(m, i), ...before]));
      }
      const base = tensor(Float32Array.from(pixels.flatMap(p => [...p, 1])), { shape: [pixels.length, dims + 1] });
      return reshape(matmul(base, t(to(theta, 'f32'))), [n, ...sizes, dims]);
    },
  ),
);

export interface GridSampleOptions {
  /** Weight the four neighbours, or take the nearest. Default 'bilinear'. */
  readonly mode?: 'bilinear' | 'nearest';
  /** What is outside the image: zeros, its border, or its mirror image. Default 'zeros'. */
  readonly paddingMode?: 'zeros' | 'border' | 'reflection';
  /** As in {@link affineGrid}. Default false. */
  readonly alignCorners?: boolean;
}
const ORDER = ['mode', 'paddingMode', 'alignCorners'] as const;

/** Mirrored at low and high, as often as it takes. */
function reflected(x: Tensor, low: number, high: number): Tensor {
  const span = high - low;
  if (span <= 0) return mul(x, 0);
  const far = abs(sub(x, low));
  const turns = floor(div(far, span).detach());
  const rest = sub(far, mul(turns, span));
  const even = sub(turns, mul(floor(mul(turns, 0.5)), 2));
  return add(choose(lt(even, 0.5), rest, rsub(rest, span)), low);
}

/**
 * x [n, c, h, w] at the places of `grid` [n, oh, ow, 2], x and y from −1 to 1 across the image: [n, c, oh, ow].
 */
export const gridSample: (x: Tensor, grid: Tensor, ...options: Positional<GridSampleOptions, typeof ORDER>) => Tensor =
  positional(
    'gridSample',
    ORDER,
    composite(
      'gridSample',
      [
        ['x', aTensor],
        ['grid', aTensor],
        [
          'options',
          optionsOf<GridSampleOptions>({
            mode: oneOf('bilinear', 'nearest'),
            paddingMode: oneOf('zeros', 'border', 'reflection'),
            alignCorners: aBoolean,
          }),
        ],
      ],
      (x, grid, { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = {}) => {
        const [n = 0, c = 0, h = 0, w = 0] = x.shape;
        const [batch, oh = 0, ow = 0, two] = grid.shape;
        if (x.ndim !== 4 || grid.ndim !== 4 || batch !== n || two !== 2 || h * w === 0) {
          throw new ShapeError(
            'gridSample',
            `takes x [n, c, h, w] and a grid [n, oh, ow, 2], these are ${show(x.shape)} and ${show(grid.shape)}`,
          );
        }
        const image = reshape(to(x, 'f32'), [n, c, h * w]);
        /** Coordinates in pixels. */
        const pixels = (k: 0 | 1, size: number): Tensor => {
          const g = reshape(select(grid, 3, k), [n, oh * ow]);
          const p = alignCorners ? mul(add(g, 1), (size - 1) / 2) : sub(mul(add(g, 1), size / 2), 0.5);
          if (paddingMode === 'zeros') return p;
          const [low, high] = alignCorners ? [0, size - 1] : [-0.5, size - 0.5];
          const q = clamp(paddingMode === 'border' ? p : reflected(p, low, high), 0, size - 1);
          return choose(eq(q, q), q, 0); // what is nowhere is at the first pixel, as in PyTorch
        };
        const [px, py] = [pixels(0, w), pixels(1, h)];
        /** Pixels in whole columns i and rows j, zeros outside. */
        const at = (i: Tensor, j: Tensor): Tensor => {
          const [col, row] = [clamp(i, 0, w - 1), clamp(j, 0, h - 1)];
          const index = to(add(mul(row, w), col), 'i32');
          const values = gather(image, 2, expand(reshape(index, [n, 1, oh * ow]), [n, c, oh * ow]));
          if (paddingMode !== 'zeros') return values;
          const inside = mul(le(abs(sub(i, col)), 0), le(abs(sub(j, row)), 0));
          return mul(values, reshape(to(inside, 'f32'), [n, 1, oh * ow]));
        };
        const shape = [n, c, oh, ow];
        if (mode === 'nearest') return reshape(at(round(px.detach()), round(py.detach())), shape);
        const [i, j] = [floor(px.detach()), floor(py.detach())];
        const [tx, ty] = [sub(px, i), sub(py, j)].map(d => reshape(d, [n, 1, oh * ow]));
        const [right, below] = [add(i, 1), add(j, 1)];
        const top = add(mul(at(i, j), rsub(tx!, 1)), mul(at(right, j), tx!));
        const bottom = add(mul(at(i, below), rsub(tx!, 1)), mul(at(right, below), tx!));
        return reshape(add(mul(top, rsub(ty!, 1)), mul(bottom, ty!)), shape);
      },
    ),
  );
