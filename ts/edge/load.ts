/** `load`, over however a runtime finds the binary. */
import { netOf, type Bytes, type Module, type Net } from './net';

export interface LoadOptions {
  /** What errors call the plan: the name of its file. Default: `plan file`. */
  readonly name?: string;
}

export interface Load {
  /**
   * A plan, ready to run, from the bytes that `plan.encode()` or `plan.save()` wrote. They may come from anywhere: every
   * call in them is tried before anything runs.
   *
   * @throws {FileError} if the bytes are damaged, of another version, or no plan that the binary can run safely.
   * @throws {ValueError} if these are no bytes: a path, a promise.
   * @throws {OutOfMemoryError} if there is no room.
   */
  (bytes: Bytes, options?: LoadOptions): Promise<Net>;
  /** The same at once, on a binary that was compiled before: `phyllo/infer.wasm` or `phyllo/infer-relaxed.wasm`. */
  (bytes: Bytes, options: LoadOptions & { readonly wasm: Module }): Net;
}

/** `binary` is asked once, by the first call that does not bring its own. */
export function loadOver(binary: () => Promise<Module>): Load {
  let module: Promise<Module> | null = null;
  function load(bytes: Bytes, options?: LoadOptions): Promise<Net>;
  function load(bytes: Bytes, options: LoadOptions & { readonly wasm: Module }): Net;
  function load(
    bytes: Bytes, { name = 'plan file', wasm }: LoadOptions & { readonly wasm?: Module } = {},
  ): Net | Promise<Net> {
    if (wasm) return netOf(bytes, wasm, name);
    module ??= binary().catch((error: unknown) => {
      module = null; // another call may be luckier
      throw error;
    });
    return module.then(wasm => netOf(bytes, wasm, name));
  }
  return load;
}
