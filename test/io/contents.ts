/** Files to read, tensors to write, and what is refused. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { FileError, memory, type DType, type Shape, type Tensor } from '../../ts/index';

export const content = (t: Tensor): unknown => ({ dtype: t.dtype, shape: [...t.shape], data: [...t.toArray()] });

/** Throws FileError and leaves nothing in memory. */
export function expectRefused(read: () => unknown, message: RegExp | string = ''): void {
  const before = memory().blocks;
  expect(read).toThrow(FileError);
  expect(read).toThrow(message);
  expect(memory().blocks).toBe(before);
}

/** Tensors of any element type, shape (sizes from 0 up) and content, NaN included. */
export function arbitraryTensor(...dtypes: DType[]): fc.Arbitrary<{ data: number[]; shape: Shape; dtype: DType }> {
  const elements: Record<DType, fc.Arbitrary<number>> = {
    f32: fc.float(),
    f64: fc.double(),
    i32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    u8: fc.nat(255),
    bool: fc.nat(1),
    i8: fc.integer({ min: -128, max: 127 }),
    i64: fc.maxSafeInteger(),
    f16: fc.nat(2048),
    bf16: fc.nat(256),
  };
  return fc.tuple(fc.constantFrom(...dtypes), fc.array(fc.nat(3), { maxLength: 4 })).chain(([dtype, shape]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return fc.record({
      data: fc.array(elements[dtype], { minLength: length, maxLength: length }),
      shape: fc.constant(shape),
      dtype: fc.constant(dtype),
    });
  });
}

/** `bytes` with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
