import type { AllKernels } from '../backend';
import type { Floats } from './heap';
import { IMAGES } from './blocked';

/** Calls visit(input, output, tap) for every tap inside of the input of every window, in order, with indices. */
function eachTap(
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
  dh: number,
  dw: number,
  visit: (input: number, output: number, tap: number) => void,
): void {
  for (let plane = 0; plane < planes; plane++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++)
        for (let u = 0; u < kh; u++)
          for (let v = 0; v < kw; v++) {
            const row = i * sh + u * dh - ph;
            const column = j * sw + v * dw - pw;
            if (row < 0 || row >= h || column < 0 || column >= w) continue;
            visit((plane * h + row) * w + column, (plane * oh + i) * ow + j, u * kw + v);
          }
}

/**
 * How many positions the window [start, start + size) has in [lo, hi). A window may reach beyond the padded input, where
 * the output size was rounded up; nothing is counted there.
 */
function extent(start: number, size: number, lo: number, hi: number): number {
  return Math.max(0, Math.min(start + size, hi) - Math.max(start, lo));
}

type Name =
  | 'maxPool2d'
  | 'maxPool2dGrad'
  | 'maxPool2dTake'
  | 'avgPool2d'
  | 'avgPool2dGrad'
  | 'maxPool2dBlocked'
  | 'maxPool2dBlockedGrad'
  | 'avgPool2dBlocked'
  | 'avgPool2dBlockedGrad';

/** Pools over planes, and their gradients. Padding never wins a maximum, and adds 0 to an average. */
export function pool(heap: Floats): Pick<AllKernels, Name> {
  /** What output (i, j) of an average pool is divided by. */
  const divisorAt = (
    i: number,
    j: number,
    h: number,
    w: number,
    kh: number,
    kw: number,
    sh: number,
    sw: number,
    ph: number,
    pw: number,
    countPad: number,
    divisor: number,
  ): number => {
    if (divisor) return divisor;
    const [top, left] = countPad ? [ph, pw] : [0, 0];
    return extent(i * sh - ph, kh, -top, h + top) * extent(j * sw - pw, kw, -left, w + left);
  };

  return {
    maxPool2d(xAt, atAt, yAt, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw) {
      const [x, at, y] = [heap.from(xAt), heap.from(atAt), heap.from(yAt)];
      const total = planes * oh * ow;
      const winner = new Int32Array(total).fill(-1);
      y.fill(-Infinity, 0, total);
      eachTap(planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, (p, o, tap) => {
        const [value, best] = [x[p]!, y[o]!];
        if (winner[o] === -1 || value > best || (Number.isNaN(value) && !Number.isNaN(best))) {
          y[o] = value;
          winner[o] = tap;
        }
      });
      if (atAt) for (let o = 0; o < total; o++) at[o] = Math.max(0, winner[o]!);
    },

    maxPool2dGrad(gAt, atAt, gxAt, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw) {
      const [g, at, gx] = [heap.from(gAt), heap.from(atAt), heap.from(gxAt)];
      gx.fill(0, 0, planes * h * w);
      eachTap(planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, (p, o, tap) => {
        if (tap === at[o]) gx[p]! += g[o]!;
      });
    },

    maxPool2dTake(xAt, atAt, yAt, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw) {
      const [x, at, y] = [heap.from(xAt), heap.from(atAt), heap.from(yAt)];
      y.fill(0, 0, planes * oh * ow);
      eachTap(planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, (p, o, tap) => {
        if (tap === at[o]) y[o] = x[p]!;
      });
    },

    avgPool2d(xAt, yAt, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, countPad, divisor) {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      y.fill(0, 0, planes * oh * ow);
      eachTap(planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, 1, 1, (p, o) => {
        const [i, j] = [Math.floor(o / ow) % oh, o % ow];
        y[o]! += x[p]! / divisorAt(i, j, h, w, kh, kw, sh, sw, ph, pw, countPad, divisor);
      });
    },

    avgPool2dGrad(gAt, gxAt, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, countPad, divisor) {
      const [g, gx] = [heap.from(gAt), heap.from(gxAt)];
      gx.fill(0, 0, planes * h * w);
      eachTap(planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, 1, 1, (p, o) => {
        const [i, j] = [Math.floor(o / ow) % oh, o % ow];
        gx[p]! += g[o]! / divisorAt(i, j, h, w, kh, kw, sh, sw, ph, pw, countPad, divisor);
      });
    },

    maxPool2dBlocked(xAt, atAt, yAt, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, _wide, relu) {
      const [x, at, y] = [heap.from(xAt), heap.from(atAt), heap.from(yAt)];
      const total = planes * oh * ow * IMAGES;
      const winner = new Int32Array(total).fill(relu ? kh * kw : -1);
      y.fill(relu ? 0 : -Infinity, 0, total);
      eachTap(planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, (p, o, tap) => {
        for (let image = 0; image < IMAGES; image++) {
          const [value, index] = [x[p * IMAGES + image]!, o * IMAGES + image];
          const best = y[index]!;
          if (winner[index] === -1 || value > best || (Number.isNaN(value) && !Number.isNaN(best))) {
            y[index] = value;
            winner[index] = tap;
          }
        }
      });
      if (atAt) for (let o = 0; o < total; o++) at[o] = Math.max(0, winner[o]!);
    },

    maxPool2dBlockedGrad(gAt, atAt, gxAt, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw) {
      const [g, at, gx] = [heap.from(gAt), heap.from(atAt), heap.from(gxAt)];
      gx.fill(0, 0, planes * h * w * IMAGES);
      eachTap(planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, (p, o, tap) => {
        for (let image = 0; image < IMAGES; image++) {
          if (tap === at[o * IMAGES + image]) gx[p * IMAGES + image]! += g[o * IMAGES + image]!;
        }
      });
    },

    avgPool2dBlocked(xAt, yAt, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, countPad, divisor) {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      y.fill(0, 0, planes * oh * ow * IMAGES);
      eachTap(planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, 1, 1, (p, o) => {
        const [i, j] = [Math.floor(o / ow) % oh, o % ow];
        const count = divisorAt(i, j, h, w, kh, kw, sh, sw, ph, pw, countPad, divisor);
        for (let image = 0; image < IMAGES; image++) y[o * IMAGES + image]! += x[p * IMAGES + image]! / count;
      });
    },

    avgPool2dBlockedGrad(gAt, gxAt, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, countPad, divisor) {
      const [g, gx] = [heap.from(gAt), heap.from(gxAt)];
      gx.fill(0, 0, planes * h * w * IMAGES);
      eachTap(planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, 1, 1, (p, o) => {
        const [i, j] = [Math.floor(o / ow) % oh, o % ow];
        const count = divisorAt(i, j, h, w, kh, kw, sh, sw, ph, pw, countPad, divisor);
        for (let image = 0; image < IMAGES; image++) gx[p * IMAGES + image]! += g[o * IMAGES + image]! / count;
      });
    },
  };
}
