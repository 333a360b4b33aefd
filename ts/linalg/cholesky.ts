/** Cholesky factorisation. */
import { aBoolean, options } from '../core/kinds';
import { defineMultiOp, type MultiOp } from '../core/op';
import { broadcast } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, mul } from '../ops/arithmetic';
import { tril } from '../ops/diagonal';
import { matmul } from '../ops/matmul';
import { checkInfo } from './failure';
import { batchShape, checkSquare, count, mT, rows, spread } from './shapes';
import { checkSides, substitute } from './triangular';

const factor: MultiOp<[a: Tensor], [l: Tensor, info: Tensor]> = defineMultiOp({
  name: 'cholesky',
  inputs: ['a'],
  outputs: ['l', 'info'],
  dtypes: ['f32', 'i32'],
  shapes: ([a]) => [a.shape, batchShape(a)],
  run: (k, [a], [l, info]) => k.cholesky(a.address, l.address, info.address, count(a), rows(a)),
  flops: ([a]) => (a.size * rows(a)) / 3,
  saves: { a: ['l'] },
  vjp: {
    // Murray 2016, (10): L⁻ᵀ Φ(Lᵀ gL) L⁻¹ with half of the diagonal, symmetric as a is.
    a([g], { l }) {
      const p = matmul(mT(l), g!);
      const twice = add(tril(p), mT(tril(p, -1)));
      const left = substitute(l, twice, { upper: false, transposed: true });
      return mul(mT(substitute(l, mT(left), { upper: false, transposed: true })), 0.5);
    },
  },
});

export interface CholeskyOptions {
  /** The upper triangle of a is read, and U with a = Uᵀ U is returned. Default false. */
  readonly upper?: boolean;
}
/**
 * Lower triangular L with a = L Lᵀ, of symmetric positive definite a [*, n, n], of which the lower triangle is read. Its
 * gradient is symmetric.
 *
 * @throws {LinAlgError} if a matrix is not positive definite; in a captured function, when it is called.
 */
export const cholesky: (a: Tensor, options?: CholeskyOptions) => Tensor = composite(
  'cholesky',
  [
    ['a', aTensor],
    ['options', options<CholeskyOptions>({ upper: aBoolean })],
  ],
  (a, { upper = false } = {}) => {
    checkSquare('cholesky', 'a', a);
    const [l, info] = factor(upper ? mT(a) : a);
    checkInfo(info, {
      where: 'cholesky',
      what: order => `is not positive definite: its leading minor of order ${order} is not positive`,
    });
    return upper ? mT(l) : l;
  },
);

/**
 * x with a x = b, where a = L Lᵀ: from b [*, n, k] and the factor L [*, n, n] of {@link cholesky}, or with `upper` U; batches
 * broadcast.
 */
export const choleskySolve: (b: Tensor, L: Tensor, options?: CholeskyOptions) => Tensor = composite(
  'choleskySolve',
  [
    ['b', aTensor],
    ['L', aTensor],
    ['options', options<CholeskyOptions>({ upper: aBoolean })],
  ],
  (b, factor, { upper = false } = {}) => {
    checkSquare('choleskySolve', 'L', factor);
    checkSides('choleskySolve', factor, b, true);
    const batch = broadcast('choleskySolve', batchShape(b), batchShape(factor));
    const [l, y] = [spread(factor, batch), spread(b, batch)];
    return substitute(l, substitute(l, y, { upper, transposed: upper }), { upper, transposed: !upper });
  },
);
