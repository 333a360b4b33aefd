/** What rests on which singular values count: ranks, pseudoinverses, least squares. */
import { ShapeError } from '../core/errors';
import { aBoolean, aNumber, options } from '../core/kinds';
import { runCopy } from '../core/geometry';
import { defineOp, defineParametricOp, type Op } from '../core/op';
import { broadcast, sameShape, show } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, div, gt, maximum, mul, sub } from '../ops/arithmetic';
import { zeros } from '../ops/creation';
import { abs, square } from '../ops/elementwise';
import { matmul } from '../ops/matmul';
import { amax, sum } from '../ops/reduce';
import { squeeze, unsqueeze } from '../ops/view';
import { where } from '../ops/where';
import { eigh } from './eigh';
import { batchShape, checkMatrix, checkSquare, columns, mT, rows, spread } from './shapes';
import { decomposed } from './svd';

export interface RankOptions {
  /** Singular values up to this count as 0. Default 0. */
  readonly atol?: number;
  /** And those up to this times the largest. Default max(m, n) 2⁻²³, or 0 with `atol`. */
  readonly rtol?: number;
  /** a is symmetric: its lower triangle is read, and eigenvalues are found instead. Default false. */
  readonly hermitian?: boolean;
}
const RANK: Signature<[a: Tensor, options?: RankOptions]> = [
  ['a', aTensor],
  ['options', options<RankOptions>({ atol: aNumber(0), rtol: aNumber(0), hermitian: aBoolean })],
];

/** Which of the values s [*, k] of a count. */
function counting(s: Tensor, a: Tensor, { atol = 0, rtol }: RankOptions): Tensor {
  if (s.shape.at(-1) === 0) return gt(s, 0);
  const relative = rtol ?? (atol > 0 ? 0 : Math.max(rows(a), columns(a)) * 2 ** -23);
  return gt(s, maximum(mul(amax(s, -1, { keepdim: true }), relative), atol));
}
const countOf = (which: Tensor): Tensor => sum(which, -1);
/** 1 / x where it counts, else 0. */
const reciprocalWhere = (which: Tensor, x: Tensor): Tensor => where(which, div(1, where(which, x, 1)), 0);

/** The numerical ranks (i32) [*] of a [*, m, n]: how many singular values count. */
export const matrixRank: (a: Tensor, options?: RankOptions) => Tensor = composite('matrixRank', RANK, (x, o = {}) => {
  const a = x.detach();
  if (o.hermitian) checkSquare('matrixRank', 'a', a);
  const s = o.hermitian ? abs(eigh(a)[0]) : decomposed('matrixRank', a, false)[1];
  return countOf(counting(s, a, o));
});

/** a⁺, as it was found: as a function of a, of constant rank. */
const pseudoinverse: Op<[a: Tensor, value: Tensor]> = defineOp({
  name: 'pinv',
  inputs: ['a', 'value'],
  shape: ([, value]) => value.shape,
  run: (k, [, value], [y]) => runCopy(k.copy, value, y),
  saves: { a: ['a', 'y'] },
  vjp: { a: (g, { a, y }) => pinvGradient(a, y, mT(g)), value: null },
});

/**
 * From the cotangent of (a⁺)ᵀ (Golub and Pereyra 1973): for p = a⁺ and K = g p, −(p K)ᵀ + (I − a p) K pᵀ + pᵀ p (g − K a).
 */
function pinvGradient(a: Tensor, p: Tensor, g: Tensor): Tensor {
  if (rows(a) > columns(a)) return mT(pinvGradient(mT(a), mT(p), mT(g)));
  const k = matmul(g, p);
  const kp = matmul(k, mT(p));
  const beyond = sub(kp, matmul(matmul(a, p), kp));
  return add(sub(beyond, mT(matmul(p, k))), matmul(matmul(mT(p), p), sub(g, matmul(k, a))));
}

/**
 * The Moore–Penrose pseudoinverses [*, n, m] of a [*, m, n]. Singular values that do not count are taken to be 0, and to
 * stay so: the gradient is that at constant rank.
 *
 * @throws {LinAlgError} if a matrix is not finite; in a captured function, when it is called.
 */
export const pinv: (a: Tensor, options?: RankOptions) => Tensor = composite('pinv', RANK, (a, o = {}) => {
  checkMatrix('pinv', 'a', a);
  return pseudoinverse(a, inverted(a.detach(), o));
});
function inverted(a: Tensor, o: RankOptions): Tensor {
  if (o.hermitian) {
    checkSquare('pinv', 'a', a);
    const [w, v] = eigh(a);
    return matmul(mul(v, unsqueeze(reciprocalWhere(counting(abs(w), a, o), w), -2)), mT(v));
  }
  const [u, s, vh] = decomposed('pinv', a, false);
  return matmul(mul(mT(vh), unsqueeze(reciprocalWhere(counting(s, a, o), s), -2)), mT(u));
}

/** The x that was found to minimise |a x − b|, as a function of a and b. */
const leastSquares: Op<[a: Tensor, b: Tensor, value: Tensor], { rcond: number }> = defineParametricOp({
  name: 'lstsq',
  inputs: ['a', 'b', 'value'],
  shape: ([, , value]) => value.shape,
  run: (k, [, , value], [y]) => runCopy(k.copy, value, y),
  saves: { a: ['a', 'b'], b: ['a'] },
  // x = a⁺ b.
  vjpAll(g, { a, b }, { rcond }, _, needed) {
    const p = pinv(a!, { rtol: rcond });
    return {
      a: needed.a ? pinvGradient(a!, p, matmul(b!, mT(g))) : null,
      b: needed.b ? matmul(mT(p), g) : null,
    };
  },
});

export interface LstsqOptions {
  /** Singular values up to this times the largest count as 0. Default max(m, n) 2⁻²³. */
  readonly rcond?: number;
}
/**
 * The x of least |x| among those for which |a x − b| is least, by singular values (LAPACK's gelsd): a [*, m, n], b [*, m, k] or,
 * with a vector for each matrix, [*, m]; batches broadcast.
 *
 * @returns x [*, n, k]; for m > n the squares |a x − b|² [*, k] of its columns, else none [0] (PyTorch leaves them out where
 *   a rank is below n, too); the ranks (i32) [*] of a; its singular values [*, min(m, n)]. The first two have gradients, that
 *   of a at constant rank.
 * @throws {LinAlgError} if a matrix is not finite; in a captured function, when it is called.
 */
export const lstsq: (
  a: Tensor,
  b: Tensor,
  options?: LstsqOptions,
) => [solution: Tensor, residuals: Tensor, rank: Tensor, singularValues: Tensor] = composite(
  'lstsq',
  [
    ['a', aTensor],
    ['b', aTensor],
    ['options', options<LstsqOptions>({ rcond: aNumber(0) })],
  ],
  (a, b, { rcond } = {}) => {
    checkMatrix('lstsq', 'a', a);
    const vectors = b.ndim === 1 || sameShape(b.shape, a.shape.slice(0, -1));
    const c = vectors ? unsqueeze(b, -1) : b;
    checkMatrix('lstsq', 'b', c);
    if (rows(a) !== rows(c)) throw new ShapeError('lstsq', `b ${show(b.shape)} has other rows than a ${show(a.shape)}`);
    const rtol = rcond ?? Math.max(rows(a), columns(a)) * 2 ** -23;
    const batch = broadcast('lstsq', batchShape(a), batchShape(c));
    const [u, s, vh] = decomposed('lstsq', a.detach(), false);
    const which = counting(s, a, { rtol });
    const weights = unsqueeze(reciprocalWhere(which, s), -1);
    const found = matmul(mT(vh), mul(weights, matmul(mT(u), c.detach())));
    const [p, y] = [spread(a, batch), spread(c, batch)];
    const x = leastSquares(p, y, found, { rcond: rtol });
    const tall = rows(a) > columns(a);
    const residuals = tall ? sum(square(sub(matmul(p, x), y)), -2) : zeros([0]);
    return [vectors ? squeeze(x, -1) : x, vectors && tall ? squeeze(residuals, -1) : residuals, countOf(which), s];
  },
);
