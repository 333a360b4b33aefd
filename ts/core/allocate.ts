/** New tensors, of no scope yet. */
import type { DType } from './dtype';
import { Eager } from './eager';
import { runtime } from './runtime';
import { rowMajor, type Shape } from './shape';
import { Tensor } from './tensor';

/** A dense tensor whose elements the caller writes now. It is real in a trace too: a constant. */
export function allocateNow(shape: Shape, dtype: DType): Tensor {
  return new Tensor(new Eager(runtime.backend).alloc(shape, dtype), shape, rowMajor(shape), 0, dtype, true);
}

/** A dense tensor of undefined contents. One in the shape of a dense `like` shares its strides. */
export function allocate(shape: Shape, dtype: DType, like: Tensor | null = null): Tensor {
  const strides = like !== null && like.shape === shape && like.dense ? like.strides : rowMajor(shape);
  return new Tensor(runtime.interpreter.alloc(shape, dtype), shape, strides, 0, dtype, true);
}
