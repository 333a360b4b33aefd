import type { Backend, Kernels } from '../backend/backend';
import { IndexError, type PhylloError } from '../core/errors';
import type { View } from '../core/definition';
import { runtime } from '../core/runtime';

/**
 * Throws unless every index is in [0, size), where the backend can tell before the kernel runs. Elsewhere the kernel checks
 * them. What a plan throws there is the op's own `fault`, if it has one.
 */
export function checkIndices(k: Kernels, where: string, index: View, size: number, fault?: Fault): void {
  const position = k.indexOutside?.(index.address, index.size, size) ?? -1;
  if (position >= 0) throw outside(runtime.backend, where, index.address, position, size, fault);
}

/** What is wrong with the element at a position; undefined where it cannot be read. */
type Fault = (position: number, value: number | undefined) => PhylloError;

/** The error for the index at a position of those that begin at an address. */
export function outside(
  backend: Backend,
  where: string,
  index: number,
  position: number,
  size: number,
  fault?: Fault,
): PhylloError {
  const value = backend.readSync?.(index + position * backend.itemSize('i32'), 1, 'i32')[0];
  if (fault) return fault(position, value);
  return new IndexError(
    where,
    `index${value === undefined ? '' : ` ${value}`} at position ${position} is outside [0, ${size})`,
  );
}
