/** Determinants, by LU factorisation. */
import { runCopy } from '../core/geometry';
import { defineOp, type Op } from '../core/op';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, eq, mul } from '../ops/arithmetic';
import { arange } from '../ops/creation';
import { diagEmbed, diagonal } from '../ops/diagonal';
import { abs, log, sign } from '../ops/elementwise';
import { amax, sum } from '../ops/reduce';
import { prod } from '../ops/statistics';
import { expand, unsqueeze } from '../ops/view';
import { where } from '../ops/where';
import { factor, solveWith } from './lu';
import { checkSquare, rows } from './shapes';

/** The diagonal of U, each element with the sign of its exchange of rows: their product is the determinant. */
function factorsOf(lu: Tensor, pivots: Tensor): Tensor {
  const stays = eq(pivots, arange(rows(lu), undefined, undefined, { dtype: 'i32' }));
  return mul(diagonal(lu, 0, -2, -1), where(stays, 1, -1));
}

/** c a⁻ᵀ, for a number c for each matrix. */
function scaledInverse(a: Tensor, lu: Tensor, pivots: Tensor, c: Tensor): Tensor {
  const n = rows(a);
  return solveWith(a, lu, pivots, diagEmbed(expand(unsqueeze(c, -1), [...c.shape, n])), { transposed: true });
}

/**
 * The factors with 2⁻²⁴ of the largest pivot instead of zeros. A determinant is a polynomial, so its gradient is
 * continuous: at a singular matrix it is that of a regular one which f32 cannot tell from it.
 */
function regularised(lu: Tensor): Tensor {
  if (rows(lu) === 0) return lu;
  const pivots = diagonal(lu, 0, -2, -1);
  const largest = amax(abs(pivots), -1, { keepdim: true });
  const small = where(eq(largest, 0), 2 ** -24, mul(largest, 2 ** -24));
  return add(lu, diagEmbed(where(eq(pivots, 0), small, 0)));
}

type OfFactors = Op<[a: Tensor, lu: Tensor, pivots: Tensor, value: Tensor]>;
/** A number for each matrix, as it was found from the factors. */
function ofFactors(name: string, gradient: (g: Tensor, a: Tensor, lu: Tensor, pivots: Tensor) => Tensor): OfFactors {
  return defineOp({
    name,
    inputs: ['a', 'lu', 'pivots', 'value'],
    wants: { pivots: 'i32' },
    shape: ([, , , value]) => value.shape,
    run: (k, [, , , value], [y]) => runCopy(k.copy, value, y),
    saves: { a: ['a', 'lu', 'pivots'] },
    vjp: { a: (g, { a, lu, pivots }) => gradient(g, a, lu, pivots), lu: null, pivots: null, value: null },
  });
}
/** det a, whose gradient is det(a) a⁻ᵀ (Giles 2008, 2.2.4). */
const determinant: OfFactors = ofFactors('det', (g, a, lu, pivots) => {
  const w = regularised(lu);
  return scaledInverse(a, w, pivots, mul(g, determinant(a, w, pivots, prod(factorsOf(w, pivots), -1))));
});
/** log |det a|, whose gradient is a⁻ᵀ. */
const logDeterminant: OfFactors = ofFactors('slogdet', (g, a, lu, pivots) => scaledInverse(a, lu, pivots, g));

/**
 * The determinants [*] of a [*, n, n]; of no rows, 1. Its first gradient is right for singular matrices, too, further ones
 * for regular ones.
 */
export const det: (a: Tensor) => Tensor = composite('det', [['a', aTensor]], a => {
  checkSquare('det', 'a', a);
  const [lu, pivots] = factor(a.detach());
  return determinant(a, lu, pivots, prod(factorsOf(lu, pivots), -1));
});

/**
 * The sign (−1, 0 or 1; it has no gradient) and log |det| of a [*, n, n], both [*], where the determinant itself may be
 * beyond f32. Of a singular matrix 0 and −∞, and the gradient is not finite.
 */
export const slogdet: (a: Tensor) => [sign: Tensor, logabsdet: Tensor] = composite('slogdet', [['a', aTensor]], a => {
  checkSquare('slogdet', 'a', a);
  const [lu, pivots] = factor(a.detach());
  const factors = factorsOf(lu, pivots);
  return [prod(sign(factors), -1), logDeterminant(a, lu, pivots, sum(log(abs(factors)), -1))];
});
