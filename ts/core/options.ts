/** Checks of what callers may choose: each throws before any work. */
import { ValueError } from './errors';

/** One number for both directions, or [vertical, horizontal]. */
export type Pair = number | readonly [vertical: number, horizontal: number];

/** One number for all three directions, or [depth, height, width]. */
export type Triple = number | readonly [depth: number, height: number, width: number];

/** Throws unless `value` is a finite number within bounds. */
export function checkNumber(
  where: string,
  name: string,
  value: number,
  low: number = -Infinity,
  high: number = Infinity,
): void {
  if (typeof value === 'number' && value >= low && value <= high && Number.isFinite(value)) return;
  const range =
    low === -Infinity && high === Infinity
      ? 'a finite number'
      : high === Infinity
        ? `a finite number ≥ ${low}`
        : `a number from ${low} to ${high}`;
  throw new ValueError(where, `${name} takes ${range}, this is ${String(value)}`);
}

/** Throws unless `value` is a whole number from `low` to `high`. */
export function checkInteger(
  where: string,
  name: string,
  value: number,
  low = 0,
  high: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  const range = value > high ? `from ${low} to ${high}` : `≥ ${low}`;
  throw new ValueError(where, `${name} takes a whole number ${range}, this is ${String(value)}`);
}

/** Both directions of an option, whole numbers from `low` up. */
export function pairOf(where: string, name: string, value: Pair, low: number): readonly [number, number] {
  const pair = typeof value === 'number' ? ([value, value] as const) : value;
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new ValueError(where, `${name} takes a number or a pair, this is ${String(value)}`);
  }
  pair.forEach(v => checkInteger(where, name, v, low));
  return [pair[0], pair[1]]; // the array is the caller's to use again
}

/** All three directions of an option, whole numbers from `low` up. */
export function tripleOf(where: string, name: string, value: Triple, low: number): readonly [number, number, number] {
  const triple = typeof value === 'number' ? ([value, value, value] as const) : value;
  if (!Array.isArray(triple) || triple.length !== 3) {
    throw new ValueError(where, `${name} takes a number or three, this is ${String(value)}`);
  }
  triple.forEach(v => checkInteger(where, name, v, low));
  return [triple[0], triple[1], triple[2]];
}
