/** Backends of several threads. */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { wasmBackend, type WasmBackend } from '../ts/backend/wasm/backend';
import { sharedMemory, ThreadPool, type StartWorker } from '../ts/backend/wasm/threads';

const start: StartWorker = (source, data, said, failed) => {
  const worker = new Worker(source, { eval: true, workerData: data, execArgv: [] });
  worker.on('message', said);
  worker.on('error', error => failed(String(error)));
  worker.unref();
  return { post: message => worker.postMessage(message) };
};

/** One on a binary of its own, with no thread yet but the calling one. */
export function threaded(name: 'simd128' | 'relaxed', asked = 1): { backend: WasmBackend; pool: ThreadPool } {
  const module = new WebAssembly.Module(readFileSync(new URL(`../generated/${name}-threads.wasm`, import.meta.url)));
  const memory = sharedMemory();
  if (memory === null) throw new Error('no shared memory');
  const backend = wasmBackend(module, name, { module, memory, asked: () => asked, start, mayWait: true });
  if (!(backend.threads instanceof ThreadPool)) throw new Error('a binary for one');
  return { backend, pool: backend.threads };
}
