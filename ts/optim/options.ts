/** Which options an optimiser takes, by their defaults. */
import { display } from '../core/display';
import { aBoolean, aNumber, check, kind, options, orNull, twoOf, wholeNumber, type Kind } from '../core/kinds';

/** A number within bounds, by default −∞ and ∞. Without a default it must be given; with null as the default it may be null. */
export interface Bounded {
  readonly default?: number | null;
  readonly low?: number;
  readonly high?: number;
  /** Whether it counts something. Default false. */
  readonly whole?: boolean;
}
/** One of some values. */
export interface Choice<V = unknown> {
  readonly default: V;
  readonly oneOf: readonly V[];
}
type Pair = readonly [number, number];
/** The options that every optimiser has. */
export interface OptimizerOptions {
  /** Ascend instead of descend: steps of −gradient. Default false. */
  readonly maximize?: boolean;
}
export const sharedDefaults: Required<OptimizerOptions> = { maximize: false };
/** For each option its default; for a number, it may have bounds too; for a text, all that it may be. */
export type Defaults<O> = {
  readonly [K in keyof O]-?:
    | Extract<O[K], number | boolean | Pair>
    | (Extract<O[K], number> extends never ? never : Bounded)
    | (Extract<O[K], string> extends never ? never : Choice<Exclude<O[K], undefined>>);
};

const two: Kind<Pair> = twoOf(aNumber(), 'two numbers');
const aBounded: Kind<Bounded | undefined> = options<Bounded>({
  default: orNull(aNumber()),
  low: aNumber(),
  high: aNumber(),
  whole: aBoolean,
});
const isBounded = (d: unknown): d is Bounded => d !== undefined && aBounded.fits(d);
const isChoice = (d: unknown): d is Choice =>
  typeof d === 'object' && d !== null && 'default' in d && 'oneOf' in d && Array.isArray(d.oneOf);
/** A number within the bounds. */
function bounded({ default: byDefault, low, high, whole = false }: Bounded): Kind<number | null> {
  const number = whole ? wholeNumber(low, high) : aNumber(low, high);
  return byDefault === null ? orNull(number) : number;
}
const chosen = ({ oneOf }: Choice): Kind<unknown> =>
  kind(oneOf.map(v => display(v)).join(' or '), v => oneOf.includes(v));

/** The bounds that a default declares. */
export const boundsOf = (d: unknown): Pick<Bounded, 'low' | 'high'> => (isBounded(d) ? d : {});

export type Kinds = Readonly<Record<string, Kind<unknown>>>;
/** The kinds of the options. */
export function kindsOf(where: string, defaults: object): Kinds {
  const kindOf = (name: string, d: unknown): Kind<unknown> => {
    if (typeof d === 'boolean') return aBoolean;
    if (typeof d === 'number') return aNumber();
    if (two.fits(d)) return two;
    if (isChoice(d)) return chosen(d);
    return isBounded(d) ? bounded(d) : aBounded.refuse(where, `the default of ${name}`, d);
  };
  return Object.fromEntries(Object.entries(defaults).map(([name, d]) => [name, kindOf(name, d)]));
}

/** Throws unless all options are there, each of its kind. */
function assertComplete<O extends object>(where: string, kinds: Kinds, v: object): asserts v is Required<O> {
  for (const [name, kind] of Object.entries(kinds)) check(where, name, kind, Reflect.get(v, name));
}

/** Arrays stay the caller's. */
const copyOf = (option: unknown): unknown => (Array.isArray(option) ? Object.freeze([...option]) : option);

/** All options: a group's own, else the optimiser's, else the defaults. */
export function resolveOptions<O extends object>(
  where: string,
  defaults: object,
  shared: object,
  own: object,
): Readonly<Required<O>> {
  const all: object = Object.fromEntries(
    Object.entries<unknown>({ ...defaults }).map(([name, d]) => [
      name,
      copyOf(Reflect.get(own, name) ?? Reflect.get(shared, name) ?? (isBounded(d) || isChoice(d) ? d.default : d)),
    ]),
  );
  assertComplete<O>(where, kindsOf(where, defaults), all);
  return Object.freeze(all);
}

/** What has options by name. */
interface Named {
  option(name: string): unknown;
  setOption(name: string, value: unknown): void;
}
/**
 * Gives a class accessors of options by name, so that a plain assignment sets one or throws, where JavaScript would make a
 * field that nothing reads. They are the class's, since plans walk the fields of objects.
 */
export function nameOptions(prototype: Named, options: object): void {
  for (const name of Object.keys(options)) {
    if (name in prototype) continue;
    Object.defineProperty(prototype, name, {
      get(this: Named) {
        return this.option(name);
      },
      set(this: Named, value: unknown) {
        this.setOption(name, value);
      },
    });
  }
}
