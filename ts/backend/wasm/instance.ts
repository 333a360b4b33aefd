/** An instance of a binary, and how its functions fail: with typed errors, and with their stack put in order. */
import { OutOfMemoryError, PhylloError } from '../../core/errors';
import type { Binary } from './kernels';
import { LinearMemory } from './memory';
import { isThreaded, type ThreadOptions, ThreadPool } from './threads';

export interface Instance {
  readonly binary: Binary;
  readonly stack: Stack;
  /** null in a binary for one. */
  readonly threads: ThreadPool | null;
}

/**
 * The stack that compiled code has in linear memory, beside the engine's own. An exception unwinds that one alone: what
 * it leaves here is taken off by hand.
 */
class Stack {
  private readonly top: number;

  constructor(
    private readonly pointer: Binary['__stack_pointer'],
    private readonly threads: ThreadPool | null,
  ) {
    this.top = pointer.value;
  }

  /**
   * Takes off what functions left here that ended in an exception, and says whether any did. None may be running. Threads
   * that compute parts of a call read it here, so they are waited for.
   */
  unwind(): boolean {
    if (this.pointer.value === this.top) return false;
    this.threads?.abandon();
    this.pointer.value = this.top;
    return true;
  }
}

/**
 * Not the glue's instance, which allows one in a process.
 *
 * @throws {PhylloError} if the module is none of this package's.
 */
export function instantiate(module: WebAssembly.Module, name: string, shared: ThreadOptions | string = ''): Instance {
  // The glue would fill a table of JavaScript objects here; numbers need none.
  const imports: Record<string, WebAssembly.ModuleImports> = {};
  for (const wanted of WebAssembly.Module.imports(module)) (imports[wanted.module] ??= {})[wanted.name] = () => {};
  const several = typeof shared === 'string' ? null : shared;
  if (several) imports.env = { memory: several.memory };
  let instance: Instance | null = null;
  const failing = (error: (binary: Binary) => PhylloError) => {
    if (instance === null) return;
    instance.stack.unwind();
    throw error(instance.binary);
  };
  imports.phyllo = {
    /** A kernel, by its path in the sources, finds no room for n elements to work in. Nothing has been written yet. */
    outOfWorkspace: (path: number, length: number, n: number) =>
      failing(binary => {
        const [kernel = ''] = text(binary, path, length).match(/\w+(?=::here$)/) ?? [];
        const camelCase = kernel.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
        return noRoom(camelCase, `${4 * (n >>> 0)} bytes to work in`, binary);
      }),
    /** An assertion does not hold, in a line of a file. */
    panicked: (file: number, length: number, line: number, message: number, messageLength: number) =>
      failing(binary => {
        const what = text(binary, message, messageLength) || 'a kernel was called with what it cannot do';
        const place = length === 0 ? '' : ` (${text(binary, file, length)}:${line})`;
        return new PhylloError('wasm', `${what}${place}`);
      }),
    /** A thread has ended before it had computed its part. */
    partLost: () =>
      failing(() => new PhylloError('threads', `a thread ended while it computed: ${instance?.threads?.cause}`)),
    wantThreads: () => instance?.threads?.begin(),
  };
  const { exports } = new WebAssembly.Instance(module, imports);
  if (!isBinary(exports)) throw new PhylloError('wasm', `${name} is not a binary of this package`);
  // A plain object: the engine looks names up faster than in the sealed one of the instance.
  const binary = { ...exports, memory: several?.memory ?? exports.memory };
  const threads = several && isThreaded(binary) ? new ThreadPool(binary, several) : null;
  instance = { binary, stack: new Stack(binary.__stack_pointer, threads), threads };
  const message = binary.panicMessage();
  return message === 0 ? instance : { ...instance, binary: explained(instance, message) };
}

function isBinary(exports: WebAssembly.Exports): exports is WebAssembly.Exports & Binary {
  return (
    exports.panicMessage instanceof Function &&
    exports.gemm instanceof Function &&
    exports.__stack_pointer instanceof WebAssembly.Global
  );
}

const text = ({ memory }: Binary, at: number, length: number): string =>
  new TextDecoder().decode(new Uint8Array(memory.buffer, at >>> 0, length).slice()); // no decoder reads shared memory

/** There is no room for something. */
export const noRoom = (where: string, what: string, binary: Binary): OutOfMemoryError =>
  new OutOfMemoryError(where, `no room for ${what} beside the ${binary.liveBytes() >>> 0} in use`);

/** The checked binary, which before it traps leaves at an address what it found: a length, then so many bytes. */
function explained({ binary, stack }: Instance, message: number): Binary {
  const memory = new LinearMemory(binary.memory);
  const explain = (name: string | symbol, error: unknown): unknown => {
    stack.unwind();
    const [length = 0] = memory.read(message, 1, 'i32');
    if (!(error instanceof WebAssembly.RuntimeError) || length === 0) return error;
    memory.write(message, [0], 'i32');
    return new PhylloError(String(name), text(binary, message + 4, length), { cause: error });
  };
  return new Proxy(binary, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (!(value instanceof Function)) return value;
      return (...args: number[]): unknown => {
        try {
          return value.apply(undefined, args);
        } catch (error) {
          throw explain(name, error);
        }
      };
    },
  });
}
