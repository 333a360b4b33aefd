/** QR factorisation. */
import { GradientError } from '../core/errors';
import { oneOf, options } from '../core/kinds';
import { defineMultiOp, type MultiOp } from '../core/op';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, sub } from '../ops/arithmetic';
import { zerosLike } from '../ops/creation';
import { triu } from '../ops/diagonal';
import { concat } from '../ops/join';
import { matmul } from '../ops/matmul';
import { batchShape, checkMatrix, columns, columnsOf, count, mT, rows } from './shapes';
import { substitute } from './triangular';

type Mode = 'reduced' | 'complete';
const factor: MultiOp<[a: Tensor], [q: Tensor, r: Tensor], { mode: Mode }> = defineMultiOp({
  name: 'qr',
  inputs: ['a'],
  outputs: ['q', 'r'],
  shapes([a], { mode }) {
    const [m, n, batch] = [rows(a), columns(a), batchShape(a)];
    const k = mode === 'complete' ? m : Math.min(m, n);
    return [
      [...batch, m, k],
      [...batch, k, n],
    ];
  },
  run: (k, [a], [q, r]) => k.qr(a.address, q.address, r.address, count(a), rows(a), columns(a), columns(q)),
  flops: ([a], q) => 2 * (a.size * columns(a) + q.size * Math.min(rows(a), columns(a))),
  saves: { a: ['q', 'r'] },
  vjp: {
    a([gq, gr], { q, r }) {
      if (columns(q) > columns(r)) {
        throw new GradientError('qr', "of more rows than columns takes mode 'reduced': the other columns are any");
      }
      return factorGradient(gq, gr, q, r);
    },
  },
});

/**
 * (gQ + Q (X + Xᵀ)) R⁻ᵀ with X the upper triangle of gR Rᵀ − Qᵀ gQ, its diagonal halved (Seeger et al. 2017, 3.4; Liao et
 * al. 2019, (6)); of a wide matrix by its first columns, the others being Q R₂.
 */
function factorGradient(gq: Tensor | null, gr: Tensor | null, q: Tensor, r: Tensor): Tensor {
  const k = columns(q);
  const [g, h] = [gq ?? zerosLike(q), gr ?? zerosLike(r)];
  if (columns(r) > k) {
    const [r2, h2] = [columnsOf(r, k), columnsOf(h, k)];
    // R₂ = Qᵀ A₂, and A₂ = Q R₂.
    const both = add(g, matmul(matmul(q, r2), mT(h2)));
    return concat([factorGradient(both, columnsOf(h, 0, k), q, columnsOf(r, 0, k)), matmul(q, h2)], -1);
  }
  const x = sub(matmul(h, mT(r)), matmul(mT(q), g));
  const symmetric = add(triu(x), mT(triu(x, 1)));
  const sum = add(g, matmul(q, symmetric));
  return mT(substitute(r, mT(sum), { upper: true }));
}

export interface QrOptions {
  /** Q of min(m, n) columns, or with 'complete' of m. Default 'reduced'. */
  readonly mode?: Mode;
}
/**
 * Q, with orthonormal columns, and R, upper triangular, with a = Q R: of a [*, m, n], Q [*, m, k] and R [*, k, n], k = min(m,
 * n) or m. Signs are LAPACK's. Differentiable where the first k columns of a are independent; with 'complete' not of more
 * rows than columns.
 */
export const qr: (a: Tensor, options?: QrOptions) => [Q: Tensor, R: Tensor] = composite(
  'qr',
  [
    ['a', aTensor],
    ['options', options<QrOptions>({ mode: oneOf('reduced', 'complete') })],
  ],
  (a, { mode = 'reduced' } = {}) => {
    checkMatrix('qr', 'a', a);
    return factor(a, { mode });
  },
);
