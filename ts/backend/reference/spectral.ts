import type { Kernels } from '../backend';
import { dot, householder, identity, matrixAt, putMatrix, transposed } from './factorization';
import type { Floats } from './heap';

type Matrix = number[][];

/** Two vectors after a rotation. */
const rotated = (x: number[], y: number[], c: number, s: number): [number[], number[]] => [
  x.map((v, i) => c * v - s * y[i]!),
  x.map((v, i) => s * v + c * y[i]!),
];

/** Sine and cosine of the rotation by which p and q, of squares a and b and product d, become orthogonal. */
function angle(a: number, b: number, d: number): [c: number, s: number] {
  const z = (b - a) / (2 * d);
  const t = (z < 0 ? -1 : 1) / (Math.abs(z) + Math.sqrt(1 + z * z));
  const c = 1 / Math.sqrt(1 + t * t);
  return [c, c * t];
}

/** Sweeps of rotations over all pairs, until one finds nothing to do (Jacobi 1846). */
function sweeps(n: number, rotate: (i: number, j: number) => boolean): void {
  for (let moved = true, sweep = 0; moved && sweep < 60; sweep++) {
    moved = false;
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) moved = rotate(i, j) || moved;
  }
}

/** Eigenvalues, ascending, and eigenvectors, by rows. */
function jacobi(a: Matrix): [values: number[], vectors: Matrix] {
  const n = a.length;
  const w = a.map((row, i) => row.map((v, j) => (j <= i ? v : a[j]![i]!)));
  const v = identity(n);
  const small = 1e-17 * Math.max(0, ...w.flat().map(Math.abs));
  sweeps(n, (i, j) => {
    if (Math.abs(w[i]![j]!) <= small) return false;
    const [c, s] = angle(w[i]![i]!, w[j]![j]!, w[i]![j]!);
    [v[i], v[j]] = rotated(v[i]!, v[j]!, c, s);
    [w[i], w[j]] = rotated(w[i]!, w[j]!, c, s);
    for (const row of w) [row[i], row[j]] = [c * row[i]! - s * row[j]!, s * row[i]! + c * row[j]!];
    return true;
  });
  const order = w.map((row, i) => [row[i]!, i] as const).sort(([p], [q]) => p - q);
  return [order.map(([value]) => value), order.map(([, i]) => v[i]!)];
}

/** The decomposition of p ≥ q rows: singular values, left vectors by rows (`columns` of them), right ones by rows. */
function oneSided(a: Matrix, p: number, q: number, columns: number): [u: Matrix, s: number[], v: Matrix] {
  const x = transposed(a, q);
  const v = identity(q);
  // A column that is shorter is 0, but for rounding.
  const noise = 1e-32 * x.reduce((sum, column) => sum + dot(column, column), 0);
  sweeps(q, (i, j) => {
    const [pp, qq, pq] = [dot(x[i]!, x[i]!), dot(x[j]!, x[j]!), dot(x[i]!, x[j]!)];
    if (Math.abs(pq) <= 1e-16 * Math.sqrt(pp * qq) || Math.min(pp, qq) <= noise) return false;
    const [c, s] = angle(pp, qq, pq);
    [x[i], x[j]] = rotated(x[i]!, x[j]!, c, s);
    [v[i], v[j]] = rotated(v[i]!, v[j]!, c, s);
    return true;
  });
  const order = x.map((column, i) => [Math.hypot(...column), i] as const).sort(([a], [b]) => b - a);
  const sorted = transposed(
    order.map(([, i]) => x[i]!),
    p,
  );
  // The columns are orthogonal: R is diagonal, and Q is complete where some vanish.
  const [full, r] = householder(sorted, p, q, p);
  const u = transposed(full, p).slice(0, columns);
  const signed = u.map((row, i) => (i < q && r[i]![i]! < 0 ? row.map(value => -value) : row));
  return [signed, order.map(([value]) => value), order.map(([, i]) => v[i]!)];
}

function times(a: Matrix, b: Matrix): Matrix {
  const columns = transposed(b, b.length);
  return a.map(row => columns.map(column => dot(row, column)));
}

/** e^A by its series, of A / 2^s, and squarings. */
function exponential(a: Matrix): Matrix {
  const n = a.length;
  const norm = Math.max(0, ...a.map(row => row.reduce((s, v) => s + Math.abs(v), 0)));
  const squarings = norm > 0.5 ? Math.ceil(Math.log2(norm)) + 1 : 0;
  const scaled = a.map(row => row.map(v => v / 2 ** squarings));
  let term = identity(n);
  let sum = identity(n);
  for (let i = 1; i < 25; i++) {
    term = times(term, scaled).map(row => row.map(v => v / i));
    sum = sum.map((row, p) => row.map((v, q) => v + term[p]![q]!));
  }
  for (let i = 0; i < squarings; i++) sum = times(sum, sum);
  return sum;
}

const finite = (a: Matrix): boolean => a.every(row => row.every(Number.isFinite));
const unknown = (m: number, n: number): Matrix => Array.from({ length: m }, () => new Array<number>(n).fill(NaN));

/** Eigenvalues, singular values, the exponential. */
export function spectral(heap: Floats): Pick<Kernels, 'eigh' | 'svd' | 'matrixExp'> {
  return {
    eigh(aAt, wAt, vAt, infoAt, batch, n) {
      for (let b = 0; b < batch; b++) {
        const a = matrixAt(heap.from(aAt), b, n, n);
        const fails = !finite(a.map((row, i) => row.slice(0, i + 1)));
        const [w, v] = fails ? [unknown(1, n)[0]!, unknown(n, n)] : jacobi(a);
        heap.from(wAt).set(w, b * n);
        if (vAt !== 0) putMatrix(heap.from(vAt), b, transposed(v, n));
        heap.from(infoAt)[b] = Number(fails);
      }
    },
    svd(aAt, uAt, sAt, vtAt, infoAt, batch, m, n, full) {
      const [p, q] = [Math.max(m, n), Math.min(m, n)];
      const columns = full ? p : q;
      for (let b = 0; b < batch; b++) {
        const a = matrixAt(heap.from(aAt), b, m, n);
        const fails = !finite(a);
        const [long, s, short] = fails
          ? [unknown(columns, p), unknown(1, q)[0]!, unknown(q, q)]
          : oneSided(m < n ? transposed(a, n) : a, p, q, columns);
        const [u, vt] = m < n ? [short, long] : [long, short];
        putMatrix(heap.from(uAt), b, transposed(u, m));
        heap.from(sAt).set(s, b * q);
        putMatrix(heap.from(vtAt), b, vt);
        heap.from(infoAt)[b] = Number(fails);
      }
    },
    matrixExp(aAt, yAt, batch, n) {
      for (let b = 0; b < batch; b++) {
        const a = matrixAt(heap.from(aAt), b, n, n);
        putMatrix(heap.from(yAt), b, finite(a) ? exponential(a) : unknown(n, n));
      }
    },
  };
}
