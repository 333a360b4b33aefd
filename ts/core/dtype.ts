/**
 * Element types. `f32` is what networks compute in; `i32` holds indices and counts, `u8` raw bytes such as pixels,
 * `bool` the result of comparisons (one byte, 0 or 1). `f64` holds the hyperparameters and step counts of optimisers:
 * it can be read and written, but no op computes in it.
 */
export type DType = 'f32' | 'i32' | 'u8' | 'bool' | 'f64';

export const DTYPES: readonly DType[] = ['f32', 'i32', 'u8', 'bool', 'f64'];

/** The elements of a tensor, as JavaScript reads them. */
export type TensorData = Float32Array | Int32Array | Uint8Array | Float64Array;
