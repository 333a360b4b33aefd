import { ValueError } from './errors';

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
