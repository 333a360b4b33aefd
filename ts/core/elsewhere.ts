/** Computing on another backend, with tensors of this one. */
import type { Backend } from '../backend/backend';
import { Eager } from './eager';
import { CaptureError } from './errors';
import { drop } from './lifetime';
import { runtime } from './runtime';
import { rowMajor } from './shape';
import { Storage } from './storage';
import { Tensor } from './tensor';

/**
 * Runs `f` on another backend. What an op inside finds on this one is copied there, once; leaves become leaves. `instead`
 * says what stands for some tensors. What `f` writes in place is written to the copies, and what it returns is there.
 *
 * @throws {CaptureError} inside a captured function.
 */
export function onBackend<T>(backend: Backend, f: () => T, instead: ReadonlyMap<Tensor, Tensor> = new Map()): T {
  if (runtime.watcher !== null) throw new CaptureError('onBackend', 'a captured function computes on one backend');
  const { backend: before, interpreter, carry } = runtime;
  const copies = new Map<Tensor, Tensor>();
  runtime.backend = backend;
  runtime.interpreter = new Eager(backend);
  runtime.carry = x => {
    const known = instead.get(x) ?? copies.get(x);
    if (known !== undefined || x.storage.backend === backend || x.disposed) return known ?? x;
    const storage = Storage.of(backend, x.size * backend.itemSize(x.dtype));
    backend.write(storage.at, x.toArray(), x.dtype);
    const copy = new Tensor(storage, x.shape, rowMajor(x.shape), 0, x.dtype, true);
    if (x.leaf !== null) copy.requiresGrad = true;
    copies.set(x, copy);
    return copy;
  };
  try {
    return f();
  } finally {
    Object.assign(runtime, { backend: before, interpreter, carry });
    for (const copy of copies.values()) drop(copy);
  }
}
