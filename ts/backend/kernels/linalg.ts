/**
 * Factorisations of matrices, and systems solved by them. Matrices are f32, row-major and dense, `batch` of them one after
 * another; k = min(m, n) where nothing else is said. `info` is i32 [batch]: 0, or where the computation failed, from 1.
 * A caller asks `indexOutside(info, batch, 1)`; a backend without that has the next `read` reject.
 */
export interface LinalgKernels {
  /**
   * A [m, n] = P L U by partial pivoting: `lu` [m, n] has L below its diagonal, which is 1 in L, and U from it on. `pivots`
   * (i32 [k]): the row that was exchanged with row i at step i, from 0. `info`: the first i with U_ii = 0.
   */
  lu(a: number, lu: number, pivots: number, info: number, batch: number, m: number, n: number): void;
  /** y [n, k] = A⁻¹ b, or with `transposed` A⁻ᵀ b, of A [n, n] as `lu` leaves it. */
  luSolve(
    lu: number,
    pivots: number,
    b: number,
    y: number,
    batch: number,
    n: number,
    k: number,
    transposed: number,
  ): void;
  /** y = Pᵀ b, or with `back` P b, of b [m, k] and `count` pivots each, which are rows of b. */
  permuteRows(
    pivots: number,
    b: number,
    y: number,
    batch: number,
    m: number,
    k: number,
    count: number,
    back: number,
  ): void;
  /**
   * y [n, k] = T⁻¹ b, or with `transposed` T⁻ᵀ b, where T is the `upper` or lower triangle of a [n, n], with `unit` with 1 on
   * its diagonal. Nothing else of a is read.
   */
  triangularSolve(
    a: number,
    b: number,
    y: number,
    batch: number,
    n: number,
    k: number,
    upper: number,
    transposed: number,
    unit: number,
  ): void;
  /** Lower triangular l with A = l lᵀ, A [n, n] being symmetric with a's lower triangle. `info`: the order of the first minor ≤ 0. */
  cholesky(a: number, l: number, info: number, batch: number, n: number): void;
  /**
   * A [m, n] = q r with orthonormal columns q [m, columns] and upper triangular r [columns, n]; `columns` is min(m, n) or m. A
   * diagonal element of r has the sign opposite to that of the element which it replaces, unless all below are 0: as LAPACK.
   */
  qr(a: number, q: number, r: number, batch: number, m: number, n: number, columns: number): void;
  /**
   * Eigenvalues w [n], ascending, and if `v` is not 0 orthonormal eigenvectors, columns of v [n, n], of the symmetric matrix
   * with a's lower triangle. `info` is 1 where it is not finite or does not converge; then the rest is NaN.
   */
  eigh(a: number, w: number, v: number, info: number, batch: number, n: number): void;
  /** A [m, n] = u diag(s) vt with u [m, k], s [k] ≥ 0 descending and vt [k, n]; with `full` u [m, m] and vt [n, n]. `info` as `eigh`. */
  svd(
    a: number,
    u: number,
    s: number,
    vt: number,
    info: number,
    batch: number,
    m: number,
    n: number,
    full: number,
  ): void;
  /** y = e^A, A [n, n]; NaN where it is not finite. */
  matrixExp(a: number, y: number, batch: number, n: number): void;
}
