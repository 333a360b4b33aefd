/** Eigenvalues and eigenvectors of symmetric matrices. */
import { oneOf, options } from '../core/kinds';
import { defineMultiOp, type MultiOp } from '../core/op';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, div, mul, sub } from '../ops/arithmetic';
import { diagEmbed } from '../ops/diagonal';
import { matmul } from '../ops/matmul';
import { checkInfo } from './failure';
import { checkSquare, count, batchShape, mT, gaps, rows } from './shapes';

const decompose: MultiOp<[a: Tensor], [w: Tensor, v: Tensor, info: Tensor]> = defineMultiOp({
  name: 'eigh',
  inputs: ['a'],
  outputs: ['w', 'v', 'info'],
  dtypes: ['f32', 'f32', 'i32'],
  shapes: ([a]) => [a.shape.slice(0, -1), a.shape, batchShape(a)],
  run: (k, [a], [w, v, info]) =>
    k.eigh(a.address, w.address, v.size > 0 ? v.address : 0, info.address, count(a), rows(a)),
  flops: ([a]) => 9 * a.size * rows(a),
  saves: { a: ['w', 'v'] },
  vjp: {
    // V (diag(gw) + X) Vᵀ, X being the symmetric part of (Vᵀ gV) / E with E_ij = w_j − w_i (Giles 2008, 3.1; Ionescu et
    // al. 2015).
    a([gw, gv], { w, v }) {
      const diagonal = gw ? diagEmbed(gw) : null;
      let middle: Tensor | null = null;
      if (gv) {
        const x = matmul(mT(v), gv);
        middle = mul(div(sub(x, mT(x)), gaps(w)), 0.5);
      }
      const inner = middle && diagonal ? add(middle, diagonal) : (middle ?? diagonal)!;
      return matmul(matmul(v, inner), mT(v));
    },
  },
});

export interface EighOptions {
  /** Which triangle of a is read, the lower or the upper. Default 'L'. */
  readonly UPLO?: 'L' | 'U';
}
/**
 * Eigenvalues [*, n], ascending, and orthonormal eigenvectors, columns of V [*, n, n], of symmetric matrices a [*, n, n]: a =
 * V diag(w) Vᵀ. An eigenvector's sign may be any, and of a repeated eigenvalue the basis: a gradient is right for what does
 * not depend on that. It is symmetric; through V it is not finite where eigenvalues are equal, as in PyTorch.
 *
 * @throws {LinAlgError} if a matrix is not finite; in a captured function, when it is called.
 */
export const eigh: (a: Tensor, options?: EighOptions) => [eigenvalues: Tensor, eigenvectors: Tensor] = composite(
  'eigh',
  [
    ['a', aTensor],
    ['options', options<EighOptions>({ UPLO: oneOf('L', 'U') })],
  ],
  (a, { UPLO = 'L' } = {}) => decomposed('eigh', a, UPLO),
);
/** The eigenvalues of {@link eigh}. */
export const eigvalsh: (a: Tensor, options?: EighOptions) => Tensor = composite(
  'eigvalsh',
  [
    ['a', aTensor],
    ['options', options<EighOptions>({ UPLO: oneOf('L', 'U') })],
  ],
  (a, { UPLO = 'L' } = {}) => decomposed('eigvalsh', a, UPLO)[0],
);

function decomposed(where: string, a: Tensor, triangle: 'L' | 'U'): [Tensor, Tensor] {
  checkSquare(where, 'a', a);
  const [w, v, info] = decompose(triangle === 'L' ? a : mT(a));
  checkInfo(info, { where, what: () => 'has elements that are not finite' });
  return [w, v];
}
