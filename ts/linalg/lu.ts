/** LU factorisation, and systems solved by it. */
import { ShapeError } from '../core/errors';
import { aBoolean, options } from '../core/kinds';
import { defineMultiOp, defineParametricOp, type MultiOp, type Op } from '../core/op';
import { broadcast, sameShape, show } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, sub } from '../ops/arithmetic';
import { eye } from '../ops/creation';
import { tril, triu } from '../ops/diagonal';
import { neg } from '../ops/elementwise';
import { checkIndices } from '../ops/indices';
import { concat } from '../ops/join';
import { matmul } from '../ops/matmul';
import { expand, squeeze, unsqueeze } from '../ops/view';
import { checkInfo } from './failure';
import {
  batchShape,
  checkMatrix,
  checkSquare,
  columns,
  columnsOf,
  count,
  eyes,
  mT,
  rows,
  rowsOf,
  spread,
} from './shapes';
import { checkSides, substitute } from './triangular';

/** a [*, m, n] = P L U: L and U in one matrix, the exchanges of rows (from 0), and where U has its first 0. */
export const factor: MultiOp<[a: Tensor], [lu: Tensor, pivots: Tensor, info: Tensor]> = defineMultiOp({
  name: 'luFactor',
  inputs: ['a'],
  outputs: ['lu', 'pivots', 'info'],
  dtypes: ['f32', 'i32', 'i32'],
  shapes([a]) {
    const batch = batchShape(a);
    return [a.shape, [...batch, Math.min(rows(a), columns(a))], batch];
  },
  run: (k, [a], [lu, pivots, info]) =>
    k.lu(a.address, lu.address, pivots.address, info.address, count(a), rows(a), columns(a)),
  flops: ([a]) => a.size * Math.min(rows(a), columns(a)),
  saves: { a: ['lu', 'pivots'] },
  vjp: { a: ([g], { lu, pivots }) => factorGradient(g!, lu, pivots) },
});

/**
 * With dL = L tril₋₁(M) and dU = triu(M) U for M = L⁻¹ Pᵀ dA U⁻¹ (Seeger et al. 2017, 3.3; as PyTorch, of matrices that
 * are not square by L₂ = A₂ U⁻¹ and U₂ = L⁻¹ A₂).
 */
function factorGradient(g: Tensor, lu: Tensor, pivots: Tensor): Tensor {
  const k = columns(pivots);
  const square = (x: Tensor): Tensor => columnsOf(rowsOf(x, 0, k), 0, k);
  const [t, h] = [square(lu), square(g)];
  const [l, u] = [tril(t, -1), triu(t)];
  const hl = tril(h, -1);
  let below = add(matmul(mT(l), hl), hl);
  let above = matmul(triu(h), mT(u));
  const [wide, tall] = [columns(lu) > k, rows(lu) > k];
  if (wide) below = sub(below, matmul(columnsOf(g, k), mT(columnsOf(lu, k))));
  if (tall) above = sub(above, matmul(mT(rowsOf(lu, k)), rowsOf(g, k)));
  /** x U⁻ᵀ, and L⁻ᵀ x. */
  const right = (x: Tensor): Tensor => mT(substitute(t, mT(x), { upper: true }));
  const left = (x: Tensor): Tensor => substitute(t, x, { upper: false, transposed: true, unit: true });
  let ga = right(left(add(tril(below, -1), triu(above))));
  if (wide) ga = concat([ga, left(columnsOf(g, k))], -1);
  if (tall) ga = concat([ga, right(rowsOf(g, k))], -2);
  return permuteRows(pivots, ga, { back: true });
}

/** Pᵀ b, or P b, for the exchanges `pivots`. */
const permuteRows: Op<[pivots: Tensor, b: Tensor], { back: boolean }> = defineParametricOp({
  name: 'permuteRows',
  inputs: ['pivots', 'b'],
  wants: { pivots: 'i32' },
  shape: ([, b]) => b.shape,
  run: (k, [pivots, b], [y], { back }) =>
    k.permuteRows(
      pivots.address,
      b.address,
      y.address,
      count(b),
      rows(b),
      columns(b),
      pivots.shape.at(-1)!,
      back ? 1 : 0,
    ),
  flops: () => 0,
  saves: { b: ['pivots'] },
  vjp: { pivots: null, b: (g, { pivots }, { back }) => permuteRows(pivots, g, { back: !back }) },
});

/** What solves with the factors, of which one reads the pivots as they come from users. */
type Factored = Op<[lu: Tensor, pivots: Tensor, b: Tensor], { transposed: boolean }>;
const solveFactored: Factored = defineParametricOp({
  name: 'luSolve',
  inputs: ['lu', 'pivots', 'b'],
  wants: { pivots: 'i32' },
  shape: ([, , b]) => b.shape,
  run(k, [lu, pivots, b], [y], { transposed }) {
    checkIndices(k, 'luSolve', pivots, rows(b));
    k.luSolve(lu.address, pivots.address, b.address, y.address, count(b), rows(b), columns(b), transposed ? 1 : 0);
  },
  flops: ([lu, , b]) => 2 * lu.size * columns(b),
  saves: { lu: ['lu', 'pivots', 'y'], b: ['lu', 'pivots'] },
  vjpAll(g, { lu, pivots, y }, { transposed }, _, needed) {
    const gb = solveFactored(lu!, pivots!, g, { transposed: !transposed });
    if (!needed.lu) return { b: gb };
    // From P L U to its factors.
    const whole = permuteRows(pivots!, systemGradient(gb, y!, transposed), { back: false });
    const l = add(tril(lu!, -1), eye(rows(g)));
    return { lu: add(tril(matmul(whole, mT(triu(lu!))), -1), triu(matmul(mT(l), whole))), b: gb };
  },
});
/** Of x = a⁻¹ b, or a⁻ᵀ b, the cotangent of a (Giles 2008, 2.3.1): that of b is known. */
const systemGradient = (gb: Tensor, x: Tensor, transposed: boolean): Tensor =>
  neg(transposed ? matmul(x, mT(gb)) : matmul(gb, mT(x)));

/**
 * a⁻¹ b, or a⁻ᵀ b, where the factors of a are at hand. As a function of a and b: gradients of every order are solved by the
 * same factors.
 */
export const solveWith: Op<[a: Tensor, lu: Tensor, pivots: Tensor, b: Tensor], { transposed: boolean }> =
  defineParametricOp({
    name: 'solve',
    inputs: ['a', 'lu', 'pivots', 'b'],
    wants: { pivots: 'i32' },
    shape: ([, , , b]) => b.shape,
    run: (k, [, lu, pivots, b], [y], { transposed }) =>
      k.luSolve(lu.address, pivots.address, b.address, y.address, count(b), rows(b), columns(b), transposed ? 1 : 0),
    flops: ([a, , , b]) => 2 * a.size * columns(b),
    saves: { a: ['a', 'lu', 'pivots', 'y'], b: ['a', 'lu', 'pivots'] },
    vjpAll(g, { a, lu, pivots, y }, { transposed }, _, needed) {
      const gb = solveWith(a!, lu!, pivots!, g, { transposed: !transposed });
      return { a: needed.a ? systemGradient(gb, y!, transposed) : null, b: gb };
    },
  });

/** The factors of matrices that must not be singular, as constants. */
function regular(of: string, a: Tensor): [lu: Tensor, pivots: Tensor] {
  const [w, pivots, info] = factor(a.detach());
  checkRegular(of, info);
  return [w, pivots];
}
function checkRegular(where: string, info: Tensor): void {
  checkInfo(info, { where, what: i => `is singular: pivot ${i} of its LU factorisation is 0` });
}

/**
 * P, L and U with a = P L U: a [*, m, n], P [*, m, m] a permutation, L [*, m, k] unit lower triangular, U [*, k, n], k =
 * min(m, n). Rows are exchanged so that no element of L is above 1. Differentiable where the first k columns of a are
 * independent; P has no gradient.
 */
export const lu: (a: Tensor) => [P: Tensor, L: Tensor, U: Tensor] = composite('lu', [['a', aTensor]], a => {
  checkMatrix('lu', 'a', a);
  const [w, pivots] = factor(a);
  const [m, k] = [rows(a), columns(pivots)];
  const p = permuteRows(pivots, eyes(m, batchShape(a)), { back: true });
  const l = add(tril(columnsOf(w, 0, k), -1), columnsOf(eye(m), 0, k));
  return [p, l, triu(rowsOf(w, 0, k))];
});

/**
 * The factors of a [*, m, n] as {@link luSolve} takes them: LU [*, m, n], with L below the diagonal, whose own is 1, and U;
 * and pivots (i32) [*, min(m, n)], the row (from 1, as in LAPACK) that was exchanged with row i at step i.
 *
 * @throws {LinAlgError} if U has a 0 on its diagonal.
 */
export const luFactor: (a: Tensor) => [LU: Tensor, pivots: Tensor] = composite('luFactor', [['a', aTensor]], a => {
  checkMatrix('luFactor', 'a', a);
  const [w, pivots, info] = factor(a);
  checkRegular('luFactor', info);
  return [w, add(pivots, 1)];
});

export interface SolveOptions {
  /** a stands left of x: a x = b; else x a = b. Default true. */
  readonly left?: boolean;
}
export interface LuSolveOptions extends SolveOptions {
  /** Solve with aᵀ instead of a. Default false. */
  readonly adjoint?: boolean;
}
/**
 * x with a x = b, from what {@link luFactor} made of a [*, n, n]; b [*, n, k], and batches broadcast.
 *
 * @throws {IndexError} for a pivot that is no row.
 */
export const luSolve: (LU: Tensor, pivots: Tensor, b: Tensor, options?: LuSolveOptions) => Tensor = composite(
  'luSolve',
  [
    ['LU', aTensor],
    ['pivots', aTensor],
    ['b', aTensor],
    ['options', options<LuSolveOptions>({ left: aBoolean, adjoint: aBoolean })],
  ],
  (w, pivots, b, { left = true, adjoint = false } = {}) => {
    checkSquare('luSolve', 'LU', w);
    if (!sameShape(pivots.shape, w.shape.slice(0, -1))) {
      throw new ShapeError(
        'luSolve',
        `LU ${show(w.shape)} takes pivots ${show(w.shape.slice(0, -1))}, these are ${show(pivots.shape)}`,
      );
    }
    checkSides('luSolve', w, b, left);
    const batch = broadcast('luSolve', batchShape(w), batchShape(b));
    const swaps = expand(sub(pivots, 1), [...batch, columns(w)]);
    const solved = (y: Tensor): Tensor =>
      solveFactored(spread(w, batch), swaps, spread(y, batch), { transposed: left === adjoint });
    return left ? solved(b) : mT(solved(mT(b)));
  },
);

/**
 * x with a x = b: a [*, n, n], b [*, n, k] or, with a vector for each matrix, [*, n]; batches broadcast. A b of one
 * dimension, or in the shape of a without its last, is vectors.
 *
 * @throws {LinAlgError} if a matrix is singular; in a captured function, when it is called.
 */
export const solve: (a: Tensor, b: Tensor, options?: SolveOptions) => Tensor = composite(
  'solve',
  [
    ['a', aTensor],
    ['b', aTensor],
    ['options', options<SolveOptions>({ left: aBoolean })],
  ],
  (a, b, { left = true } = {}) => {
    checkSquare('solve', 'a', a);
    const vectors = b.ndim === 1 || sameShape(b.shape, a.shape.slice(0, -1));
    const y = vectors ? unsqueeze(b, left ? -1 : -2) : b;
    checkSides('solve', a, y, left);
    const batch = broadcast('solve', batchShape(a), batchShape(y));
    const [w, pivots] = regular('solve', a);
    const swaps = expand(pivots, [...batch, columns(a)]);
    const solved = (y: Tensor): Tensor =>
      solveWith(spread(a, batch), spread(w, batch), swaps, spread(y, batch), { transposed: !left });
    const x = left ? solved(y) : mT(solved(mT(y)));
    return vectors ? squeeze(x, left ? -1 : -2) : x;
  },
);

/**
 * The inverses of a [*, n, n]. To multiply by one, {@link solve} is quicker and more exact.
 *
 * @throws {LinAlgError} if a matrix is singular; in a captured function, when it is called.
 */
export const inv: (a: Tensor) => Tensor = composite('inv', [['a', aTensor]], a => {
  checkSquare('inv', 'a', a);
  const [w, pivots] = regular('inv', a);
  return solveWith(a, w, pivots, eyes(rows(a), batchShape(a)), { transposed: false });
});

/** a⁻¹, and where a is singular something that is not finite. */
export function inverseOrNot(a: Tensor): [inverse: Tensor, info: Tensor] {
  const [w, pivots, info] = factor(a.detach());
  return [solveWith(a, w, pivots, eyes(rows(a), batchShape(a)), { transposed: false }), info];
}
