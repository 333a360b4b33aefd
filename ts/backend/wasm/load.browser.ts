/** Browsers: the binary is fetched from beside this module. */
import { FileError } from '../../core/errors';
import type { Backend } from '../backend';
import { wasmBackend } from './backend';
import { hasRelaxedSimd } from './probe';

// Each URL is written out whole, so that bundlers find the file.
const [name, url] = hasRelaxedSimd()
  ? (['relaxed', new URL('../../../generated/relaxed.wasm', import.meta.url)] as const)
  : (['simd128', new URL('../../../generated/simd128.wasm', import.meta.url)] as const);

const response = await fetch(url);
if (!response.ok) throw new FileError(url.href, `the server answered ${response.status} ${response.statusText}`);

// Not compileStreaming: it refuses what a server does not serve as application/wasm.
export const backend: Backend = wasmBackend(await WebAssembly.compile(await response.arrayBuffer()), name);
