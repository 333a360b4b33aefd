/** The binaries that this engine runs, and kernels called with the numbers of a case. */
import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

// Node 20 knows relaxed SIMD, but hides it.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

export const load = (name: string): WebAssembly.Module | null => {
  const url = new URL(`../../generated/${name}.wasm`, import.meta.url);
  if (!existsSync(url)) throw new Error(`${name}.wasm is missing; run npm run setup`);
  const bytes = readFileSync(url);
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
};

// Only `relaxed` may be one that the engine does not know.
export const modules: readonly { readonly name: string; readonly module: WebAssembly.Module }[] = [
  'simd128',
  'relaxed',
  'checked',
].flatMap(name => {
  const module = load(name);
  if (module === null && name !== 'relaxed') throw new Error(`this engine does not run ${name}.wasm`);
  return module === null ? [] : [{ name, module }];
});
