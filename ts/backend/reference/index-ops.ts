import type { Kernels } from '../backend';
import type { Floats } from './heap';

type Name =
  | 'indexOutside'
  | 'gather'
  | 'scatterAdd'
  | 'scatter'
  | 'scatterI32'
  | 'indexSelect'
  | 'indexSelect8'
  | 'indexAdd';

/** Kernels that read where to read or write. */
export function indexing(heap: Floats): Pick<Kernels, Name> {
  /**
   * Pairs every element [o, i, j] of the short tensor [outer, k, inner] with the element [o, index, j] of the long one
   * [outer, n, inner], the index being that at [o, i, j], or at [i] when it is `shared` by all o and j.
   */
  const eachPair = (
    indexAt: number,
    shared: boolean,
    outer: number,
    n: number,
    k: number,
    inner: number,
    visit: (short: number, long: number) => void,
  ): void => {
    const index = heap.from(indexAt);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < k; i++)
        for (let j = 0; j < inner; j++) {
          const short = (o * k + i) * inner + j;
          const target = index[shared ? i : short]!;
          visit(short, (o * n + target) * inner + j);
        }
  };

  const take =
    (shared: boolean): Kernels['gather'] =>
    (xAt, index, yAt, outer, n, k, inner) => {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      eachPair(index, shared, outer, n, k, inner, (short, long) => (y[short] = x[long]!));
    };

  const add =
    (shared: boolean): Kernels['gather'] =>
    (gAt, index, yAt, outer, n, k, inner) => {
      const [g, y] = [heap.from(gAt), heap.from(yAt)];
      y.fill(0, 0, outer * n * inner);
      eachPair(index, shared, outer, n, k, inner, (short, long) => (y[long]! += g[short]!));
    };

  const scatter =
    (round: (x: number) => number, times: (a: number, b: number) => number): Kernels['scatter'] =>
    (xAt, index, yAt, outer, n, k, inner, mode) => {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      const how = [
        (_: number, b: number) => b,
        (a: number, b: number) => round(a + b),
        times,
        (a: number, b: number) => Math.max(a, b),
        (a: number, b: number) => Math.min(a, b),
      ][mode]!;
      eachPair(index, false, outer, n, k, inner, (short, long) => (y[long] = how(y[long]!, x[short]!)));
    };

  return {
    indexOutside: (indexAt, n, size) =>
      heap
        .from(indexAt)
        .subarray(0, n)
        .findIndex(i => i < 0 || i >= size),
    gather: take(false),
    scatterAdd: add(false),
    scatter: scatter(
      x => x,
      (a, b) => a * b,
    ),
    scatterI32: scatter(x => x | 0, Math.imul),
    indexSelect: take(true),
    indexSelect8: take(true),
    indexAdd: add(true),
  };
}
