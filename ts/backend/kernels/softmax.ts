/** Softmax along a dimension, and cross-entropy over rows. */

/** Over the n elements of each column of [outer, n, inner]; 64 of them at most, unless inner is 1. */
type Along = (x: number, y: number, outer: number, n: number, inner: number) => void;
type AlongGrad = (g: number, y: number, gx: number, outer: number, n: number, inner: number) => void;

export interface SoftmaxKernels {
  readonly softmax: Along;
  readonly logSoftmax: Along;
  /** gx = y · (g − Σ g·y) */
  readonly softmaxGrad: AlongGrad;
  /** gx = g − eʸ · Σ g */
  readonly logSoftmaxGrad: AlongGrad;
  /**
   * loss [rows] = ln Σ eˣ − x[target] of each row, target [rows] of i32. norm [rows, 2] is what the
   * gradient reads: max x and ln Σ e^(x − max x).
   */
  crossEntropy(x: number, target: number, loss: number, norm: number, rows: number, n: number): void;
  /** gx = g · (softmax x − [i = target]), g [rows], or one number for all where `step` is 0 and not 1. */
  crossEntropyGrad(
    g: number,
    x: number,
    target: number,
    norm: number,
    gx: number,
    rows: number,
    n: number,
    step: number,
  ): void;
}
