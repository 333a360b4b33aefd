/** phyllo/edge in workerd, which compiles no WebAssembly: the binary is imported, a module. It has relaxed SIMD. */
import module from '../../generated/infer-relaxed.wasm';
import { loadOver, type Load } from './load';

export const load: Load = loadOver(() => Promise.resolve(module));

export * from './edge';
