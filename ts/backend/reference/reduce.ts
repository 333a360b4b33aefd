import type { Kernels } from '../backend';
import type { Floats } from './heap';

type Name =
  | 'sum'
  | 'sumI32'
  | 'nrm2'
  | 'distances'
  | 'max'
  | 'min'
  | 'maxI32'
  | 'minI32'
  | 'softmax'
  | 'logSoftmax'
  | 'softmaxGrad'
  | 'logSoftmaxGrad'
  | 'crossEntropy'
  | 'crossEntropyGrad';

/** The i32 nearest to a sum. */
export const saturated = (sum: number): number => Math.max(-(2 ** 31), Math.min(sum, 2 ** 31 - 1));

/** Kernels that make one number of many: sums, extrema, and softmax and cross-entropy over rows. */
export function reduce(heap: Floats): Pick<Kernels, Name> {
  const sum = (
    xAt: number,
    yAt: number,
    n0: number,
    r0: number,
    n1: number,
    r1: number,
    finish: (total: number) => number,
    term = (v: number): number => v,
  ): void => {
    const [x, y] = [heap.from(xAt), heap.from(yAt)];
    for (let i = 0; i < n0; i++)
      for (let j = 0; j < n1; j++) {
        let total = 0;
        for (let p = 0; p < r0; p++) for (let q = 0; q < r1; q++) total += term(x[((i * r0 + p) * n1 + j) * r1 + q]!);
        y[i * n1 + j] = finish(total);
      }
  };

  const extremum =
    (beats: (value: number, best: number) => boolean): Kernels['max'] =>
    (xAt, yAt, atAt, outer, r, inner) => {
      const [x, y, at] = [heap.from(xAt), heap.from(yAt), heap.from(atAt)];
      for (let o = 0; o < outer; o++)
        for (let j = 0; j < inner; j++) {
          let first = 0;
          let best = x[o * r * inner + j]!;
          for (let i = 1; i < r; i++) {
            const value = x[(o * r + i) * inner + j]!;
            if (beats(value, best) || (Number.isNaN(value) && !Number.isNaN(best))) {
              first = i;
              best = value;
            }
          }
          if (yAt) y[o * inner + j] = best;
          if (atAt) at[o * inner + j] = first;
        }
    };

  const largest = extremum((value, best) => value > best);
  const smallest = extremum((value, best) => value < best);

  /** Calls visit with the places of the n elements of each column of [outer, n, inner]. */
  const eachColumn = (outer: number, n: number, inner: number, visit: (places: readonly number[]) => void): void => {
    for (let o = 0; o < outer; o++)
      for (let j = 0; j < inner; j++) visit(Array.from({ length: n }, (_, k) => (o * n + k) * inner + j));
  };

  /** m and Σ e^(x − m) of a row, m being its largest element: e^(x − m) cannot overflow. */
  const scaled = (row: Iterable<number>): [largest: number, total: number] => {
    let [largest, total] = [-Infinity, 0];
    for (const x of row) largest = Math.max(largest, x);
    for (const x of row) total += Math.exp(x - largest);
    return [largest, total];
  };

  return {
    sum: (x, y, n0, r0, n1, r1, scale) => sum(x, y, n0, r0, n1, r1, total => scale * total),
    sumI32: (x, y, n0, r0, n1, r1) => sum(x, y, n0, r0, n1, r1, saturated),
    nrm2: (x, y, n0, r0, n1, r1) => sum(x, y, n0, r0, n1, r1, Math.sqrt, v => v * v),
    distances(aAt, bAt, yAt, batch, m, n, d) {
      const [a, b, y] = [heap.from(aAt), heap.from(bAt), heap.from(yAt)];
      for (let i = 0; i < batch * m; i++)
        for (let j = 0; j < n; j++) {
          const other = (Math.floor(i / m) * n + j) * d;
          let total = 0;
          for (let k = 0; k < d; k++) total += (a[i * d + k]! - b[other + k]!) ** 2;
          y[i * n + j] = Math.sqrt(total);
        }
    },
    max: largest,
    min: smallest,
    maxI32: largest,
    minI32: smallest,

    softmax(xAt, yAt, outer, n, inner) {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      eachColumn(outer, n, inner, places => {
        const [largest, total] = scaled(places.map(i => x[i]!));
        for (const i of places) y[i] = Math.exp(x[i]! - largest) / total;
      });
    },

    logSoftmax(xAt, yAt, outer, n, inner) {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      eachColumn(outer, n, inner, places => {
        const [largest, total] = scaled(places.map(i => x[i]!));
        for (const i of places) y[i] = x[i]! - largest - Math.log(total);
      });
    },

    softmaxGrad(gAt, yAt, gxAt, outer, n, inner) {
      const [g, y, gx] = [heap.from(gAt), heap.from(yAt), heap.from(gxAt)];
      eachColumn(outer, n, inner, places => {
        const dot = places.reduce((sum, i) => sum + g[i]! * y[i]!, 0);
        for (const i of places) gx[i] = y[i]! * (g[i]! - dot);
      });
    },

    logSoftmaxGrad(gAt, yAt, gxAt, outer, n, inner) {
      const [g, y, gx] = [heap.from(gAt), heap.from(yAt), heap.from(gxAt)];
      eachColumn(outer, n, inner, places => {
        const total = places.reduce((sum, i) => sum + g[i]!, 0);
        for (const i of places) gx[i] = g[i]! - Math.exp(y[i]!) * total;
      });
    },

    crossEntropy(xAt, targetAt, lossAt, normAt, rows, n) {
      const [x, target, loss, norm] = [heap.from(xAt), heap.from(targetAt), heap.from(lossAt), heap.from(normAt)];
      for (let r = 0; r < rows; r++) {
        const row = x.subarray(r * n, (r + 1) * n);
        const [largest, total] = scaled(row);
        norm[2 * r] = largest;
        norm[2 * r + 1] = Math.log(total);
        loss[r] = Math.log(total) - (row[target[r]!]! - largest);
      }
    },

    crossEntropyGrad(gAt, xAt, targetAt, normAt, gxAt, rows, n, step) {
      const [g, x, target, norm, gx] = [
        heap.from(gAt),
        heap.from(xAt),
        heap.from(targetAt),
        heap.from(normAt),
        heap.from(gxAt),
      ];
      for (let r = 0; r < rows; r++)
        for (let i = 0; i < n; i++) {
          const p = Math.exp(x[r * n + i]! - norm[2 * r]! - norm[2 * r + 1]!);
          gx[r * n + i] = g[r * step]! * (p - (i === target[r] ? 1 : 0));
        }
    },
  };
}
