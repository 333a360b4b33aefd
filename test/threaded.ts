/** Backends of several threads. */
import { wasmBackend, type WasmBackend } from '../ts/backend/wasm/backend';
import type { StartForeman } from '../ts/backend/wasm/foreman';
import { startForeman } from '../ts/backend/wasm/foreman-node';
import { sharedMemory, ThreadPool } from '../ts/backend/wasm/threads';
import { load } from './backend/modules';

/** One on a binary of its own, with no thread yet but the calling one. */
export function threaded(
  name: 'simd128' | 'relaxed',
  asked = 1,
  start: StartForeman = startForeman,
): { backend: WasmBackend; pool: ThreadPool } {
  const module = load(`${name}-threads`);
  const memory = sharedMemory();
  if (module === null) throw new Error(`this engine does not run ${name}-threads`);
  if (memory === null) throw new Error('no shared memory');
  const backend = wasmBackend(module, name, { module, memory, asked: () => asked, start, mayWait: true });
  if (!(backend.threads instanceof ThreadPool)) throw new Error('a binary for one');
  return { backend, pool: backend.threads };
}
