/** Reading and adding at indices, which are i32. Elements have 4 bytes unless the name says 8 (bits). */

/** x and y seen as [outer, n, inner] and [outer, k, inner]; each kernel says what the middle index means. */
type Index = (x: number, index: number, y: number, outer: number, n: number, k: number, inner: number) => void;

/** What becomes of an element of y and one of x that goes there, by what it is called in scatterReduce; 'set': that of x. */
export const SCATTER = { set: 0, sum: 1, prod: 2, amax: 3, amin: 4 } as const;
/** y[o, index[o, i, j], j] and x[o, i, j] combined, in the order of x [outer, k, inner]; NaN wins. `mode`: of SCATTER. */
type Scatter = (
  x: number,
  index: number,
  y: number,
  outer: number,
  n: number,
  k: number,
  inner: number,
  mode: number,
) => void;

export interface IndexKernels {
  /**
   * The position of the first of n indices outside [0, size), or −1: called before each of the others, which then trust their
   * indices. A backend that cannot give an answer at once leaves it out; its kernels check the indices, read and write
   * nothing through wrong ones, and have the next `read` reject.
   */
  indexOutside?(index: number, n: number, size: number): number;
  /** y[o, i, j] = x[o, index[o, i, j], j] */
  readonly gather: Index;
  /** (g [outer, k, inner], index, y [outer, n, inner]): y = 0, then y[o, index[o, i, j], j] += g[o, i, j]. f32. */
  readonly scatterAdd: Index;
  readonly scatter: Scatter;
  readonly scatterI32: Scatter;
  /** y[o, i, :] = x[o, index[i], :] */
  readonly indexSelect: Index;
  readonly indexSelect8: Index;
  /** (g [outer, k, inner], index, y [outer, n, inner]): y = 0, then y[o, index[i], :] += g[o, i, :]. f32. */
  readonly indexAdd: Index;
}
