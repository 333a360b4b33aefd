/** Memory with no room. */
import { expect } from 'vitest';
import type { FullBackend } from '../../ts/backend/backend';
import { OutOfMemoryError } from '../../ts/core/errors';

/** Takes all memory there is, and returns how to give it back. What is never written takes none of the machine's. */
export function takeAll(backend: FullBackend): { readonly bytes: number; readonly free: () => void } {
  const blocks: { at: number; bytes: number }[] = [];
  for (let bytes = 2 ** 31; bytes >= 16; ) {
    try {
      blocks.push({ at: backend.alloc(bytes), bytes });
    } catch (error) {
      expect(error).toBeInstanceOf(OutOfMemoryError);
      bytes /= 2;
    }
  }
  return {
    bytes: blocks.reduce((sum, block) => sum + block.bytes, 0),
    free: () => blocks.forEach(({ at, bytes }) => backend.free(at, bytes)),
  };
}
