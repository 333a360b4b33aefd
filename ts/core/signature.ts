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
  for (let given = args.length; given > most; given--) {
    if (args[given - 1] !== undefined) {
      throw new ValueError(where, `takes ${most} argument${most === 1 ? '' : 's'}, these are ${given}`);
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
  const refuse = (...args: unknown[]): void => {
    checkArguments(where, takes, args);
    if (n > 1) checkCount(where, n, args);
  };
  return Object.defineProperty(quick(takes.map(([, kind]) => kind), refuse, f), 'length', { value: n });
}

/** Calls with few arguments, most of them, make no array of them: an array costs as much as a check. */
function quick(
  kinds: readonly Kind<unknown>[], refuse: (...args: unknown[]) => void, f: (...args: readonly unknown[]) => unknown,
): (...args: unknown[]) => unknown {
  const [p, q, r] = kinds;
  if (p && kinds.length === 1) {
    return (a: unknown): unknown => {
      if (!p.fits(a)) refuse(a);
      return f(a);
    };
  }
  if (p && q && kinds.length === 2) {
    return (a, b, c, d, e): unknown => {
      if (c !== undefined || d !== undefined || e !== undefined || !p.fits(a) || !q.fits(b)) refuse(a, b, c, d, e);
      return f(a, b);
    };
  }
  if (p && q && r && kinds.length === 3) {
    return (a, b, c, d, e): unknown => {
      if (d !== undefined || e !== undefined || !p.fits(a) || !q.fits(b) || !r.fits(c)) refuse(a, b, c, d, e);
      return f(a, b, c);
    };
  }
  return (...args): unknown => {
    refuse(...args);
    return f(...args);
  };
}

/** A checked function whose intermediate values are nobody's business: they go when it returns. */
export function composite<A extends readonly unknown[], R>(
  where: string, takes: Signature<A>, f: (...args: A) => R,
): (...args: A) => R {
  return checked(where, takes, (...args: A) => scope(() => f(...args), where));
}
