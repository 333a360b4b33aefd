/** Factorisations. Those that may have vectors of any sign are compared in tests of ops. */
import type { LinalgKernels } from '../../../ts/backend/kernels/linalg';
import { call, floats, input, ints, output, SUMMED, type Call, type Cases, type Operand } from './calls';

const ORDERS = [0, 1, 2, 3, 5, 8, 17, 33];
const BATCHES = [1, 3, 0];
const SHAPES = ORDERS.flatMap(n => [
  [n, n],
  [n + 2, n],
  [n, n + 3],
]);
const each = (of: (batch: number, n: number) => Call[]): Call[] =>
  ORDERS.flatMap(n => BATCHES.flatMap(batch => of(batch, n)));
const shaped = (of: (batch: number, m: number, n: number) => Call[]): Call[] =>
  SHAPES.flatMap(([m, n]) => BATCHES.flatMap(batch => of(batch, m!, n!)));

/** Matrices whose diagonals dominate, rows in the opposite order if `flipped`. */
const dominant = (batch: number, n: number, flipped = false): number[] =>
  floats(batch * n * n).map((x, e) => {
    const [i, j] = [Math.floor(e / n) % n, e % n];
    return j === (flipped ? n - 1 - i : i) ? x + n : x;
  });
/** Symmetric, with eigenvalues around 1, 2, …, and what must not be read above the diagonal. */
const symmetric = (batch: number, n: number): number[] =>
  floats(batch * n * n, 0.2 / Math.max(1, n)).map((x, e) => {
    const [i, j] = [Math.floor(e / n) % n, e % n];
    return j > i ? NaN : Math.fround(i === j ? x + i + 1 : x);
  });
/** Exchanges of count rows out of m. */
const exchanges = (batch: number, m: number, count: number): Operand =>
  input('i32', batch * count > 0 ? ints(batch * count, m) : []);
const near = (args: Call['args']): Call => call(args, SUMMED, true);
/** Diagonal matrices with different elements, whose singular vectors are unit vectors. */
const diagonals = (batch: number, m: number, n: number): number[] =>
  Array.from({ length: batch * m * n }, (_, e) => {
    const [i, j] = [Math.floor(e / n) % m, e % n];
    return i === j ? (i % 2 === 0 ? 1 : -1) * (((7 * i) % 61) + 1) : 0;
  });

export const linear: Cases<LinalgKernels> = {
  lu: () =>
    shaped((batch, m, n) => {
      const k = Math.min(m, n);
      const a = m === n ? dominant(batch, n, true) : floats(batch * m * n);
      const outputs = [output('f32', a.length), output('i32', batch * k), output('i32', batch)];
      return [near([input('f32', a), ...outputs, batch, m, n])];
    }),
  luSolve: () =>
    each((batch, n) =>
      [0, 1, 37].flatMap(k =>
        [0, 1].map(transposed => {
          const [lu, b] = [input('f32', dominant(batch, n)), input('f32', floats(batch * n * k))];
          return near([lu, exchanges(batch, n, n), b, output('f32', batch * n * k), batch, n, k, transposed]);
        }),
      ),
    ),
  permuteRows: () =>
    shaped((batch, m, n) =>
      [0, 1].map(back => {
        const count = Math.min(m, n);
        const b = input('f32', floats(batch * m * 3));
        return call([exchanges(batch, m, count), b, output('f32', batch * m * 3), batch, m, 3, count, back]);
      }),
    ),
  triangularSolve: () =>
    each((batch, n) =>
      [0, 1, 37].flatMap(k =>
        [0, 1, 2, 3, 4, 5, 6, 7].map(flags => {
          const [upper, transposed, unit] = [flags & 1, (flags >> 1) & 1, flags >> 2];
          const a = dominant(batch, n).map(x => (unit ? x / Math.max(1, n) / n : x));
          const b = input('f32', floats(batch * n * k));
          const y = output('f32', batch * n * k);
          return near([input('f32', a.map(Math.fround)), b, y, batch, n, k, upper, transposed, unit]);
        }),
      ),
    ),
  cholesky: () =>
    each((batch, n) => [
      near([input('f32', symmetric(batch, n)), output('f32', batch * n * n), output('i32', batch), batch, n]),
      near([
        input(
          'f32',
          symmetric(batch, n).map((x, e) => (e === n * n - 1 ? -1 : x)),
        ),
        output('f32', batch * n * n),
        output('i32', batch),
        batch,
        n,
      ]),
    ]),
  qr: () =>
    shaped((batch, m, n) =>
      [Math.min(m, n), m].map(columns => {
        const a = m === n ? dominant(batch, n, true) : floats(batch * m * n);
        const outputs = [output('f32', batch * m * columns), output('f32', batch * columns * n)];
        return near([input('f32', a), ...outputs, batch, m, n, columns]);
      }),
    ),
  eigh: () =>
    each((batch, n) => {
      const [w, info] = [output('f32', batch * n), output('i32', batch)];
      const infinite = symmetric(batch, n).map((x, e) => (e === 0 ? Infinity : x));
      return [
        near([input('f32', symmetric(batch, n)), w, 0, info, batch, n]),
        // The vectors of other matrices have signs.
        near([input('f32', infinite), w, batch > 1 ? 0 : output('f32', batch * n * n), info, batch, n]),
      ];
    }),
  svd: () =>
    shaped((batch, m, n) =>
      [0, 1].flatMap(full => {
        const k = Math.min(m, n);
        const [p, q] = full ? [m, n] : [k, k];
        const outputs = [batch * m * p, batch * k, batch * q * n].map(size => output('f32', size));
        const svd = (a: readonly number[]): Call =>
          near([input('f32', a), ...outputs, output('i32', batch), batch, m, n, full]);
        const diagonal = diagonals(batch, m, n);
        return [svd(diagonal), svd(diagonal.map((x, e) => (e === 0 ? NaN : x)))];
      }),
    ),
  matrixExp: () =>
    each((batch, n) =>
      [0, 0.1, 3].map(scale => {
        const a = floats(batch * n * n, scale / Math.max(1, n));
        return near([input('f32', a), output('f32', a.length), batch, n]);
      }),
    ),
};
