/** What takes part: each library says how it does a kind of work, or why it cannot. */
import type { Work } from './groups/all';
import type { Limit, Task } from './row';

export interface Library {
  readonly version: string;
  /** The work with its data in place; a string says why the library cannot do it. */
  prepare(work: Work): Task | string | Promise<Task | string>;
  limits?(): Promise<Limit>;
}

/** Modules by library, each of which exports `library`. The peers' are not installed by default, so not imported by name. */
const MODULES = {
  phyllo: './phyllo',
  float64: './float64',
} as const;

export type LibraryName = keyof typeof MODULES;

export async function load(name: LibraryName): Promise<Library> {
  const module: { readonly library: Library } = await import(MODULES[name]);
  return module.library;
}

export const isLibrary = (name: string | undefined): name is LibraryName => name !== undefined && name in MODULES;
