/** Moving data. `copy` moves elements of 4 bytes, the others those of 8, 16 and 64 bits. */

/**
 * Copies x into y over a 4-D index space [n0, n1, n2, n3], both with any strides: transposition, slicing, padding and
 * concatenation are all this loop.
 */
export type Copy = (
  x: number,
  y: number,
  n0: number,
  n1: number,
  n2: number,
  n3: number,
  x0: number,
  x1: number,
  x2: number,
  x3: number,
  y0: number,
  y1: number,
  y2: number,
  y3: number,
) => void;

export interface CopyKernels {
  /** y[i] = value for i < n: f32, i32, and elements of one byte. */
  fill(y: number, n: number, value: number): void;
  fillI32(y: number, n: number, value: number): void;
  fill8(y: number, n: number, value: number): void;
  readonly copy: Copy;
  readonly copy8: Copy;
  readonly copy16: Copy;
  readonly copy64: Copy;
}
