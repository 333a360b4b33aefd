/** Products of matrices and vectors of fixed dimensions, alone and added to something, as BLAS has them. */
import { ShapeError } from '../core/errors';
import { aNumber, options as optionsOf } from '../core/kinds';
import { show } from '../core/shape';
import { checked, composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, mul } from './arithmetic';
import { outer } from './contraction';
import { matmul } from './matmul';
import { sum } from './reduce';

const TWO: Signature<[a: Tensor, b: Tensor]> = [
  ['a', aTensor],
  ['b', aTensor],
];
function checkDims(where: string, a: Tensor, b: Tensor, dims: readonly [number, number], takes: string): void {
  if (a.ndim === dims[0] && b.ndim === dims[1]) return;
  throw new ShapeError(where, `takes ${takes}, these are ${show(a.shape)} and ${show(b.shape)}`);
}
const product = (where: string, dims: readonly [number, number], takes: string): typeof matmul =>
  checked(where, TWO, (a, b) => {
    checkDims(where, a, b, dims, takes);
    return matmul(a, b);
  });
/** The product of two matrices. Unlike {@link matmul} it takes nothing else. */
export const mm: (a: Tensor, b: Tensor) => Tensor = product('mm', [2, 2], 'two matrices');
/** The product of a matrix and a vector. */
export const mv: (a: Tensor, b: Tensor) => Tensor = product('mv', [2, 1], 'a matrix and a vector');
/** The products of as many matrices in a as in b, along the first dimension. */
export const bmm: (a: Tensor, b: Tensor) => Tensor = checked('bmm', TWO, (a, b) => {
  checkDims('bmm', a, b, [3, 3], 'two batches of matrices');
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError('bmm', `${a.shape[0]} matrices for ${b.shape[0]}: ${show(a.shape)} and ${show(b.shape)}`);
  }
  return matmul(a, b);
});

export interface SumOptions {
  /** By what the tensor is multiplied that the product is added to. Default 1; with 0 it is not read, NaN or not. */
  readonly beta?: number;
  /** By what the product is multiplied. Default 1. */
  readonly alpha?: number;
}
const SUM: Signature<[c: Tensor, a: Tensor, b: Tensor, options?: SumOptions]> = [
  ['c', aTensor],
  ['a', aTensor],
  ['b', aTensor],
  ['options', optionsOf<SumOptions>({ beta: aNumber(), alpha: aNumber() })],
];
const scaled = (x: Tensor, by: number): Tensor => (by === 1 ? x : mul(x, by));
type Sum = (c: Tensor, a: Tensor, b: Tensor, options?: SumOptions) => Tensor;
const added = (where: string, f: typeof matmul): Sum =>
  composite(where, SUM, (c, a, b, { beta = 1, alpha = 1 } = {}) => {
    const ab = scaled(f(a, b), alpha);
    return beta === 0 ? ab : add(scaled(c, beta), ab);
  });
/** β c + α a b, of matrices; c spreads to the shape of the product. */
export const addmm: Sum = added('addmm', mm);
/** β c + α a b, of vectors c and b and a matrix a. */
export const addmv: Sum = added('addmv', mv);
/** β c + α a b, of batches of matrices. */
export const baddbmm: Sum = added('baddbmm', bmm);
/** β c + α Σ a b, over batches of matrices; c spreads to the shape of one product. */
export const addbmm: Sum = added('addbmm', (a, b) => sum(bmm(a, b), 0));
/** β c + α a bᵀ, of vectors a and b; c spreads to the shape of the product. */
export const addr: Sum = added('addr', outer);
