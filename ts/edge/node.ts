/** phyllo/edge in Node, Deno and Bun: the binary is read from beside this module. PHYLLO_WASM may name it. */
import { readFile } from 'node:fs/promises';
import { env } from 'node:process';
import { chooseBinary } from '../backend/wasm/probe';
import { loadOver, type Load } from './load';

const BINARIES = {
  simd128: new URL('../../generated/infer.wasm', import.meta.url),
  relaxed: new URL('../../generated/infer-relaxed.wasm', import.meta.url),
} as const;

export const load: Load = loadOver(async () =>
  WebAssembly.compile(await readFile(BINARIES[chooseBinary(env.PHYLLO_WASM)])),
);

export * from './edge';
