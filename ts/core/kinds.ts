/**
 * Kinds of arguments: what a public function takes, declared once beside its name. From a kind come the check, the error
 * and, of options, which there are.
 */
import { display } from './display';
import { DTYPES, isDType, type DType } from './dtype';
import { DTypeError, ShapeError, ValueError, type PhylloError } from './errors';
import type { Shape } from './shape';
import { isPlain } from './tree';

export interface Kind<T> {
  /** In words, for errors: `a whole number ≥ 1`. */
  readonly takes: string;
  /** Whether v is one; it needs no `this`. */
  readonly fits: (v: unknown) => boolean;
  /** Says what is wrong with a v that does not fit. */
  refuse(where: string, name: string, v: unknown): never;
  /** What to do about a v that does not fit, where there is more to say than what it is. */
  readonly hint?: ((v: unknown) => string) | undefined;
  /** Never there: ties the kind to the type of an argument. */
  readonly of?: T;
}

type ErrorKind = new (where: string, what: string) => PhylloError;
interface Manner {
  readonly error?: ErrorKind;
  readonly hint?: Kind<unknown>['hint'];
}

/** A kind by a predicate. */
export function kind<T>(
  takes: string,
  fits: (v: unknown) => boolean,
  { error = ValueError, hint }: Manner = {},
): Kind<T> {
  return {
    takes,
    fits,
    hint,
    refuse(where, name, v) {
      throw new error(where, `${name} takes ${takes}, this is ${display(v)}${hint?.(v) ?? ''}`);
    },
  };
}

/** Throws unless `v` is of the kind. */
export function check<T>(where: string, name: string, of: Kind<T>, v: unknown): void {
  if (!of.fits(v)) of.refuse(where, name, v);
}

/**
 * Throws for arguments beyond those that a function has a name for: they would mean something that it does not do. To
 * a function of one argument an array's `map` gives two more, the index and the array: these mean nothing.
 */
export function checkCount(where: string, most: number, args: ArrayLike<unknown>): void {
  let given = args.length;
  while (given > most && args[given - 1] === undefined) given--;
  if (given <= most || (most === 1 && given === 3 && typeof args[1] === 'number' && Array.isArray(args[2]))) return;
  throw new ValueError(where, `takes ${most} argument${most === 1 ? '' : 's'}, these are ${given}`);
}

export const anyNumber: Kind<number> = kind('a number', v => typeof v === 'number');
export const aBoolean: Kind<boolean> = kind('true or false', v => typeof v === 'boolean');
export const aText: Kind<string> = kind('text', v => typeof v === 'string');
export const aDType: Kind<DType> = kind(DTYPES.join(', '), isDType, {
  error: DTypeError,
});
export const bytes: Kind<Uint8Array> = kind('a Uint8Array', v => v instanceof Uint8Array);
/** A function of the caller's. */
export function aFunction<F>(): Kind<F> {
  return kind('a function', v => typeof v === 'function', {
    hint: v => (runs(v) ? ': pass (...xs) => model.forward(...xs)' : ''),
  });
}
/** A module: what was meant is its `forward`. */
const runs = (v: unknown): boolean =>
  typeof v === 'object' && v !== null && 'forward' in v && typeof v.forward === 'function';

/** A finite number within bounds. */
export function aNumber(low: number = -Infinity, high: number = Infinity): Kind<number> {
  const range =
    low === -Infinity && high === Infinity
      ? 'a finite number'
      : high === Infinity
        ? `a finite number ≥ ${low}`
        : `a number from ${low} to ${high}`;
  return kind(range, v => typeof v === 'number' && v >= low && v <= high && Number.isFinite(v));
}

/** A factor or a divisor. */
export const nonzero: Kind<number> = kind('a finite number other than 0', v => v !== 0 && Number.isFinite(v));

export const isWholeNumber = (v: unknown, low: number, high: number = Infinity): v is number =>
  Number.isSafeInteger(v) && Number(v) >= low && Number(v) <= high;
/** Kernels count in 32 bits, the sign being one of them. */
const LARGEST = 2 ** 31 - 1;

/** A whole number from `low` to `high`, by default to the largest that kernels can count; `low` -Infinity: any. */
export function wholeNumber(low = 0, high: number = LARGEST): Kind<number> {
  if (low === -Infinity) return kind('a whole number', v => isWholeNumber(v, low));
  if (high < LARGEST) return kind(`a whole number from ${low} to ${high}`, v => isWholeNumber(v, low, high));
  return kind(`a whole number ≥ ${low}`, v => isWholeNumber(v, low, high), {
    hint: v => (isWholeNumber(v, low) ? `, which is above ${high === LARGEST ? '2^31 - 1' : high}` : ''),
  });
}

/** One of some texts or numbers. */
export function oneOf<const V extends readonly (string | number)[]>(...values: V): Kind<V[number]> {
  const words = values.map(v => (typeof v === 'string' ? `'${v}'` : `${v}`));
  const last = words.pop();
  return kind(words.length > 0 ? `${words.join(', ')} or ${last}` : `${last}`, v => values.some(value => value === v));
}

/** An instance of a class. */
export function instanceOf<T>(type: abstract new (...args: never[]) => T, takes: string): Kind<T> {
  return kind(takes, v => v instanceof type);
}

/** `undefined`, too. */
export function optional<T>(of: Kind<T>): Kind<T | undefined> {
  return {
    takes: of.takes,
    fits: v => v === undefined || of.fits(v),
    refuse: (where, name, v) => of.refuse(where, name, v),
  };
}

/** `null`, too. */
export function orNull<T>(of: Kind<T>): Kind<T | null> {
  const takes = `${of.takes} or null`;
  return { takes, fits: v => v === null || of.fits(v), refuse: (where, name, v) => of.refuse(where, name, v) };
}

/** What one of two kinds takes. */
export function either<A, B>(a: Kind<A>, b: Kind<B>): Kind<A | B> {
  const hint = (v: unknown): string => (a.hint?.(v) ?? '') + (b.hint?.(v) ?? '');
  return kind(`${a.takes} or ${b.takes}`, v => a.fits(v) || b.fits(v), { hint });
}

/** Whether v is an array whose every entry fits, holes included. */
export function every(v: unknown, fits: (v: unknown) => boolean): boolean {
  if (!Array.isArray(v)) return false;
  for (let i = 0; i < v.length; i++) if (!fits(v[i])) return false;
  return true;
}

/** An array of things of one kind. */
export function listOf<T>(of: Kind<T>, takes: string): Kind<readonly T[]> {
  return list(of, takes);
}
/** Two of one kind. */
export function twoOf<T>(of: Kind<T>, takes: string): Kind<readonly [T, T]> {
  return list(of, takes, 2);
}
function list<T, L extends readonly T[]>(of: Kind<T>, takes: string, length?: number): Kind<L> {
  const whole: Kind<L> = kind(
    takes,
    v => every(v, e => of.fits(e)) && (length === undefined || (Array.isArray(v) && v.length === length)),
  );
  return {
    ...whole,
    refuse(where, name, v) {
      if (Array.isArray(v) && (length === undefined || v.length === length)) {
        for (let i = 0; i < v.length; i++) check(where, `${name}[${i}]`, of, v[i]);
      }
      return whole.refuse(where, name, v);
    },
  };
}

const WHOLE = (v: unknown): boolean => isWholeNumber(v, -Infinity);
/** Whether v is an array of whole numbers from `low` up. Shapes are checked at many calls: this loop calls nothing. */
function wholes(v: unknown, low: number): boolean {
  if (!Array.isArray(v)) return false;
  for (let i = 0; i < v.length; i++) if (!(Number.isSafeInteger(v[i]) && v[i] >= low)) return false;
  return true;
}

/** The sizes of a tensor. */
export const aShape: Kind<Shape> = kind('a list of whole numbers from 0 up', v => wholes(v, 0), {
  error: ShapeError,
});
/** Sizes, of which some may be −1: they follow from others. */
export const aShapeWithGaps: Kind<Shape> = kind('a list of whole numbers from 0 up, or -1', v => wholes(v, -1), {
  error: ShapeError,
});
/** The size of a tensor of one dimension, or its sizes. */
export const oneSizeOrMore: Kind<number | Shape> = kind(
  'a whole number ≥ 0, or a list of them',
  v => isWholeNumber(v, 0) || aShape.fits(v),
  { error: ShapeError },
);
/** Dimensions by number; whether a tensor has them depends on its shape. */
export const aDim: Kind<number> = kind('the number of a dimension', WHOLE, { error: ShapeError });
export const dimsInOrder: Kind<readonly number[]> = kind('a list of dimensions, by number', v => wholes(v, -Infinity), {
  error: ShapeError,
});
export const oneOrMoreDims: Kind<number | readonly number[]> = kind(
  'the number of a dimension, or a list of them',
  v => WHOLE(v) || wholes(v, -Infinity),
  { error: ShapeError },
);

/** Numbers in an array of JavaScript's, in a typed one, or in what has a length and numbers at its indices. */
export const numbers: Kind<ArrayLike<number>> = kind('an array of numbers', v =>
  ArrayBuffer.isView(v)
    ? !(v instanceof DataView) && !isBig(v) && !isDetached(v)
    : every(Array.isArray(v) || !isIndexed(v) ? v : Array.from(v), e => typeof e === 'number'),
);
const isIndexed = (v: unknown): v is ArrayLike<unknown> =>
  typeof v === 'object' && v !== null && 'length' in v && isWholeNumber(v.length, 0, LARGEST);
/** Whether the memory of a view was handed to somebody else, by `postMessage` or `structuredClone`. */
export function isDetached({ byteLength, buffer }: ArrayBufferView): boolean {
  if (byteLength > 0) return false;
  try {
    new Uint8Array(buffer); // throws on such memory; `detached` tells newer engines alone
    return false;
  } catch {
    return true;
  }
}
const isBig = (v: unknown): boolean => v instanceof BigInt64Array || v instanceof BigUint64Array;

/** A plain object whose values are of one kind, under any names. */
export function recordOf<T>(of: Kind<T>, takes: string): Kind<Readonly<Record<string, T>>> {
  const whole: Kind<Readonly<Record<string, T>>> = kind(
    takes,
    v => isPlain(v) && Object.values(v).every(e => of.fits(e)),
  );
  return {
    ...whole,
    refuse(where, name, v) {
      if (isPlain(v)) for (const [key, e] of Object.entries(v)) check(where, `${name}['${key}']`, of, e);
      return whole.refuse(where, name, v);
    },
  };
}

export type Keys<O> = { readonly [K in keyof O]-?: Kind<O[K]> };

/** A plain object of options, each of which may be left out, and no others: so may the object. */
export function options<O extends object>(keys: Keys<O>): Kind<O | undefined> {
  const kinds: ReadonlyMap<string, Kind<unknown>> = new Map(Object.entries<Kind<unknown>>(keys));
  const predicates = new Map([...kinds].map(([key, { fits }]) => [key, fits]));
  return {
    takes: `{ ${[...kinds.keys()].join(', ')} }`,
    fits(v) {
      if (v === undefined) return true;
      if (!isPlain(v)) return false;
      for (const key in v) {
        const fits = predicates.get(key);
        const value = v[key];
        if (fits === undefined || (value !== undefined && !fits(value))) return false;
      }
      return true;
    },
    refuse(where, name, v) {
      if (!isPlain(v)) throw new ValueError(where, `${name} takes ${this.takes}, this is ${display(v)}`);
      for (const [key, value] of Object.entries(v)) {
        const of = kinds.get(key);
        if (!of) throw new ValueError(where, `there is no option ${key}: ${instead(key, [...kinds.keys()])}`);
        if (value !== undefined && !of.fits(value)) of.refuse(where, key, value);
      }
      throw new ValueError(where, `${name} changes as it is read`); // a getter
    },
  };
}

/** The same options, of which some must be there. */
export function requires<O extends object>(of: Kind<O | undefined>, ...names: readonly (keyof O & string)[]): Kind<O> {
  const missing = (v: unknown): string | undefined => names.find(name => isPlain(v) && v[name] === undefined);
  return {
    takes: of.takes,
    fits: v => v !== undefined && of.fits(v) && missing(v) === undefined,
    refuse(where, name, v) {
      const left = missing(v);
      if (left !== undefined && of.fits(v)) throw new ValueError(where, `${left} is missing among the ${name}`);
      return of.refuse(where, name, v);
    },
  };
}

/** The option that was meant, or all there are. */
function instead(key: string, known: readonly string[]): string {
  const [best] = known
    .map(k => ({ k, far: distance(key.toLowerCase(), k.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(1, Math.floor(key.length / 3))
    ? `did you mean ${best.k}?`
    : `it takes ${known.join(', ')}`;
}

/** Letters to insert, leave out or replace until a is b (Levenshtein 1966). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length]!;
}
