/** What functions take, by name and kind: every public function declares it, and is checked before any work. */
import { ValueError } from './errors';
import type { Kind } from './kinds';
import { scope } from './scope';

/** The parameters of a function, in order. */
export type Signature<A extends readonly unknown[]> = {
  readonly [K in keyof A]-?: readonly [name: string, kind: Kind<A[K]>];
};
type Parameters = readonly (readonly [name: string, kind: Kind<unknown>])[];

/** Throws unless the arguments of `where` are what it takes. */
export function checkArguments<A extends readonly unknown[]>(where: string, takes: Signature<A>, args: NoInfer<A>): void;
export function checkArguments(where: string, takes: Parameters, args: readonly unknown[]): void {
  for (let i = 0; i < takes.length; i++) {
    const kind = takes[i]![1];
    if (!kind.fits(args[i])) kind.refuse(where, takes[i]![0], args[i]);
  }
}

/** Throws for arguments beyond those that a function has a name for. */
export function checkCount(where: string, most: number, args: ArrayLike<unknown>): void {
  for (let i = most; i < args.length; i++) {
    if (args[i] !== undefined) {
      throw new ValueError(where, `takes ${most} argument${most === 1 ? '' : 's'}, these are ${args.length}`);
    }
  }
}

/**
 * The function, checked. More arguments than it has names for are refused, except by a function of one: an array's
 * `map` gives more to any.
 */
export function checked<A extends readonly unknown[], R>(
  where: string, takes: Signature<A>, f: (...args: A) => R,
): (...args: A) => R;
export function checked(where: string, takes: Parameters, f: (...args: readonly unknown[]) => unknown): typeof f {
  const n = takes.length;
  const call = (...args: unknown[]): unknown => {
    checkArguments(where, takes, args);
    if (args.length > n && n > 1) checkCount(where, n, args);
    return f(...args);
  };
  return Object.defineProperty(call, 'length', { value: n });
}

/** A checked function whose intermediate values are nobody's business: they go when it returns. */
export function composite<A extends readonly unknown[], R>(
  where: string, takes: Signature<A>, f: (...args: A) => R,
): (...args: A) => R {
  return checked(where, takes, (...args: A) => scope(() => f(...args), where));
}
