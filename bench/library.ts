/** What takes part: each library says how it does a kind of work, or why it cannot. */
import type { Warm } from './groups/all';
import type { Limit, Task } from './row';

export interface Library {
  readonly version: string;
  /** The work with its data in place; a string says why the library cannot do it. */
  prepare(work: Warm): Task | string | Promise<Task | string>;
  limits?(): Promise<Limit>;
}

/** Modules by library, each of which exports `library`. The peers' are not installed by default, so not imported by name. */
const MODULES = {
  phyllo: './phyllo',
  float64: './float64',
  'tfjs-wasm': './peers/tfjs',
  'onnxruntime-web': './peers/ort-web',
  'jax-js': './peers/jax',
  convnetjs: './peers/convnet',
  'brain.js': './peers/brain',
  'onnxruntime-node': './peers/ort-node',
} as const;

export type LibraryName = keyof typeof MODULES;

export const PEERS: readonly LibraryName[] = [
  'tfjs-wasm',
  'onnxruntime-web',
  'jax-js',
  'convnetjs',
  'brain.js',
  'onnxruntime-node',
];

export async function load(name: LibraryName): Promise<Library> {
  const module: { readonly library: Library } = await import(MODULES[name]);
  return module.library;
}

export const isLibrary = (name: string | undefined): name is LibraryName => name !== undefined && name in MODULES;
