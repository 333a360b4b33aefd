/** The backends that tests run on. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { FullBackend } from '../ts/backend/backend';
import { reference } from '../ts/backend/reference/backend';
import { wasmBackend } from '../ts/backend/wasm/backend';

// Node 20 knows relaxed SIMD, but hides it.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

/** The one in float64 that others are compared with. */
export const exact: FullBackend = reference();

/** The binaries that this engine runs: relaxed SIMD is not everywhere. `checked` traps on what lies outside a block. */
export const binaries: readonly FullBackend[] = ['simd128', 'relaxed', 'checked'].flatMap(name => {
  const bytes = readFileSync(new URL(`../generated/${name}.wasm`, import.meta.url));
  return name === 'relaxed' && !WebAssembly.validate(bytes) ? [] : [wasmBackend(new WebAssembly.Module(bytes), name)];
});
