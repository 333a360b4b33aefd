/** Reading and adding at indices, which are i32. Elements have 4 bytes unless the name says 8 (bits). */

/** x and y seen as [outer, n, inner] and [outer, k, inner]; each kernel says what the middle index means. */
type Index = (x: number, index: number, y: number, outer: number, n: number, k: number, inner: number) => void;

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
  /** y[o, i, :] = x[o, index[i], :] */
  readonly indexSelect: Index;
  readonly indexSelect8: Index;
  /** (g [outer, k, inner], index, y [outer, n, inner]): y = 0, then y[o, index[i], :] += g[o, i, :]. f32. */
  readonly indexAdd: Index;
}
