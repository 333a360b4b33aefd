/** Layers that drop, and that move pixels. */
import { nn, type Tensor } from 'phyllo';
import { expect } from 'vitest';
import type * as dropout from '../../../ts/nn/dropout';
import type * as vision from '../../../ts/nn/vision';
import { expectEach, noise, read, sum, type Rows } from './naive';

const SELU_FLOOR = -1.0507009873554805 * 1.6732632423543772;
/** Units of `size` neighbours are dropped together, `kept` of a number otherwise; nothing in evaluation. */
function drops(layer: nn.Layer, x: Tensor, size: number, kept: (v: number) => number, dropped: number): void {
  const [before, after] = [x.toArray(), layer.forward(x).toArray()];
  const units = before.length / size;
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-5;
  let n = 0;
  for (let u = 0; u < units; u++) {
    const places = Array.from({ length: size }, (_, i) => u * size + i);
    const stays = places.every(i => near(after[i]!, kept(before[i]!)));
    expect(stays || places.every(i => near(after[i]!, dropped))).toBe(true);
    n += Number(stays);
  }
  expect(Math.abs(n / units - 0.75)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / units));
  expect(layer.eval().forward(x)).toBe(x);
}
const scaled = (v: number): number => v / 0.75;
const slope = 1 / Math.sqrt(0.75 * (1 + 0.25 * SELU_FLOOR ** 2));
const shift = -slope * 0.25 * SELU_FLOOR;
const standard = (v: number): number => slope * v + shift;

export const DROPS: Readonly<Record<keyof typeof dropout, Rows>> = {
  Dropout: [() => drops(new nn.Dropout(0.25), noise(100, 100), 1, scaled, 0)],
  Dropout1d: [
    () => drops(new nn.Dropout1d(0.25), noise(40, 50, 3), 3, scaled, 0),
    () => drops(new nn.Dropout1d(0.25), noise(1000, 3), 3, scaled, 0),
  ],
  Dropout2d: [() => drops(new nn.Dropout2d(0.25), noise(40, 50, 2, 3), 6, scaled, 0)],
  Dropout3d: [() => drops(new nn.Dropout3d(0.25), noise(40, 50, 2, 1, 2), 4, scaled, 0)],
  AlphaDropout: [() => drops(new nn.AlphaDropout(0.25), noise(100, 100), 1, standard, standard(SELU_FLOOR))],
  FeatureAlphaDropout: [
    () => drops(new nn.FeatureAlphaDropout(0.25), noise(40, 50, 3), 3, standard, standard(SELU_FLOOR)),
  ],
};

export const VISION: Readonly<Record<keyof typeof vision, Rows>> = {
  Upsample: [
    () => {
      const x = noise(1, 2, 3, 2);
      const at = read(x);
      expectEach(new nn.Upsample(undefined, 2).forward(x), [1, 2, 6, 4], (n, c, i, j) =>
        at(n!, c!, Math.floor(i! / 2), Math.floor(j! / 2)),
      );
    },
    () => {
      const x = noise(1, 1, 3);
      const at = read(x);
      expectEach(new nn.Upsample({ size: 5, mode: 'linear', alignCorners: true }).forward(x), [1, 1, 5], (n, c, i) =>
        i! % 2 === 0 ? at(n!, c!, i! / 2) : (at(n!, c!, (i! - 1) / 2) + at(n!, c!, (i! + 1) / 2)) / 2,
      );
    },
  ],
  PixelShuffle: [
    () => {
      const x = noise(2, 12, 2, 3);
      const at = read(x);
      expectEach(new nn.PixelShuffle(2).forward(x), [2, 3, 4, 6], (n, c, i, j) =>
        at(n!, 4 * c! + 2 * (i! % 2) + (j! % 2), Math.floor(i! / 2), Math.floor(j! / 2)),
      );
    },
  ],
  PixelUnshuffle: [
    () => {
      const x = noise(2, 12, 2, 3);
      expectEach(new nn.PixelUnshuffle(2).forward(new nn.PixelShuffle(2).forward(x)), x.shape, read(x));
    },
  ],
  ChannelShuffle: [
    () => {
      const x = noise(2, 6, 3);
      const at = read(x);
      expectEach(new nn.ChannelShuffle(2).forward(x), [2, 6, 3], (n, c, i) =>
        at(n!, 3 * (c! % 2) + Math.floor(c! / 2), i!),
      );
    },
  ],
  Unfold: [
    () => {
      const x = noise(2, 3, 4, 5);
      const at = read(x);
      expectEach(new nn.Unfold([2, 3], 1, [1, 0], 2).forward(x), [2, 18, 6], (n, row, l) => {
        const [c, u, v] = [Math.floor(row! / 6), Math.floor((row! % 6) / 3), row! % 3];
        return at(n!, c, 2 * Math.floor(l! / 2) + u - 1, 2 * (l! % 2) + v);
      });
    },
  ],
  Fold: [
    () => {
      const x = noise(2, 12, 6);
      const at = read(x);
      // Windows of 2 × 2 at steps of 1 × 2 in an image of 4 × 4 overlap in rows.
      expectEach(new nn.Fold(4, 2, { stride: [1, 2] }).forward(x), [2, 3, 4, 4], (n, c, i, j) =>
        sum(2, u => {
          const row = i! - u;
          return row < 0 || row > 2 ? 0 : at(n!, 4 * c! + 2 * u + (j! % 2), 2 * row + Math.floor(j! / 2));
        }),
      );
    },
  ],
};
