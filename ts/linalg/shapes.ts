/** What the functions share: shapes of batches of matrices, and masks. */
import { ShapeError } from '../core/errors';
import { sizeOf, show, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, sub } from '../ops/arithmetic';
import { eye } from '../ops/creation';
import { expand, slice, transpose, unsqueeze } from '../ops/view';

/** The dimensions before those of a matrix, how many matrices these are, and the sizes of one. */
export const batchShape = ({ shape }: { readonly shape: Shape }): Shape => shape.slice(0, -2);
export const count = (x: { readonly shape: Shape }): number => sizeOf(batchShape(x));
export const rows = ({ shape }: { readonly shape: Shape }): number => shape.at(-2)!;
export const columns = ({ shape }: { readonly shape: Shape }): number => shape.at(-1)!;

export function checkMatrix(of: string, name: string, { shape }: Tensor): void {
  if (shape.length < 2)
    throw new ShapeError(of, `${name} takes a matrix or a batch of them, this has shape ${show(shape)}`);
}
export function checkSquare(of: string, name: string, x: Tensor): void {
  checkMatrix(of, name, x);
  if (rows(x) !== columns(x))
    throw new ShapeError(of, `${name} takes square matrices, this has shape ${show(x.shape)}`);
}

/** The transposes. */
export const mT = (x: Tensor): Tensor => transpose(x, -2, -1);
/** As many matrices as a batch of some shape has. */
export const spread = (x: Tensor, batch: Shape): Tensor => expand(x, [...batch, ...x.shape.slice(-2)]);
/** The identity, for each matrix of a batch. */
export const eyes = (n: number, batch: Shape): Tensor => expand(eye(n), [...batch, n, n]);
/** Columns, or rows, from one to before another. */
export const columnsOf = (x: Tensor, from: number, to?: number): Tensor => slice(x, -1, from, to);
export const rowsOf = (x: Tensor, from: number, to?: number): Tensor => slice(x, -2, from, to);

/**
 * s_j − s_i for i ≠ j, by which gradients through eigenvectors are divided. Where it is 0 they are not finite: their limit
 * depends on the second derivatives of what follows, which no rule of V and s alone can know.
 */
export const gaps = (s: Tensor): Tensor => add(sub(unsqueeze(s, -2), unsqueeze(s, -1)), eye(s.shape.at(-1)!));
