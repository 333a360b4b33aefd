/** Sums, extremes and order along dimensions. */

export interface ReductionKernels {
  /** x seen as [n0, r0, n1, r1]: y[n0, n1] = scale · Σ over r0 and r1, pairwise or in several partial sums. */
  sum(x: number, y: number, n0: number, r0: number, n1: number, r1: number, scale: number): void;
  /** As `sum`, y[n0, n1] = √Σ x²; no square may leave the range. */
  nrm2(x: number, y: number, n0: number, r0: number, n1: number, r1: number): void;
  /** a [batch, m, d], b [batch, n, d]: y [batch, m, n], the Euclidean distances of rows of a and b, as exact as `nrm2`. */
  distances(a: number, b: number, y: number, batch: number, m: number, n: number, d: number): void;
  /** A sum of integers beyond the range of i32 is its nearest end. */
  sumI32(x: number, y: number, n0: number, r0: number, n1: number, r1: number): void;
  /** x [outer, r, inner], r ≥ 1: the largest along r and its first index (i32). NaN wins. y or at 0: not wanted. */
  max(x: number, y: number, at: number, outer: number, r: number, inner: number): void;
  min(x: number, y: number, at: number, outer: number, r: number, inner: number): void;
  maxI32(x: number, y: number, at: number, outer: number, r: number, inner: number): void;
  minI32(x: number, y: number, at: number, outer: number, r: number, inner: number): void;

  /** The first k ≤ n of each row of n, sorted: values y and their indices `at` (i32). Stable; NaN is the largest. */
  topk(x: number, y: number, at: number, rows: number, n: number, k: number, descending: number): void;
  topkI32(x: number, y: number, at: number, rows: number, n: number, k: number, descending: number): void;
  /** x [outer, n, inner]: y[o, i, j] = Σ x[o, i′, j] over i′ ≤ i, `backwards` over i′ ≥ i. */
  cumsum(x: number, y: number, outer: number, n: number, inner: number, backwards: number): void;
  cumsumI32(x: number, y: number, outer: number, n: number, inner: number, backwards: number): void;
}
