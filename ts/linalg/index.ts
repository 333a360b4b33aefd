/** Linear algebra of batches of small dense matrices, as torch.linalg: phyllo/linalg. */
export { LinAlgError } from './failure';
export { inv, lu, luFactor, luSolve, solve, type LuSolveOptions, type SolveOptions } from './lu';
export { det, slogdet } from './determinant';
export { solveTriangular, type SolveTriangularOptions } from './triangular';
export { cholesky, choleskySolve, type CholeskyOptions } from './cholesky';
export { qr, type QrOptions } from './qr';
export { eigh, eigvalsh, type EighOptions } from './eigh';
export { svd, svdvals, type SvdOptions } from './svd';
export { lstsq, matrixRank, pinv, type LstsqOptions, type RankOptions } from './rank';
export { cond, matrixNorm, type MatrixNormOptions, type MatrixNormOrd } from './norm';
export { vectorNorm } from '../ops/distance';
export { matrixExp, matrixPower, multiDot } from './power';
