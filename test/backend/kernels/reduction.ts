/** Sums, extremes, sorting and running sums. */
import type { ReductionKernels } from '../../../ts/backend/kernels/reduction';
import type { DType } from '../../../ts/core/dtype';
import {
  call,
  EXACT,
  floats,
  input,
  ints,
  output,
  product,
  ROUNDED,
  SIZES,
  SUMMED,
  type Call,
  type Cases,
} from './calls';

const SHAPES = SIZES.flatMap(n => [
  [1, 1, 1, n],
  [3, 1, 1, n],
  [1, n, 5, 1],
  [2, n, 3, 1],
  [2, 3, n, 1],
  [1, 3, 4, n],
  [1, 3, n, 1],
]);
const sum = (): Call[] =>
  SHAPES.map(shape =>
    call([input('f32', floats(product(shape))), output('f32', shape[0]! * shape[2]!), ...shape, 0.5], SUMMED, true),
  );
const nrm2 = (): Call[] =>
  SHAPES.map(shape =>
    call([input('f32', floats(product(shape))), output('f32', shape[0]! * shape[2]!), ...shape], ROUNDED, true),
  );
const distances = (): Call[] =>
  SIZES.map(d => {
    const sizes = [2, 3, 4, d];
    return call([input('f32', floats(6 * d)), input('f32', floats(8 * d)), output('f32', 24), ...sizes], ROUNDED, true);
  });
const sumI32 = (): Call[] =>
  SHAPES.map(shape =>
    call([input('i32', ints(product(shape), 2000, -1000)), output('i32', shape[0]! * shape[2]!), ...shape]),
  );
/** Numbers that differ, or with ties; of i32 beyond 2²⁴, where f32 has not every one. */
const tied = (dtype: DType, n: number, differ: boolean): number[] =>
  dtype === 'i32'
    ? ints(n, differ ? 1000 : 4).map(x => 2 ** 24 + x)
    : differ
      ? floats(n)
      : ints(n, 4).map((x, i) => (i % 11 === 10 ? NaN : x));
const extreme = (dtype: DType) => (): Call[] =>
  SIZES.slice(1).flatMap(r =>
    [
      [1, 1],
      [3, 1],
      [2, 3],
      [2, 9],
      [1, 41],
      [0, 2],
    ].flatMap(([outer, inner]) => {
      const m = outer! * inner!;
      const data = tied(dtype, m * r, r % 2 === 1);
      const [x, tail] = [input(dtype, data), [outer!, r, inner!]];
      return [
        call([x, output(dtype, m), output('i32', m), ...tail]),
        call([x, 0, output('i32', m), ...tail]),
        call([x, output(dtype, m), 0, ...tail]),
      ];
    }),
  );

const topk = (dtype: DType) => (): Call[] =>
  SIZES.flatMap(n =>
    [0, 1, 3].flatMap(rows =>
      [0, Math.min(2, n), Math.floor(n / 2), n].flatMap(k =>
        [0, 1].map(descending => {
          const x = tied(dtype, rows * n, n % 2 === 1);
          return call([input(dtype, x), output(dtype, rows * k), output('i32', rows * k), rows, n, k, descending]);
        }),
      ),
    ),
  );
const cumsum = (dtype: DType) => (): Call[] =>
  SIZES.flatMap(n =>
    [
      [2, n, 1],
      [2, n, 5],
      [1, 3, n],
    ].flatMap(sizes =>
      [0, 1].map(backwards => {
        const x = dtype === 'f32' ? floats(product(sizes)) : ints(product(sizes), 2000, -1000);
        const tolerance = dtype === 'f32' ? ROUNDED : EXACT;
        return call([input(dtype, x), output(dtype, x.length), ...sizes, backwards], tolerance, true);
      }),
    ),
  );

export const reductions: Cases<ReductionKernels> = {
  sum,
  sumI32,
  nrm2,
  distances,
  max: extreme('f32'),
  min: extreme('f32'),
  maxI32: extreme('i32'),
  minI32: extreme('i32'),
  topk: topk('f32'),
  topkI32: topk('i32'),
  cumsum: cumsum('f32'),
  cumsumI32: cumsum('i32'),
};
