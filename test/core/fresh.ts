/** Backends with memory of their own, to see how much is in use at most. */
import { readFileSync } from 'node:fs';
import { randn, scope } from 'phyllo';
import type { Backend } from '../../ts/backend/backend';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { start } from '../toy';

const binary = readFileSync(new URL('../../generated/simd128.wasm', import.meta.url));
export const fresh = (): Backend => wasmBackend(new WebAssembly.Module(binary), 'simd128');

/** As `start`, with the default generator there too. */
export function startFresh(): void {
  start(fresh);
  scope(() => void randn([1]));
}
