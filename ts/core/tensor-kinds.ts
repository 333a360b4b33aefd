/** Kinds of arguments that are tensors: see kinds.ts. */
import { ValueError } from './errors';
import type { Kind } from './kinds';
import { foundInstead, live, Tensor } from './tensor';

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
