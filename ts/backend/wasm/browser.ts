/**
 * Browsers: the binary is fetched from beside this module. A global PHYLLO_WASM, set before the package is imported,
 * may name it.
 */
import { FileError } from '../../core/errors';
import type { FullBackend } from '../backend';
import { wasmBackend } from './backend';
import { chooseBinary } from './probe';

// Each URL is written out whole, so that bundlers find the file.
const BINARIES = {
  simd128: new URL('../../../generated/simd128.wasm', import.meta.url),
  relaxed: new URL('../../../generated/relaxed.wasm', import.meta.url),
} as const;

const name = chooseBinary(Reflect.get(globalThis, 'PHYLLO_WASM'));
const url = BINARIES[name];

const response = await fetch(url);
if (!response.ok) throw new FileError(url.href, `the server answered ${response.status} ${response.statusText}`);

// Not compileStreaming: it refuses what a server does not serve as application/wasm.
export const backend: FullBackend = wasmBackend(await WebAssembly.compile(await response.arrayBuffer()), name);
