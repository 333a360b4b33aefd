/** Checks of what callers may choose: each throws before any work. */
import { ValueError } from './errors';

/** One number for both directions, or [vertical, horizontal]. */
export type Pair = number | readonly [vertical: number, horizontal: number];

/** Throws unless `value` is a finite number within bounds. */
export function checkNumber(where: string, name: string, value: number, low: number = -Infinity, high: number = Infinity): void {
  if (typeof value === 'number' && value >= low && value <= high && Number.isFinite(value)) return;
  const range = low === -Infinity && high === Infinity ? 'a finite number'
    : high === Infinity ? `a finite number ≥ ${low}` : `a number from ${low} to ${high}`;
  throw new ValueError(where, `${name} takes ${range}, this is ${String(value)}`);
}

/** Throws unless `value` is a whole number from `low` up. */
export function checkInteger(where: string, name: string, value: number, low = 0): void {
  if (Number.isInteger(value) && value >= low) return;
  throw new ValueError(where, `${name} takes a whole number ≥ ${low}, this is ${String(value)}`);
}

/** Both directions of an option, whole numbers from `low` up. */
export function pairOf(where: string, name: string, value: Pair, low: number): readonly [number, number] {
  const pair = typeof value === 'number' ? ([value, value] as const) : value;
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new ValueError(where, `${name} takes a number or a pair, this is ${String(value)}`);
  }
  pair.forEach(v => checkInteger(where, name, v, low));
  return pair;
}
