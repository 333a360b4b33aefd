import type { Backend, Kernels } from '../backend/backend';
import { IndexError } from '../core/errors';
import type { View } from '../core/definition';
import { runtime } from '../core/runtime';

/**
 * Throws unless every index is in [0, size), where the backend can tell before the kernel runs. Elsewhere the kernel checks
 * them.
 */
export function checkIndices(k: Kernels, where: string, index: View, size: number): void {
  const place = k.indexOutside?.(index.at, index.size, size) ?? -1;
  if (place >= 0) throw outside(runtime.backend, where, index.at, place, size);
}

/** The error for the index at a place of those that begin at an address. */
export function outside(backend: Backend, where: string, index: number, place: number, size: number): IndexError {
  const value = backend.readSync?.(index + place * backend.itemSize('i32'), 1, 'i32')[0];
  return new IndexError(
    where,
    `index${value === undefined ? '' : ` ${value}`} at place ${place} is outside [0, ${size})`,
  );
}
