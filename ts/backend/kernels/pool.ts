/** Pools over images, NCHW. */

/** Planes [h, w] → [oh, ow] under windows of kh × kw; `wide` 1: windows have more than 256 taps. */
export type MaxPoolSizes = [
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
  wide: number,
];

/** A max pool; `at` says which tap of its window won, row by row: one byte each, or i32 where windows are wide. */
export type MaxPool2d = (p: number, at: number, q: number, ...sizes: MaxPoolSizes) => void;

/** An average pool; divides by `divisor`, or where that is 0 by the window's size, counting padding if `countPad`. */
export type AvgPool2d = (
  p: number,
  q: number,
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
) => void;

export interface PoolKernels {
  /** (x, at, y): y = max of each window, at = which tap; at 0: not wanted. NaN wins; of equals the first. */
  readonly maxPool2d: MaxPool2d;
  /** (g, at, gx): g[o] added to gx where its window's maximum was, 0 elsewhere. */
  readonly maxPool2dGrad: MaxPool2d;
  /** (x, at, y): y[o] = x where the window's maximum was: the adjoint of maxPool2dGrad. */
  readonly maxPool2dTake: MaxPool2d;
  /** (x, y) */
  readonly avgPool2d: AvgPool2d;
  /** (g, gx) */
  readonly avgPool2dGrad: AvgPool2d;
}
