/** Powers, exponentials and chains of products of matrices. */
import { ShapeError } from '../core/errors';
import { listOf, wholeNumber } from '../core/kinds';
import { defineOp, type Op } from '../core/op';
import { show, type Shape } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { zerosLike } from '../ops/creation';
import { concat } from '../ops/join';
import { matmul } from '../ops/matmul';
import { squeeze, unsqueeze } from '../ops/view';
import { inv } from './lu';
import { batchShape, checkSquare, columnsOf, count, eyes, mT, rows, rowsOf } from './shapes';

const exponential: Op<[a: Tensor]> = defineOp({
  name: 'matrixExp',
  inputs: ['a'],
  shape: ([a]) => a.shape,
  run: (k, [a], [y]) => k.matrixExp(a.address, y.address, count(a), rows(a)),
  flops: ([a]) => 10 * a.size * rows(a),
  saves: { a: ['a'] },
  vjp: {
    // Its derivative along g is a block of the exponential of a matrix twice as large (Najfeld and Havel 1995).
    a(g, { a }) {
      const [n, t] = [rows(a), mT(a)];
      const whole = concat([concat([t, g], -1), concat([zerosLike(t), t], -1)], -2);
      return columnsOf(rowsOf(exponential(whole), 0, n), n);
    },
  },
});
/** The exponentials Σ aⁱ / i! of a [*, n, n]; NaN where a matrix is not finite. */
export const matrixExp: (a: Tensor) => Tensor = composite('matrixExp', [['a', aTensor]], a => {
  checkSquare('matrixExp', 'a', a);
  return exponential(a);
});

/**
 * aⁿ of a [*, m, m], by squarings; the identity for n = 0, and of the inverse for n < 0.
 *
 * @throws {LinAlgError} if n < 0 and a matrix is singular; in a captured function, when it is called.
 */
export const matrixPower: (a: Tensor, n: number) => Tensor = composite(
  'matrixPower',
  [
    ['a', aTensor],
    ['n', wholeNumber(-Infinity)],
  ],
  (a, n) => {
    checkSquare('matrixPower', 'a', a);
    if (n === 0) return eyes(rows(a), batchShape(a));
    let square = n < 0 ? inv(a) : a;
    let y: Tensor | null = null;
    for (let left = Math.abs(n); left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) y = y ? matmul(y, square) : square;
      if (left > 1) square = matmul(square, square);
    }
    return y!;
  },
);

/**
 * The product of two matrices or more, in the order of fewest multiplications. The first and the last may be vectors,
 * a row and a column, whose dimension goes again.
 */
export const multiDot: (xs: readonly Tensor[]) => Tensor = composite(
  'multiDot',
  [['xs', listOf(aTensor, 'a list of tensors')]],
  xs => {
    const last = xs.length - 1;
    if (last < 1) throw new ShapeError('multiDot', `takes two tensors or more, these are ${xs.length}`);
    xs.forEach(({ ndim, shape }, i) => {
      if (ndim === 2 || (ndim === 1 && (i === 0 || i === last))) return;
      throw new ShapeError(
        'multiDot',
        `xs[${i}] takes a matrix${i === 0 || i === last ? ' or a vector' : ''}, this has shape ${show(shape)}`,
      );
    });
    const matrices = xs.map((x, i) => (x.ndim === 2 ? x : unsqueeze(x, i === 0 ? 0 : 1)));
    const sizes = [rows(matrices[0]!), ...matrices.map(({ shape }) => shape[1]!)];
    matrices.forEach(({ shape }, i) => {
      if (shape[0] === sizes[i]) return;
      throw new ShapeError(
        'multiDot',
        `xs[${i}] ${show(xs[i]!.shape)} does not fit xs[${i - 1}] ${show(xs[i - 1]!.shape)}`,
      );
    });
    const cut = cuts(sizes);
    const product = (i: number, j: number): Tensor =>
      i === j ? matrices[i]! : matmul(product(i, cut(i, j)), product(cut(i, j) + 1, j));
    let y = product(0, last);
    if (xs[last]!.ndim === 1) y = squeeze(y, 1);
    return xs[0]!.ndim === 1 ? squeeze(y, 0) : y;
  },
);

/** Where to cut a chain of matrices [sizes[i], sizes[i + 1]] from i to j in two, by the costs of all shorter ones. */
function cuts(sizes: Shape): (i: number, j: number) => number {
  const n = sizes.length - 1;
  const cost = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const at = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let length = 1; length < n; length++) {
    for (let i = 0; i + length < n; i++) {
      const j = i + length;
      cost[i]![j] = Infinity;
      for (let k = i; k < j; k++) {
        const c = cost[i]![k]! + cost[k + 1]![j]! + sizes[i]! * sizes[k + 1]! * sizes[j + 1]!;
        if (c < cost[i]![j]!) [cost[i]![j], at[i]![j]] = [c, k];
      }
    }
  }
  return (i, j) => at[i]![j]!;
}
