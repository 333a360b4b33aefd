/**
 * The two floats of 16 bits, as JavaScript has them: their bits in a Uint16Array, their values as numbers.
 *
 * A float of e exponent bits and f fraction bits has the value ±2^(E − bias) · (1 + F / 2^f), with bias 2^(e − 1) − 1; below
 * 2^(1 − bias) come the multiples of 2^(1 − bias − f).
 */
export interface Format {
  /** Bits of the fraction. */
  readonly fraction: number;
  /** The exponent of the smallest number with all its digits: 1 − bias. */
  readonly least: number;
}
/** IEEE 754 binary16. */
export const BINARY16: Format = { fraction: 10, least: -14 };
/** The upper half of an f32. */
export const BFLOAT16: Format = { fraction: 7, least: -126 };

/** The value of a word of 16 bits. */
export function valueOfWord(word: number, { fraction, least }: Format): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word & 0x7fff) >> fraction;
  const part = (word & ((1 << fraction) - 1)) / (1 << fraction);
  if (exponent === 3 - 2 * least) return part === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? part * 2 ** least : (1 + part) * 2 ** (exponent - 1 + least));
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);
/** The exponent of a number: the whole part of log₂ |x|; of 0 and subnormal numbers -1023. */
function exponentOf(x: number): number {
  double[0] = x;
  return ((halves[1]! >> 20) & 0x7ff) - 1023;
}

/** The word of 16 bits whose value is nearest to x, of two the even one. */
export function wordOf(x: number, { fraction, least }: Format): number {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const infinity = (3 - 2 * least) << fraction;
  if (Number.isNaN(x)) return infinity | (1 << (fraction - 1));
  const exponent = Math.max(exponentOf(x), least);
  if (exponent > 1 - least) return sign | infinity;
  // Numbers from 2^52 on are whole, and a sum is rounded to nearest even.
  const last = 2 ** (exponent - fraction);
  const steps = Math.abs(x) / last + 2 ** 52 - 2 ** 52;
  // A number with all its digits has 2^fraction steps or more, which count one exponent up; above the largest is infinity.
  return sign | (((exponent - least) << fraction) + steps);
}
