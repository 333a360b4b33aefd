/**
 * Node, Deno and Bun: the binary is read from beside this module. The environment's PHYLLO_WASM may name it: `checked` is
 * for finding errors, and not in the package.
 */
import { existsSync, readFileSync } from 'node:fs';
import { env } from 'node:process';
import { FileError } from '../../core/errors';
import type { FullBackend } from '../backend';
import { wasmBackend } from './backend';
import { chooseBinary } from './probe';

const BINARIES = {
  simd128: new URL('../../../generated/simd128.wasm', import.meta.url),
  relaxed: new URL('../../../generated/relaxed.wasm', import.meta.url),
  checked: new URL('../../../generated/checked.wasm', import.meta.url),
} as const;

const name = chooseBinary(env.PHYLLO_WASM, 'checked');
const url = BINARIES[name];
if (name === 'checked' && !existsSync(url)) {
  throw new FileError(
    url.href,
    'PHYLLO_WASM asks for the checked binary, which the package does not have: ' +
      '`npm run setup` in a clone of phyllo makes it, as generated/checked.wasm; copy it here',
  );
}

export const backend: FullBackend = wasmBackend(new WebAssembly.Module(readFileSync(url)), name);
