/** A dense array with its dimensions in another order. */
export function permute(data: ArrayLike<number>, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const y = new Float32Array(data.length);
  let at = 0;
  const visit = (dim: number, from: number): void => {
    if (dim === order.length) {
      y[at++] = data[from]!;
      return;
    }
    const d = order[dim]!;
    for (let i = 0; i < shape[d]!; i++) visit(dim + 1, from + i * strides[d]!);
  };
  visit(0, 0);
  return y;
}

/** From what most of the world writes, and back. */
export const NCHW_TO_NHWC: readonly number[] = [0, 2, 3, 1];
export const NHWC_TO_NCHW: readonly number[] = [0, 3, 1, 2];
