import { OutOfMemoryError, PhylloError } from '../../core/errors';
import type { Backend } from '../backend';
import { type Binary, kernelsOf } from './kernels';
import { ITEM_SIZE, LinearMemory } from './memory';

/**
 * A backend on a linear memory of its own. `name` tells binaries apart where several run.
 *
 * @throws {PhylloError} if the module is none of this package's.
 */
export function wasmBackend(module: WebAssembly.Module, name: string): Backend {
  const binary = instantiate(module, name);
  const memory = new LinearMemory(binary.memory);
  return {
    name,
    kernels: kernelsOf(binary),
    takesLanes: (pass, ...sizes) => binary.conv2dTakesLanes(pass, ...sizes) === 1,
    itemSize: (dtype) => ITEM_SIZE[dtype],
    alloc: (bytes) => {
      // Addresses come back as signed numbers; sizes beyond 32 bits would arrive there cut off.
      const at = bytes < 2 ** 32 ? binary.alloc(bytes) >>> 0 : 0;
      if (at === 0) {
        const live = binary.liveBytes() >>> 0;
        throw new OutOfMemoryError('alloc', `no room for ${bytes} bytes beside the ${live} in use`);
      }
      return at;
    },
    free: (at, bytes) => binary.free(at, bytes),
    read: (at, n, dtype) => memory.read(at, n, dtype),
    write: (at, data, dtype) => memory.write(at, data, dtype),
    peek: (at, dtype) => memory.peek(at, dtype),
    memory: (resetPeak) => {
      if (resetPeak) binary.resetPeak();
      return { bytes: binary.liveBytes() >>> 0, blocks: binary.liveBlocks(), peak: binary.peakBytes() >>> 0 };
    },
  };
}

/** An instance of the module: not the glue's, which allows one in a process. */
function instantiate(module: WebAssembly.Module, name: string): Binary {
  // The glue would fill a table of JavaScript objects here; numbers need none.
  const imports: Record<string, Record<string, () => void>> = {};
  for (const wanted of WebAssembly.Module.imports(module)) (imports[wanted.module] ??= {})[wanted.name] = () => {};
  const { exports } = new WebAssembly.Instance(module, imports);
  if (!isBinary(exports)) throw new PhylloError('wasm', `${name} is not a binary of this package`);
  // A plain object: the engine looks names up faster than in the sealed one of the instance.
  const binary = { ...exports };
  const message = binary.panicMessage();
  return message === 0 ? binary : explained(binary, message);
}

function isBinary(exports: WebAssembly.Exports): exports is WebAssembly.Exports & Binary {
  return exports['panicMessage'] instanceof Function && exports['gemm'] instanceof Function;
}

/** The checked binary, which before it traps leaves at an address what it found: a length, then so many bytes. */
function explained(binary: Binary, message: number): Binary {
  const memory = new LinearMemory(binary.memory);
  const explain = (name: string | symbol, error: unknown): unknown => {
    const length = memory.peek(message, 'i32');
    if (!(error instanceof WebAssembly.RuntimeError) || length === 0) return error;
    memory.write(message, [0], 'i32');
    const bytes = Uint8Array.from(memory.read(message + 4, length, 'u8'));
    return new PhylloError(String(name), new TextDecoder().decode(bytes), { cause: error });
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
