import type { Kernels } from '../backend/backend';
import { IndexError } from '../core/errors';
import type { View } from '../core/definition';
import { runtime } from '../core/runtime';

/** Throws unless every index is in [0, size). */
export function checkIndices(k: Kernels, where: string, index: View, size: number): void {
  const place = k.indexOutside(index.at, index.size, size);
  if (place < 0) return;
  const value = runtime.backend.peek(index.at + place * runtime.backend.itemSize('i32'), 'i32');
  throw new IndexError(where, `index ${value} at place ${place} is outside [0, ${size})`);
}
