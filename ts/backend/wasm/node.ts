/** Node, Deno and Bun: the binary is read from beside this module. The environment's PHYLLO_WASM may name it. */
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import type { Backend } from '../backend';
import { wasmBackend } from './backend';
import { chooseBinary } from './probe';

const BINARIES = {
  simd128: new URL('../../../generated/simd128.wasm', import.meta.url),
  relaxed: new URL('../../../generated/relaxed.wasm', import.meta.url),
} as const;

const name = chooseBinary(env['PHYLLO_WASM']);

export const backend: Backend = wasmBackend(new WebAssembly.Module(readFileSync(BINARIES[name])), name);
