/** Runs a call of a kernel on a backend. */
import type { AllKernels, FullBackend } from '../../../ts/backend/backend';
import type { Call } from './calls';

/** Bytes before and after each buffer, which no kernel may touch. */
const GUARD = 64;
const PATTERN: Uint8Array = Uint8Array.from({ length: GUARD }, (_, i) => (7 * i + 165) & 255);

/** Makes the buffers, calls the kernel, and gives back what it returned and wrote. */
export function run(backend: FullBackend, name: keyof AllKernels, { args }: Call): number[][] {
  const blocks = args.map(arg => {
    if (typeof arg === 'number') return null;
    const bytes = arg.data.length * backend.itemSize(arg.dtype);
    const at = backend.alloc(bytes);
    backend.write(at, arg.data, arg.dtype);
    return { at, bytes, arg };
  });
  const kernel: (...args: number[]) => number | void = backend.kernels[name]!;
  const addresses = args.map((arg, i) => {
    const block = blocks[i];
    return typeof arg === 'number' || !block ? Number(arg) : block.at + arg.first * backend.itemSize(arg.dtype);
  });
  const result = kernel(...addresses);
  const written = blocks.map(block =>
    block?.arg.written ? Array.from(backend.readSync(block.at, block.arg.data.length, block.arg.dtype)) : [],
  );
  for (const block of blocks) if (block) backend.free(block.at, block.bytes);
  return [typeof result === 'number' ? [result] : [], ...written];
}

/** The same with guards around the buffers. @throws {Error} if one was written to. */
export function runGuarded(backend: FullBackend, name: keyof AllKernels, call: Call): number[][] {
  const guarded: FullBackend = {
    ...backend,
    alloc(bytes) {
      const at = backend.alloc(bytes + 2 * GUARD);
      const end = at + GUARD + bytes;
      for (const guard of [at, end]) backend.writeBytes(guard, PATTERN, 'u8');
      return at + GUARD;
    },
    free(at, bytes) {
      for (const guard of [at - GUARD, at + bytes]) {
        const now = backend.readBytes(guard, GUARD, 'u8');
        if (!now.every((byte, i) => byte === PATTERN[i])) throw new Error(`${name} wrote beside a buffer`);
      }
      backend.free(at - GUARD, bytes + 2 * GUARD);
    },
  };
  return run(guarded, name, call);
}
