/**
 * Node, Deno and Bun: the binary is read from beside this module. The environment's PHYLLO_WASM may name it: `checked` is
 * for finding errors, and not in the package. PHYLLO_THREADS says how many threads compute; a global of that name comes first, by
 * which a thread that is somebody's worker (data/workers/start.ts) has one, whatever the process has.
 */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { env } from 'node:process';
import { FileError } from '../../core/errors';
import type { FullBackend } from '../backend';
import { wasmBackend, type WasmBackend } from './backend';
import { notBeside } from './beside';
import { physicalCores } from './cores';
import { startForeman } from './foreman-node';
import { chooseBinary, whyBinary } from './probe';
import { sharedMemory, threadsAsked } from './threads';

if (!import.meta.url) throw notBeside('phyllo', 'a bundle in CommonJS does not say where it is');
const BINARIES = {
  simd128: new URL('../../../generated/simd128.wasm', import.meta.url),
  relaxed: new URL('../../../generated/relaxed.wasm', import.meta.url),
  'simd128-threads': new URL('../../../generated/simd128-threads.wasm', import.meta.url),
  'relaxed-threads': new URL('../../../generated/relaxed-threads.wasm', import.meta.url),
  checked: new URL('../../../generated/checked.wasm', import.meta.url),
} as const;

const name = chooseBinary(env.PHYLLO_WASM, 'checked');
if (name === 'checked' && !existsSync(BINARIES.checked)) {
  throw new FileError(
    BINARIES.checked.href,
    'PHYLLO_WASM asks for the checked binary, which the package does not have: ' +
      '`npm run setup` in a clone of phyllo makes it, as generated/checked.wasm; copy it here',
  );
}

function read(url: URL): WebAssembly.Module {
  if (!existsSync(url)) throw notBeside(url.href, 'there is no such file');
  return new WebAssembly.Module(readFileSync(url));
}

/** The backend with as many threads as are asked for, or with one where there can be no more. */
function load(): WasmBackend {
  const asked = threadsAsked(Reflect.get(globalThis, 'PHYLLO_THREADS') ?? env.PHYLLO_THREADS);
  const chosen = whyBinary(env.PHYLLO_WASM, name);
  const one = (why: string): WasmBackend => wasmBackend(read(BINARIES[name]), name, why, chosen);
  if (asked === 1) return one('PHYLLO_THREADS is 1, by which the binary for one thread was loaded');
  if (name === 'checked') return one('the checked binary has one');
  if (asked === null && availableParallelism() === 1) return one('this process may use one core');
  const memory = sharedMemory();
  if (memory === null) return one('there is no room for a shared memory');
  const url = BINARIES[`${name}-threads`];
  if (!existsSync(url)) return one(`${url.pathname} is not there`); // a bundle that brought the others
  const module = read(url);
  const shared = { module, memory, asked: () => asked ?? physicalCores(), start: startForeman, mayWait: true };
  return wasmBackend(module, name, shared, chosen);
}

export const backend: FullBackend = load();
