/** What functions take, by name and kind: every public function declares it, and is checked before any work. */
import { check, checkCount, type Kind } from './kinds';
import { ValueError } from './errors';
import { runtime } from './runtime';
import { scope } from './scope';
import { isPlain } from './tree';

/** The parameters of a function, in order. */
export type Signature<A extends readonly unknown[]> = {
  readonly [K in keyof A]-?: readonly [name: string, kind: Kind<A[K]>];
};
type Parameters = readonly (readonly [name: string, kind: Kind<unknown>])[];

/** Throws unless the arguments of `where` are what it takes. */
export function checkArguments<A extends readonly unknown[]>(
  where: string,
  takes: Signature<A>,
  args: NoInfer<A>,
): void;
export function checkArguments(where: string, takes: Parameters, args: readonly unknown[]): void {
  for (let i = 0; i < takes.length; i++) {
    const kind = takes[i]![1];
    if (!kind.fits(args[i])) kind.refuse(where, takes[i]![0], args[i]);
  }
}

/** Throws unless the `arguments` of a class's constructor are what it takes, and no more. */
export function checkConstructor<C extends abstract new (...args: never[]) => unknown>(
  where: string,
  takes: Signature<ConstructorParameters<C>>,
  args: ArrayLike<unknown>,
): void;
export function checkConstructor(where: string, takes: Parameters, args: ArrayLike<unknown>): void {
  checkArguments(where, takes, Array.from(args));
  checkCount(where, takes.length, args);
}

/** What checked functions take: layers made of one take the same. */
const signatures: WeakMap<object, Parameters> = new WeakMap();
/** Throws unless `args` are what the checked function `f` takes after its first argument. */
export function checkRest(where: string, f: object, args: readonly unknown[]): void {
  const rest = signatures.get(f)?.slice(1) ?? [];
  for (const [i, [name, of]] of rest.entries()) check(where, name, of, args[i]);
  checkCount(where, rest.length, args);
}

/** Throws unless `options` are the last thing that the checked function `f` takes: a class made of it takes the same. */
export function checkOptions(where: string, f: object, options: unknown): void {
  const last = signatures.get(f)?.at(-1);
  if (last) check(where, last[0], last[1], options);
}

/** The function, checked: its arguments are of their kinds, and no more than it has names for. */
export function checked<A extends readonly unknown[], R>(
  where: string,
  takes: Signature<A>,
  f: (...args: A) => R,
): (...args: A) => R;
export function checked(where: string, takes: Parameters, f: (...args: readonly unknown[]) => unknown): typeof f {
  const kinds = takes.map(([, kind]) => kind);
  const refuse = (...args: readonly unknown[]): void => checkArguments(where, takes, args);
  const made = Object.defineProperty(quick(where, kinds, refuse, f), 'length', { value: takes.length });
  signatures.set(made, takes);
  return made;
}

/**
 * Calls with few arguments, most of them, make no array of them: an array costs as much as a check. Predicates are taken
 * out of their kinds here, whose hidden classes differ: looked up at each call, they cost 5 ns each.
 */
function quick(
  where: string,
  kinds: readonly Kind<unknown>[],
  refuse: (...args: readonly unknown[]) => void,
  f: (...args: readonly unknown[]) => unknown,
): (...args: readonly unknown[]) => unknown {
  const [p, q, r] = kinds.map(({ fits }) => fits);
  const most = kinds.length;
  if (!p || most > 3) {
    return (...args) => {
      refuse(...args);
      if (args.length > most) checkCount(where, most, args);
      return f(...args);
    };
  }
  if (q === undefined) {
    return function one(a?: unknown): unknown {
      if (!p(a)) refuse(a);
      if (arguments.length > 1) checkCount(where, 1, arguments);
      return f(a);
    };
  }
  if (r === undefined) {
    return function two(a?: unknown, b?: unknown): unknown {
      if (!p(a) || !q(b)) refuse(a, b);
      if (arguments.length > 2) checkCount(where, 2, arguments);
      return f(a, b);
    };
  }
  return function three(a?: unknown, b?: unknown, c?: unknown): unknown {
    if (!p(a) || !q(b) || !r(c)) refuse(a, b, c);
    if (arguments.length > 3) checkCount(where, 3, arguments);
    return f(a, b, c);
  };
}

/** A checked function whose intermediate values are nobody's business: they go when it returns. */
export function composite<A extends readonly unknown[], R>(
  where: string,
  takes: Signature<A>,
  f: (...args: A) => R,
): (...args: A) => R {
  return checked(where, takes, (...args: A) => {
    const run = (): R => scope(() => f(...args), where);
    return runtime.inspector === null ? run() : runtime.inspector.whole(where, run);
  });
}

/** Sizes or dimensions: in an array, or one by one. */
export type Listed = [list: readonly number[]] | number[];
/** `f(x, [3, -1])` that may be called as `f(x, 3, -1)`, too, which PyTorch's methods allow. */
export function listed<X, R>(where: string, f: (x: X, list: readonly number[]) => R): (x: X, ...list: Listed) => R {
  const call = (x: X, ...list: Listed): R => {
    if (isNumbers(list)) return f(x, list);
    if (list.length > 1) checkCount(where, 2, [x, ...list]);
    return f(x, list[0]);
  };
  return Object.defineProperty(call, 'length', { value: Infinity });
}
const isNumbers = (list: Listed): list is number[] => typeof list[0] === 'number';

/** A shape, in an array or as numbers one by one, and then options. */
export type Sizes<O> = [shape: readonly number[], options?: O] | number[] | [...sizes: number[], options: O];
/** `f([2, 3], options)` that may be called as `f(2, 3, options)`, too. */
export function sized<O, R>(f: (shape: readonly number[], options?: O) => R): (...args: Sizes<O>) => R {
  return (...args): R => {
    const given: readonly unknown[] = args;
    if (typeof given[0] !== 'number') return Reflect.apply(f, undefined, given);
    const other = given.findIndex(a => typeof a !== 'number');
    const n = other < 0 ? given.length : other;
    return Reflect.apply(f, undefined, [given.slice(0, n), ...given.slice(n)]);
  };
}

/** Options in an object; or the first of them by position, as PyTorch takes them, and the others in an object after. */
export type Positional<O, K extends readonly (keyof O)[]> =
  | [options?: O]
  | (K extends readonly [infer F extends keyof O, ...infer R extends readonly (keyof O)[]]
      ? [first: O[F] | undefined, ...Positional<O, R>]
      : never);
/** Options, the argument `at` of a function, that were given in an object or, in this order, by position. */
export function byPosition<O, const K extends readonly (keyof O)[]>(
  where: string,
  at: number,
  order: K,
  given: Positional<O, K>,
): O | undefined;
export function byPosition(where: string, at: number, order: readonly string[], given: readonly unknown[]): unknown {
  return gathered(where, at, order, given);
}
function gathered(where: string, at: number, order: readonly string[], given: readonly unknown[]): unknown {
  const end = given.map(v => v !== undefined).lastIndexOf(true);
  const last = given[end];
  const options = isPlain(last) ? last : null;
  const most = isPlain(given[0]) ? 1 : order.length + Number(options !== null);
  if (end >= most) checkCount(where, at + most, new Array(at + end + 1).fill(last));
  if (end < 1 && (options !== null || end < 0)) return last;
  const fields: Record<string, unknown> = { ...options };
  for (const [i, name] of order.entries()) {
    if (given[i] === undefined || (options !== null && i === end)) continue;
    if (name in fields) throw new ValueError(where, `${name} is given by position and among the options`);
    fields[name] = given[i];
  }
  return fields;
}
/** `f(x, size, options)` that takes options from its argument `at` on by position, too: `f(x, 3, 2)`. */
export function positional<H extends readonly unknown[], O, const K extends readonly (keyof O & string)[], R>(
  where: string,
  order: K,
  f: (...args: [...H, options?: O]) => R,
): (...args: [...H, ...Positional<O, K>]) => R;
export function positional(
  where: string,
  order: readonly string[],
  f: (...args: readonly unknown[]) => unknown,
): typeof f {
  const at = f.length - 1;
  const call = (...args: readonly unknown[]): unknown =>
    args.length <= at || (args.length === at + 1 && isPlain(args[at]))
      ? f(...args)
      : f(...args.slice(0, at), gathered(where, at, order, [args[at], ...args.slice(at + 1)]));
  return Object.defineProperty(call, 'length', { value: at + 1 });
}
