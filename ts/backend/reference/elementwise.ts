import type {
  Arithmetic,
  Binary,
  Cast,
  Comparison,
  Differentiable,
  IntArithmetic,
  Kernels,
  Plain,
  Unary,
  UnaryGrad,
} from '../backend';
import {
  arithmetic,
  cast,
  comparison,
  differentiable,
  intArithmetic,
  plain,
  type Function1,
  type Function2,
} from './functions';
import type { Floats } from './heap';

type Name =
  | Differentiable
  | `${Differentiable}Grad`
  | Plain
  | Cast
  | Arithmetic
  | Comparison
  | `${IntArithmetic | Comparison}I32`
  | 'addInto'
  | 'clamp'
  | 'where';

/** Kernels that compute every element from the elements with its own index. */
export function elementwise(heap: Floats): Pick<Kernels, Name> {
  const unary =
    (f: Function1): Unary =>
    (xAt, yAt, n, p) => {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      for (let i = 0; i < n; i++) y[i] = f(x[i]!, p);
    };

  const unaryGrad =
    (slope: Function1): UnaryGrad =>
    (gAt, sAt, gxAt, n, p) => {
      const [g, s, gx] = [heap.from(gAt), heap.from(sAt), heap.from(gxAt)];
      for (let i = 0; i < n; i++) gx[i] = g[i]! * slope(s[i]!, p);
    };

  const binary =
    (f: Function2): Binary =>
    (a, b, y, n0, n1, n2, n3, a0, a1, a2, a3, b0, b1, b2, b3) => {
      const [A, B, Y] = [heap.whole(a), heap.whole(b), heap.whole(y)];
      const [a4, b4] = [heap.indexOf(a), heap.indexOf(b)];
      let next = heap.indexOf(y);
      for (let i = 0; i < n0; i++)
        for (let j = 0; j < n1; j++)
          for (let k = 0; k < n2; k++)
            for (let l = 0; l < n3; l++) {
              const left = A[a4 + i * a0 + j * a1 + k * a2 + l * a3]!;
              const right = B[b4 + i * b0 + j * b1 + k * b2 + l * b3]!;
              Y[next++] = f(left, right);
            }
    };

  const convert =
    (f: (x: number) => number): Kernels[Cast] =>
    (xAt, yAt, n) => {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      for (let i = 0; i < n; i++) y[i] = f(x[i]!);
    };

  return {
    ...expand(differentiable, '', ([f]) => unary(f)),
    ...expand(differentiable, 'Grad', ([, slope]) => unaryGrad(slope)),
    ...expand(plain, '', unary),
    ...expand(arithmetic, '', binary),
    ...expand(comparison, '', binary),
    ...expand(intArithmetic, 'I32', binary),
    ...expand(comparison, 'I32', binary),
    ...expand(cast, '', convert),

    addInto(aAt, bAt, n) {
      const [a, b] = [heap.from(aAt), heap.from(bAt)];
      for (let i = 0; i < n; i++) a[i]! += b[i]!;
    },

    clamp(xAt, yAt, n, lo, hi) {
      const [x, y] = [heap.from(xAt), heap.from(yAt)];
      for (let i = 0; i < n; i++) y[i] = Math.min(Math.max(x[i]!, lo), hi);
    },

    where(cAt, aAt, bAt, yAt, n) {
      const [c, a, b, y] = [heap.from(cAt), heap.from(aAt), heap.from(bAt), heap.from(yAt)];
      for (let i = 0; i < n; i++) y[i] = c[i]! ? a[i]! : b[i]!;
    },
  };
}

/** A kernel for each entry of a table, under the entry's name and a suffix. */
function expand<K extends string, S extends string, F, V>(
  table: Readonly<Record<K, F>>,
  suffix: S,
  kernel: (entry: F) => V,
): Record<`${K}${S}`, V>;
function expand<F, V>(table: Readonly<Record<string, F>>, suffix: string, kernel: (entry: F) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(table).map(([name, entry]) => [name + suffix, kernel(entry)]));
}
