/** phyllo/edge in Node, Deno and Bun: the binary is read from beside this module. PHYLLO_WASM may name it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { env } from 'node:process';
import { notBeside } from '../backend/wasm/beside';
import { chooseBinary } from '../backend/wasm/probe';
import { loadOver, type Load } from './load';

if (!import.meta.url) throw notBeside('phyllo/edge', 'a bundle in CommonJS does not say where it is');
const BINARIES = {
  simd128: new URL('../../generated/infer.wasm', import.meta.url),
  relaxed: new URL('../../generated/infer-relaxed.wasm', import.meta.url),
} as const;

export const load: Load = loadOver(async () => {
  const url = BINARIES[chooseBinary(env.PHYLLO_WASM)];
  if (!existsSync(url)) throw notBeside(url.href, 'there is no such file');
  return WebAssembly.compile(await readFile(url));
});

export * from './edge';
