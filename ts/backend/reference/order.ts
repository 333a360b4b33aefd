import type { Kernels } from '../backend';
import type { Floats } from './heap';
import { saturated } from './reduce';

/** Sorted rows and running sums. */
export function order(heap: Floats): Pick<Kernels, 'topk' | 'topkI32' | 'cumsum' | 'cumsumI32'> {
  const running =
    (round: (sum: number) => number): Kernels['cumsum'] =>
    (xAt, yAt, outer, n, inner, backwards) => {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      for (let o = 0; o < outer; o++)
        for (let j = 0; j < inner; j++) {
          let sum = 0;
          for (let i = 0; i < n; i++) {
            const e = (o * n + (backwards ? n - 1 - i : i)) * inner + j;
            sum += x[e]!;
            y[e] = round(sum);
          }
        }
    };

  const topk: Kernels['topk'] = (xAt, yAt, atAt, rows, n, k, descending) => {
    const [x, y, at] = [heap.from(xAt), heap.from(yAt), heap.from(atAt)];
    for (let row = 0; row < rows; row++) {
      const value = (i: number): number => x[row * n + i]!;
      // What is neither smaller nor larger is equal, or one of the two is NaN, the largest.
      const compare = (a: number, b: number): number =>
        value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : +Number.isNaN(value(a)) - +Number.isNaN(value(b));
      const sign = descending ? -1 : 1;
      const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => sign * compare(a, b));
      for (let i = 0; i < k; i++) {
        at[row * k + i] = order[i]!;
        y[row * k + i] = value(order[i]!);
      }
    }
  };

  return {
    topk,
    topkI32: topk,
    cumsum: running(sum => sum),
    cumsumI32: running(saturated),
  };
}
