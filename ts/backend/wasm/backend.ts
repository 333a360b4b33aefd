import { itemSize } from '../../core/dtype';
import type { FullBackend, Threads } from '../backend';
import { instantiate, noRoom } from './instance';
import { kernelsOf } from './kernels';
import { LinearMemory } from './memory';
import { oneThread, type ThreadOptions } from './threads';

/** What runs the kernels of the binaries. */
export interface WasmBackend extends FullBackend {
  readonly threads: Threads;
}

/**
 * A backend on a linear memory of its own. `name` tells binaries apart where several run. With what several threads share,
 * or why there is one; and why this binary.
 *
 * @throws {PhylloError} if the module is none of this package's.
 */
export function wasmBackend(
  module: WebAssembly.Module,
  name: string,
  shared: ThreadOptions | string = 'it was made for one',
  why = 'it was made so',
): WasmBackend {
  const { binary, stack, threads } = instantiate(module, name, shared);
  const memory = new LinearMemory(binary.memory);
  const kernels = kernelsOf(binary);
  /**
   * The address of a block, or 0. Addresses come back as signed numbers. Kernels see operands as slices, which end below
   * 2 GiB: a sum of 2^29 f32 would trap.
   */
  const take = (bytes: number): number => (bytes < 2 ** 31 ? binary.alloc(bytes) >>> 0 : 0);
  /** Memory for JavaScript to read and write, of which no thread writes more for a call that an exception cut off. */
  const settled = (): LinearMemory => {
    threads?.abandon();
    return memory;
  };
  return {
    name,
    why,
    threads: threads ?? oneThread(String(shared)),
    kernels,
    blocked: kernels,
    prepared: kernels,
    itemSize,
    alloc: bytes => {
      let at = 0;
      try {
        at = take(bytes);
      } catch (error) {
        // The frames that traps left on the stack may be so many that there is no room for another.
        if (!stack.unwind()) throw error;
      }
      // 0 if there are such frames, too.
      if (at === 0) {
        stack.unwind();
        at = take(bytes);
      }
      if (at === 0) throw noRoom('alloc', `${bytes} bytes`, binary);
      return at;
    },
    free: (at, bytes) => binary.free(at, bytes),
    read: async (at, n, dtype) => settled().read(at, n, dtype),
    readSync: (at, n, dtype) => settled().read(at, n, dtype),
    write: (at, data, dtype) => settled().write(at, data, dtype),
    readBytes: (at, n, dtype) => settled().readBytes(at, n * itemSize(dtype)),
    writeBytes: (at, bytes) => settled().writeBytes(at, bytes),
    peek: (at, dtype) => settled().peek(at, dtype),
    memory: resetPeak => {
      if (resetPeak) binary.resetPeak();
      return { bytes: binary.liveBytes() >>> 0, blocks: binary.liveBlocks(), peak: binary.peakBytes() >>> 0 };
    },
  };
}
