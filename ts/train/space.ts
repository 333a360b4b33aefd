/** What settings may be, every combination of them, and draws. */
import { rand, scope, ValueError, type Generator } from 'phyllo';
import { kind, type Kind } from 'phyllo/kinds';

/** A value of a setting. */
export type Choice = number | string | boolean;
/** Values between two numbers, drawn evenly, or evenly in their logarithm, or whole. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly scale?: 'linear' | 'log';
  readonly whole?: boolean;
}
/** Of each setting its values, or the range that they are drawn from. */
export type Space = Readonly<Record<string, readonly Choice[] | Range>>;
/** A value of each setting. */
export type Settings<S extends Space> = {
  readonly [K in keyof S]: S[K] extends readonly (infer V)[] ? V : S[K] extends Range ? number : Choice;
};

const isRange = (v: unknown): v is Range => typeof v === 'object' && v !== null && 'low' in v && 'high' in v;
const isChoices = (v: unknown): v is readonly Choice[] =>
  Array.isArray(v) && v.length > 0 && v.every(e => ['number', 'string', 'boolean'].includes(typeof e));
function fitsRange({ low, high, scale = 'linear' }: Range): boolean {
  return (
    Number.isFinite(low) && Number.isFinite(high) && low <= high && (scale === 'linear' || (scale === 'log' && low > 0))
  );
}
export const aSpace: Kind<Space> = kind(
  'for each setting a list of values, or { low, high } with low ≤ high (above 0 for a log scale)',
  v =>
    typeof v === 'object' &&
    v !== null &&
    Object.keys(v).length > 0 &&
    Object.values(v).every((of: unknown) => isChoices(of) || (isRange(of) && fitsRange(of))),
);
/** Every combination, the last setting first. @throws {ValueError} for a range, which has no list of values. */
export function gridOf(space: Space): Record<string, Choice>[] {
  return Object.entries(space).reduce<Record<string, Choice>[]>(
    (combinations, [name, values]) => {
      if (isRange(values)) throw new ValueError('search', `a grid takes lists of values, ${name} has a range`);
      return combinations.flatMap(c => values.map(v => ({ ...c, [name]: v })));
    },
    [{}],
  );
}
export function drawnFrom(space: Space, generator: Generator): Record<string, Choice> {
  const names = Object.keys(space);
  const draws = scope(() => rand([names.length], { generator }).toArray());
  return Object.fromEntries(names.map((name, i) => [name, valueAt(space[name]!, draws[i]!)]));
}
/** The value at a share u of a range or list, 0 ≤ u < 1. */
function valueAt(of: readonly Choice[] | Range, u: number): Choice {
  if (!isRange(of)) return of[Math.floor(u * of.length)]!;
  const { low, high, scale = 'linear', whole = false } = of;
  const top = whole && scale === 'linear' ? high + 1 : high;
  const value = scale === 'log' ? low * (high / low) ** u : low + (top - low) * u;
  return whole ? Math.min(high, scale === 'log' ? Math.round(value) : Math.floor(value)) : value;
}
