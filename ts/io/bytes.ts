/** Elements as bytes, little-endian: the order of WebAssembly's memory, and of every host it runs on. */
import type { DType, TensorData } from '../core/dtype';
import type { Tensor } from '../core/tensor';

interface TypedArray {
  readonly BYTES_PER_ELEMENT: number;
  new (source: ArrayLike<number> | ArrayBuffer): TensorData;
}
const arrays: Readonly<Record<DType, TypedArray>> = {
  f32: Float32Array,
  i32: Int32Array,
  u8: Uint8Array,
  bool: Uint8Array,
  f64: Float64Array,
};

/** Bytes of an element in a file. */
export const itemSize = (dtype: DType): number => arrays[dtype].BYTES_PER_ELEMENT;

/** The elements of a tensor in row-major order. */
export function bytesOf(t: Tensor): Uint8Array {
  const data = t.toArray();
  const same = data.BYTES_PER_ELEMENT === itemSize(t.dtype); // not on a backend that keeps f32 in 64 bits
  const { buffer, byteOffset, byteLength } = same ? data : new arrays[t.dtype](data);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The elements in bytes that may lie at any address. A copy, unless an element is a byte. */
export function elementsOf(bytes: Uint8Array, dtype: DType): TensorData {
  return itemSize(dtype) === 1 ? bytes : new arrays[dtype](new Uint8Array(bytes).buffer);
}
