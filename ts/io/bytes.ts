/** The elements of tensors as bytes, little-endian: the order of WebAssembly's memory, and of every host it runs on. */
import * as elements from '../core/dtype';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { readable, unreachable } from '../core/reading';
import { contiguous } from '../ops/view';

/**
 * The elements of a tensor in row-major order.
 *
 * @throws {BackendError} where the backend's memory can only be read asynchronously.
 */
export function bytesOf(t: Tensor): Uint8Array {
  const { backend } = t.storage;
  if (t.disposed) return elements.bytesOf(t.toArray(), t.dtype); // its number may be kept
  readable(t, 'toArray');
  if (backend.readBytes === undefined) throw unreachable(backend, 'toArray');
  const { readBytes } = backend;
  return scope(() => {
    const { address: at, size, dtype } = contiguous(t.detach());
    return readBytes(at, size, dtype);
  }, 'bytesOf');
}
