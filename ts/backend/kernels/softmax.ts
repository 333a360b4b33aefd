/** Softmax and cross-entropy over rows. */

/** Over each of `rows` rows of n elements. */
type Rows = (x: number, y: number, rows: number, n: number) => void;
type RowsGrad = (g: number, y: number, gx: number, rows: number, n: number) => void;

export interface SoftmaxKernels {
  readonly softmax: Rows;
  readonly logSoftmax: Rows;
  /** gx = y · (g − Σ g·y) */
  readonly softmaxGrad: RowsGrad;
  /** gx = g − eʸ · Σ g */
  readonly logSoftmaxGrad: RowsGrad;
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
