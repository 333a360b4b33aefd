/** phyllo/edge in browsers: the binary is fetched from beside this module. A global PHYLLO_WASM may name it. */
import { fetched } from '../backend/wasm/beside';
import { chooseBinary } from '../backend/wasm/probe';
import { loadOver, type Load } from './load';

// Each URL is written out whole, so that bundlers find the file.
const BINARIES = {
  simd128: new URL('../../generated/infer.wasm', import.meta.url),
  relaxed: new URL('../../generated/infer-relaxed.wasm', import.meta.url),
} as const;

export const load: Load = loadOver(() => fetched(BINARIES[chooseBinary(Reflect.get(globalThis, 'PHYLLO_WASM'))]));

export * from './edge';
