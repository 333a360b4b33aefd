/** Node, Deno and Bun: the binary is read from beside this module. */
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import { ValueError } from '../../core/errors';
import type { Backend } from '../backend';
import { wasmBackend } from './backend';
import { hasRelaxedSimd } from './probe';

const BINARIES = {
  simd128: new URL('../../../generated/simd128.wasm', import.meta.url),
  relaxed: new URL('../../../generated/relaxed.wasm', import.meta.url),
} as const;

/** The binary that PHYLLO_WASM names, or else the fastest that the engine runs. */
function choose(): keyof typeof BINARIES {
  const forced = env['PHYLLO_WASM'] ?? '';
  if (forced === 'simd128' || forced === 'relaxed') return forced;
  if (forced !== '') throw new ValueError('PHYLLO_WASM', `expected simd128 or relaxed, got ${forced}`);
  return hasRelaxedSimd() ? 'relaxed' : 'simd128';
}

const name = choose();

export const backend: Backend = wasmBackend(new WebAssembly.Module(readFileSync(BINARIES[name])), name);
