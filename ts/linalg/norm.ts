/** Norms of matrices, and condition numbers by them. */
import { ShapeError } from '../core/errors';
import { aBoolean, oneOf, optional, options, twoOf, aDim, type Kind } from '../core/kinds';
import { dimOf } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { div, gt, mul } from '../ops/arithmetic';
import { movedim } from '../ops/arrange';
import { abs, to } from '../ops/elementwise';
import { norm } from '../ops/distance';
import { amax, amin, sum } from '../ops/reduce';
import { reshape, select, unsqueeze } from '../ops/view';
import { where } from '../ops/where';
import { inverseOrNot } from './lu';
import { checkMatrix, checkSquare } from './shapes';
import { svdvals } from './svd';

/**
 * Which norm: 'fro', √Σ a²; 'nuc', the sum of singular values; 2 or −2, the largest or smallest of them; 1 or −1, the
 * largest or smallest Σ |a| of a column; ∞ or −∞, of a row.
 */
export type MatrixNormOrd = 'fro' | 'nuc' | number;
const anOrd: Kind<MatrixNormOrd> = oneOf('fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity);

/** Over the last two dimensions. */
function normOf(x: Tensor, ord: MatrixNormOrd): Tensor {
  const extreme = Number(ord) > 0 ? amax : amin;
  switch (ord) {
    case 'fro':
      return norm(x, 'fro', [-2, -1]);
    case 'nuc':
      return sum(svdvals(x), -1);
    case 2:
    case -2:
      return extreme(svdvals(x), -1);
    default:
      return extreme(sum(abs(x), Math.abs(Number(ord)) === 1 ? -2 : -1), -1);
  }
}

export interface MatrixNormOptions {
  /** Leave the two dimensions in place, with size 1. Default false. */
  readonly keepdim?: boolean;
}
/**
 * A norm of matrices, over the two dimensions `dim` of x (default the last two).
 *
 * @param ord which: see {@link MatrixNormOrd}. Default 'fro'.
 * @throws {LinAlgError} for singular values of a matrix that is not finite.
 */
export const matrixNorm: (
  x: Tensor,
  ord?: MatrixNormOrd,
  dim?: readonly [number, number],
  options?: MatrixNormOptions,
) => Tensor = composite(
  'matrixNorm',
  [
    ['x', aTensor],
    ['ord', optional(anOrd)],
    ['dim', optional(twoOf(aDim, 'two dimensions'))],
    ['options', options<MatrixNormOptions>({ keepdim: aBoolean })],
  ],
  (x, ord = 'fro', dim = [-2, -1], { keepdim = false } = {}) => {
    checkMatrix('matrixNorm', 'x', x);
    const [row, column] = [dimOf('matrixNorm', dim[0], x.ndim), dimOf('matrixNorm', dim[1], x.ndim)];
    if (row === column) throw new ShapeError('matrixNorm', `dim names dimension ${row} twice`);
    const y = normOf(movedim(to(x, 'f32'), [row, column], [-2, -1]), ord);
    if (!keepdim) return y;
    return reshape(
      y,
      x.shape.map((n, d) => (d === row || d === column ? 1 : n)),
    );
  },
);

/**
 * The condition numbers [*] of a: |a| |a⁻¹| of square matrices in a norm of {@link matrixNorm}, ∞ of singular ones; with p =
 * 2 or −2, the largest singular value over the smallest or inversely, of any matrices.
 *
 * @param p which norm. Default 2.
 */
export const cond: (a: Tensor, p?: MatrixNormOrd) => Tensor = composite(
  'cond',
  [
    ['a', aTensor],
    ['p', optional(anOrd)],
  ],
  (a, p = 2) => {
    checkMatrix('cond', 'a', a);
    if (p !== 2 && p !== -2) checkSquare('cond', 'a', a);
    if (a.shape.at(-1) === 0 || a.shape.at(-2) === 0) return norm(to(a.detach(), 'f32'), 'fro', [-2, -1]); // of no numbers 0
    if (p === 2 || p === -2) {
      const s = svdvals(a);
      const [most, least] = [select(s, -1, 0), select(s, -1, -1)];
      return p === 2 ? div(most, least) : div(least, most);
    }
    const [inverse, info] = inverseOrNot(to(a, 'f32'));
    const singular = gt(info, 0);
    const finite = where(unsqueeze(unsqueeze(singular, -1), -1), 0, inverse);
    return where(singular, Infinity, mul(normOf(to(a, 'f32'), p), normOf(finite, p)));
  },
);
