/** `load`, over however a runtime finds the binary. */
import { ValueError } from '../core/errors';
import { isPlain } from '../core/tree';
import { isString, kindOf, shown } from './kinds';
import { netOf, type Module, type Net } from './net';
import { bytesOf, type Bytes } from './parse';

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
   * @throws {ValueError} if these are no bytes, as a path or a promise are not, or an option is unknown.
   * @throws {OutOfMemoryError} if there is no room.
   */
  (bytes: Bytes, options?: LoadOptions): Promise<Net>;
  /** The same at once, on a binary that was compiled before: `phyllo/infer.wasm` or `phyllo/infer-relaxed.wasm`. */
  (bytes: Bytes, options: LoadOptions & { readonly wasm: Module }): Net;
}

interface Options extends LoadOptions {
  readonly wasm?: Module | undefined;
}
const UNNAMED = 'plan file';

function check(options: unknown): void {
  if (!isPlain(options)) throw new ValueError('load', `options takes { name, wasm }, this is ${shown(options)}`);
  const { name = UNNAMED, wasm, ...others } = options;
  if (!isString(name)) throw new ValueError('load', `name takes text, this is ${shown(name)}`);
  const [odd] = Object.keys(others);
  if (odd !== undefined) throw new ValueError(name, `there is no option ${odd}: load takes { name, wasm }`);
  if (wasm !== undefined && kindOf(wasm) !== 'WebAssembly.Module') {
    throw new ValueError(
      name,
      `wasm takes a WebAssembly.Module, this is ${shown(wasm)}; WebAssembly.compile(bytes) makes one`,
    );
  }
}

/** `binary` is asked once, by the first call that does not bring its own. */
export function loadOver(binary: () => Promise<Module>): Load {
  let module: Promise<Module> | null = null;
  async function later(bytes: Bytes, options: Options): Promise<Net> {
    check(options);
    const { name = UNNAMED } = options;
    const file = bytesOf(bytes, name);
    module ??= binary().catch((error: unknown) => {
      module = null; // another call may be luckier
      throw error;
    });
    return netOf(file, await module, name);
  }
  function load(bytes: Bytes, options?: LoadOptions): Promise<Net>;
  function load(bytes: Bytes, options: LoadOptions & { readonly wasm: Module }): Net;
  function load(bytes: Bytes, options: Options = {}): Net | Promise<Net> {
    if (options?.wasm === undefined) return later(bytes, options); // null is refused there
    check(options);
    const { name = UNNAMED, wasm } = options;
    return netOf(bytesOf(bytes, name), wasm, name);
  }
  return load;
}
