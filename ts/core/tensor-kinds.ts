/** Kinds of arguments that are tensors: see kinds.ts. */
import { copyOf, display } from './display';
import { ValueError } from './errors';
import type { Kind } from './kinds';
import { foundInstead } from './display';
import { live, Tensor } from './tensor';

/**
 * Throws for a tensor of another copy of the package, where other objects are let through.
 *
 * @param name what it is, for the error.
 */
export function refuseOtherCopies(where: string, name: string, v: unknown): void {
  if (isOfOtherCopy(v)) throw new ValueError(where, `${name} is ${display(v)}`);
}
const isOfOtherCopy = (v: unknown): boolean =>
  typeof v === 'object' && v !== null && !(v instanceof Tensor) && copyOf(v) !== undefined;

/** A tensor that is not freed. */
function tensors<T>(takes: string, others: (v: unknown) => boolean): Kind<T> {
  return {
    takes,
    fits: v => (v instanceof Tensor ? !v.disposed : others(v)),
    refuse(where, name, v) {
      if (v instanceof Tensor) live(v, where);
      throw new ValueError(where, `${name} takes ${takes}, this is ${foundInstead(v)}`);
    },
  };
}
export const aTensor: Kind<Tensor> = tensors('a tensor', () => false);
export const aTensorOrNumber: Kind<Tensor | number> = tensors('a tensor', v => typeof v === 'number');
export const aTensorOrNull: Kind<Tensor | null> = tensors('a tensor or null', v => v === null);
