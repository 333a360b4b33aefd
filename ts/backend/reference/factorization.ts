import type { Kernels } from '../backend';
import type { Floats } from './heap';

type Matrix = number[][];

/** Matrix number b of a batch of [m, n], by rows, and back. */
export const matrixAt = (x: Float64Array, b: number, m: number, n: number): Matrix =>
  Array.from({ length: m }, (_, i) => Array.from(x.subarray((b * m + i) * n, (b * m + i + 1) * n)));
export const putMatrix = (x: Float64Array, b: number, rows: Matrix): void =>
  rows.forEach((row, i) => x.set(row, (b * rows.length + i) * row.length));
export const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((s, v, i) => s + v * y[i]!, 0);
export const transposed = (x: Matrix, n: number): Matrix => Array.from({ length: n }, (_, j) => x.map(row => row[j]!));
export const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

function swap<T>(rows: T[], i: number, j: number): void {
  [rows[i], rows[j]] = [rows[j]!, rows[i]!];
}

/** T⁻¹ b by substitution, t(i, j) being the elements of T. */
function substitute(t: (i: number, j: number) => number, b: Matrix, upper: boolean, unit: boolean): Matrix {
  const n = b.length;
  const y = b.map(row => [...row]);
  for (let step = 0; step < n; step++) {
    const i = upper ? n - 1 - step : step;
    for (let j = upper ? i + 1 : 0; j < (upper ? n : i); j++) y[i] = y[i]!.map((v, c) => v - t(i, j) * y[j]![c]!);
    if (!unit) y[i] = y[i]!.map(v => v / t(i, i));
  }
  return y;
}

/** Pᵀ x, or P x, by the exchanges that pivots tell. */
function permuted(x: Matrix, pivots: readonly number[], back: boolean): Matrix {
  const y = [...x];
  const steps = pivots.map((pivot, i) => [i, pivot] as const);
  for (const [i, pivot] of back ? steps.reverse() : steps) swap(y, i, pivot);
  return y;
}

/** Q [m, columns] and R [columns, n] by reflections, one column after another. */
export function householder(a: Matrix, m: number, n: number, columns: number): [q: Matrix, r: Matrix] {
  const r = a.map(row => [...row]);
  const q = identity(m);
  for (let k = 0; k < Math.min(m, n); k++) {
    const x = r.map((row, i) => (i < k ? 0 : row[k]!));
    if (x.every((v, i) => i <= k || v === 0)) continue;
    const norm = Math.hypot(...x);
    const v = x.map((value, i) => (i === k ? value + (value < 0 || Object.is(value, -0) ? -norm : norm) : value));
    const square = dot(v, v);
    for (let j = 0; j < n; j++) {
      const f =
        (2 / square) *
        dot(
          v,
          r.map(row => row[j]!),
        );
      r.forEach((row, i) => (row[j]! -= f * v[i]!));
    }
    q.forEach((row, i) => {
      const f = (2 / square) * dot(row, v);
      q[i] = row.map((value, j) => value - f * v[j]!);
    });
  }
  return [q.map(row => row.slice(0, columns)), r.slice(0, columns).map((row, i) => row.map((v, j) => (j < i ? 0 : v)))];
}

type Name = 'lu' | 'luSolve' | 'permuteRows' | 'triangularSolve' | 'cholesky' | 'qr';

/** Factorisations by elimination and reflection. */
export function factorization(heap: Floats): Pick<Kernels, Name> {
  const pivotsAt = (at: number, b: number, count: number): number[] =>
    Array.from(heap.from(at).subarray(b * count, (b + 1) * count));
  return {
    lu(aAt, luAt, pivotsOut, infoAt, batch, m, n) {
      const [a, lu, pivots, info] = [heap.from(aAt), heap.from(luAt), heap.from(pivotsOut), heap.from(infoAt)];
      const k = Math.min(m, n);
      for (let b = 0; b < batch; b++) {
        const w = matrixAt(a, b, m, n);
        info[b] = 0;
        for (let j = 0; j < k; j++) {
          let p = j;
          for (let i = j + 1; i < m; i++) if (Math.abs(w[i]![j]!) > Math.abs(w[p]![j]!)) p = i;
          pivots[b * k + j] = p;
          swap(w, j, p);
          const pivot = w[j]!;
          if (pivot[j] === 0) {
            if (info[b] === 0) info[b] = j + 1;
            continue;
          }
          for (let i = j + 1; i < m; i++) {
            const l = w[i]![j]! / pivot[j]!;
            w[i] = w[i]!.map((v, c) => (c < j ? v : c === j ? l : v - l * pivot[c]!));
          }
        }
        putMatrix(lu, b, w);
      }
    },
    luSolve(luAt, pivotsIn, bAt, yAt, batch, n, k, flag) {
      for (let b = 0; b < batch; b++) {
        const w = matrixAt(heap.from(luAt), b, n, n);
        const x = matrixAt(heap.from(bAt), b, n, k);
        const pivots = pivotsAt(pivotsIn, b, n);
        const [plain, flipped] = [(i: number, j: number) => w[i]![j]!, (i: number, j: number) => w[j]![i]!];
        const y = flag
          ? permuted(substitute(flipped, substitute(flipped, x, false, false), true, true), pivots, true)
          : substitute(plain, substitute(plain, permuted(x, pivots, false), false, true), true, false);
        putMatrix(heap.from(yAt), b, y);
      }
    },
    permuteRows(pivotsIn, bAt, yAt, batch, m, k, count, back) {
      for (let b = 0; b < batch; b++) {
        const rows = matrixAt(heap.from(bAt), b, m, k);
        putMatrix(heap.from(yAt), b, permuted(rows, pivotsAt(pivotsIn, b, count), back !== 0));
      }
    },
    triangularSolve(aAt, bAt, yAt, batch, n, k, upper, flag, unit) {
      for (let b = 0; b < batch; b++) {
        const a = matrixAt(heap.from(aAt), b, n, n);
        const t = (i: number, j: number): number => (flag ? a[j]![i]! : a[i]![j]!);
        const x = matrixAt(heap.from(bAt), b, n, k);
        putMatrix(heap.from(yAt), b, substitute(t, x, (upper !== 0) !== (flag !== 0), unit !== 0));
      }
    },
    cholesky(aAt, lAt, infoAt, batch, n) {
      for (let b = 0; b < batch; b++) {
        const a = matrixAt(heap.from(aAt), b, n, n);
        const l = a.map(row => row.map(() => 0));
        let failed = 0;
        for (let i = 0; i < n && failed === 0; i++) {
          for (let j = 0; j < i; j++) l[i]![j] = (a[i]![j]! - dot(l[i]!.slice(0, j), l[j]!.slice(0, j))) / l[j]![j]!;
          const square = a[i]![i]! - dot(l[i]!, l[i]!);
          if (square > 0) l[i]![i] = Math.sqrt(square);
          else failed = i + 1;
        }
        heap.from(infoAt)[b] = failed;
        putMatrix(heap.from(lAt), b, failed ? l.map(row => row.map(() => NaN)) : l);
      }
    },
    qr(aAt, qAt, rAt, batch, m, n, columns) {
      for (let b = 0; b < batch; b++) {
        const [q, r] = householder(matrixAt(heap.from(aAt), b, m, n), m, n, columns);
        putMatrix(heap.from(qAt), b, q);
        putMatrix(heap.from(rAt), b, r);
      }
    },
  };
}
