/** Tensors of what JavaScript gave: a plan has it as a constant. */
import { ELEMENTS, numbersFor, numbersOf, type DType } from './dtype';
import { runtime } from './runtime';
import { adopt } from './lifetime';
import type { Shape } from './shape';
import { allocateNow } from './allocate';
import type { Tensor } from './tensor';

/** A tensor that JavaScript has written `data` into, as its scope's. */
export function given(t: Tensor, data: ArrayLike<number>): Tensor {
  const made = runtime.watcher?.constant(t, data) ?? t;
  made.made = 'tensor';
  return adopt(made);
}

/** A tensor of elements in their bytes, as files have them: as many as fill the shape. Of bool, all but 0 are 1. */
export function fromBytes(bytes: Uint8Array, shape: Shape, dtype: DType): Tensor {
  const t = allocateNow([...shape], dtype);
  const { backend } = t.storage;
  if (ELEMENTS[dtype].kind === 'bool') backend.write(t.address, numbersFor(dtype, bytes), dtype);
  else backend.writeBytes(t.address, bytes, dtype);
  return given(t, runtime.watcher === null ? [] : numbersOf(bytes, dtype));
}
