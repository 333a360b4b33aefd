import type { Backend, Kernels } from '../backend/backend';
import { IndexError } from '../core/errors';
import type { View } from '../core/definition';
import { runtime } from '../core/runtime';

/**
 * Throws unless every index is in [0, size), where the backend can tell before the kernel runs. Elsewhere the kernel checks
 * them.
 */
export function checkIndices(k: Kernels, where: string, index: View, size: number): void {
  const position = k.indexOutside?.(index.address, index.size, size) ?? -1;
  if (position >= 0) throw outside(runtime.backend, where, index.address, position, size);
}

/** The error for the index at a position of those that begin at an address. */
export function outside(backend: Backend, where: string, index: number, position: number, size: number): IndexError {
  const value = backend.readSync?.(index + position * backend.itemSize('i32'), 1, 'i32')[0];
  return new IndexError(
    where,
    `index${value === undefined ? '' : ` ${value}`} at position ${position} is outside [0, ${size})`,
  );
}
