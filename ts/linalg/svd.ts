/** Singular value decomposition. */
import { aBoolean, options } from '../core/kinds';
import { defineMultiOp, type MultiOp } from '../core/op';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, div, mul, sub } from '../ops/arithmetic';
import { diagEmbed } from '../ops/diagonal';
import { square } from '../ops/elementwise';
import { matmul } from '../ops/matmul';
import { unsqueeze } from '../ops/view';
import { checkInfo } from './failure';
import { batchShape, checkMatrix, columns, columnsOf, count, gaps, mT, rows, rowsOf } from './shapes';

const decompose: MultiOp<[a: Tensor], [u: Tensor, s: Tensor, vh: Tensor, info: Tensor], { full: boolean }> =
  defineMultiOp({
    name: 'svd',
    inputs: ['a'],
    outputs: ['u', 's', 'vh', 'info'],
    dtypes: ['f32', 'f32', 'f32', 'i32'],
    shapes([a], { full }) {
      const [m, n, batch] = [rows(a), columns(a), batchShape(a)];
      const k = Math.min(m, n);
      const [p, q] = full ? [m, n] : [k, k];
      return [[...batch, m, p], [...batch, k], [...batch, q, n], batch];
    },
    run: (k, [a], [u, s, vh, info], { full }) =>
      k.svd(a.address, u.address, s.address, vh.address, info.address, count(a), rows(a), columns(a), full ? 1 : 0),
    flops: ([a]) => 20 * a.size * Math.min(rows(a), columns(a)),
    saves: { a: ['u', 's', 'vh'] },
    vjp: {
      a([gu, gs, gvh], { u, s, vh }) {
        // What completes the bases may be any, and has no gradient.
        const k = columns(s);
        const vectors = (x: Tensor | null): Tensor | null => x && columnsOf(x, 0, k);
        const rowsOfVh = (x: Tensor | null): Tensor | null => x && mT(rowsOf(x, 0, k));
        return decompositionGradient(vectors(gu), gs, rowsOfVh(gvh), columnsOf(u, 0, k), s, mT(rowsOf(vh, 0, k)));
      },
    },
  });

/**
 * U (skew(Uᵀ gU) / E S + S skew(Vᵀ gV) / E + diag(gs)) Vᵀ + (I − U Uᵀ) gU S⁻¹ Vᵀ + U S⁻¹ gVᵀ (I − V Vᵀ) with skew(X) = X − Xᵀ
 * and E_ij = s_j² − s_i² (Giles 2008, 3.2; Wan and Zhang 2019).
 */
function decompositionGradient(
  gu: Tensor | null,
  gs: Tensor | null,
  gv: Tensor | null,
  u: Tensor,
  s: Tensor,
  v: Tensor,
): Tensor {
  const [row, column] = [unsqueeze(s, -2), unsqueeze(s, -1)];
  /** Σ of what there is. */
  const sum = (...xs: readonly (Tensor | null)[]): Tensor | null =>
    xs.reduce((p, q) => (p && q ? add(p, q) : (p ?? q)), null);
  const skew = (basis: Tensor, g: Tensor): Tensor => {
    const x = matmul(mT(basis), g);
    return div(sub(x, mT(x)), gaps(square(s)));
  };
  /** What of g / s lies outside the span of a basis. */
  const beyond = (basis: Tensor, g: Tensor | null): Tensor | null => {
    if (!g || rows(basis) === columns(basis)) return null;
    const x = div(g, row);
    return sub(x, matmul(basis, matmul(mT(basis), x)));
  };
  const inner = sum(gu && mul(skew(u, gu), row), gv && mul(column, skew(v, gv)), gs && diagEmbed(gs))!;
  const left = sum(matmul(u, inner), beyond(u, gu))!;
  const right = beyond(v, gv);
  return sum(matmul(left, mT(v)), right && matmul(u, mT(right)))!;
}

export function decomposed(where: string, a: Tensor, full: boolean): [U: Tensor, S: Tensor, Vh: Tensor] {
  checkMatrix(where, 'a', a);
  const [u, s, vh, info] = decompose(a, { full });
  checkInfo(info, { where, what: () => 'has elements that are not finite' });
  return [u, s, vh];
}

export interface SvdOptions {
  /** U [*, m, m] and Vh [*, n, n] with whole bases; else U [*, m, k] and Vh [*, k, n]. Default true, as in PyTorch. */
  readonly fullMatrices?: boolean;
}
/**
 * U, S and Vh with a = U diag(S) Vh: of a [*, m, n], orthonormal columns U and rows Vh, and singular values S [*, k],
 * descending, k = min(m, n). Singular values are exact to 1e-8 of the largest, and rounding. The signs of vectors, and of a
 * repeated value the basis, may be any: a gradient is right for what does not depend on that; through U and Vh it is not
 * finite where values are equal, as in PyTorch. Of whole bases, the vectors beyond k have none.
 *
 * @throws {LinAlgError} if a matrix is not finite; in a captured function, when it is called.
 */
export const svd: (a: Tensor, options?: SvdOptions) => [U: Tensor, S: Tensor, Vh: Tensor] = composite(
  'svd',
  [
    ['a', aTensor],
    ['options', options<SvdOptions>({ fullMatrices: aBoolean })],
  ],
  (a, { fullMatrices = true } = {}) => decomposed('svd', a, fullMatrices),
);
/** The singular values of {@link svd}. */
export const svdvals: (a: Tensor) => Tensor = composite(
  'svdvals',
  [['a', aTensor]],
  a => decomposed('svdvals', a, false)[1],
);
