/** Sizes of windows, one for each direction. */
import { every, isWholeNumber, kind, wholeNumber, type Kind } from './kinds';

/** One number for both directions, or [vertical, horizontal]. */
export type Pair = number | readonly [vertical: number, horizontal: number];

/** One number for all three directions, or [depth, height, width]. */
export type Triple = number | readonly [depth: number, height: number, width: number];

/** The names of 1, 2 or 3 directions, in the order of dimensions. */
export const LAYOUTS: readonly string[] = ['length', 'height, width', 'depth, height, width'];

/** So that a size with padding at both ends is still below 2³¹. */
const LARGEST = 2 ** 28;

function sizes<T>(takes: string, count: number, low: number): Kind<T> {
  const fits = (v: unknown, high?: number): boolean =>
    isWholeNumber(v, low, high) ||
    (Array.isArray(v) && v.length === count && every(v, e => isWholeNumber(e, low, high)));
  return kind(`${takes} of whole numbers ≥ ${low}`, v => fits(v, LARGEST), {
    hint: v => (fits(v) ? ', which is above 2^28' : ''),
  });
}
/** One whole number, of one direction. */
export function anExtent(low: number): Kind<number> {
  return wholeNumber(low, LARGEST);
}
/** One whole number for both directions, or two. */
export function aPair(low: number): Kind<Pair> {
  return sizes('one or a pair', 2, low);
}
/** One whole number for all directions, or three. */
export function aTriple(low: number): Kind<Triple> {
  return sizes('one or three', 3, low);
}

/** Both directions of a pair; a copy, since the caller may change an array. */
export function pairOf(pair: Pair): readonly [vertical: number, horizontal: number] {
  return typeof pair === 'number' ? [pair, pair] : [pair[0], pair[1]];
}
/** All three directions of a triple; a copy, since the caller may change an array. */
export function tripleOf(triple: Triple): readonly [depth: number, height: number, width: number] {
  return typeof triple === 'number' ? [triple, triple, triple] : [triple[0], triple[1], triple[2]];
}
/** As many numbers as there are directions; a copy, since the caller may change an array. */
export function sizesOf(dims: number, size: number | readonly number[]): number[] {
  return typeof size === 'number' ? new Array<number>(dims).fill(size) : [...size];
}
