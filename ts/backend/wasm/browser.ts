/**
 * Browsers: the binary is fetched from beside this module. Globals that are set before the package is imported may name it
 * (PHYLLO_WASM) and say how many threads compute (PHYLLO_THREADS).
 */
import type { FullBackend } from '../backend';
import { wasmBackend, type WasmBackend } from './backend';
import { fetched } from './beside';
import { startForeman } from './foreman-web';
import { chooseBinary, whyBinary } from './probe';
import { sharedMemory, threadsAsked } from './threads';

// Each URL is written out whole, so that bundlers find the file.
const BINARIES = {
  simd128: new URL('../../../generated/simd128.wasm', import.meta.url),
  relaxed: new URL('../../../generated/relaxed.wasm', import.meta.url),
  'simd128-threads': new URL('../../../generated/simd128-threads.wasm', import.meta.url),
  'relaxed-threads': new URL('../../../generated/relaxed-threads.wasm', import.meta.url),
} as const;

const wished: unknown = Reflect.get(globalThis, 'PHYLLO_WASM');
const name = chooseBinary(wished);

/** Whether this thread may wait: the main thread of a page may not. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

/** The backend with as many threads as are asked for, or with one where there can be no more. */
async function load(): Promise<WasmBackend> {
  const asked = threadsAsked(Reflect.get(globalThis, 'PHYLLO_THREADS'));
  const chosen = whyBinary(wished, name);
  const one = async (why: string): Promise<WasmBackend> =>
    wasmBackend(await fetched(BINARIES[name]), name, why, chosen);
  if (asked === 1) return one('PHYLLO_THREADS is 1, by which the binary for one thread was loaded');
  if (typeof SharedArrayBuffer === 'undefined') {
    return one(
      'the page is not cross-origin isolated: it needs the headers Cross-Origin-Opener-Policy: same-origin and ' +
        'Cross-Origin-Embedder-Policy: require-corp',
    );
  }
  const { hardwareConcurrency: cores = 1 } = navigator;
  if (asked === null && cores === 1) return one('the browser tells of one core');
  const memory = sharedMemory();
  if (memory === null) return one('there is no room for a shared memory');
  const module = await fetched(BINARIES[`${name}-threads`]);
  const shared = { module, memory, asked: () => asked ?? cores, start: startForeman, mayWait: mayWait() };
  return wasmBackend(module, name, shared, chosen);
}

export const backend: FullBackend = await load();
