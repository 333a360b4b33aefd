/** Calls of kernels for tests: buffers, sizes and scalars, and how closely backends must agree. */
import type { DType } from '../../../ts/core/dtype';

/** A buffer of a call: what it holds before, and whether it is compared afterwards. */
export interface Operand {
  readonly dtype: DType;
  readonly data: readonly number[];
  readonly written: boolean;
  /** The element that the address given to the kernel is of. */
  readonly first: number;
}

export type Argument = number | Operand;

export interface Call {
  readonly args: readonly Argument[];
  /** What elements may differ by: `tolerance` times their own size, or where `byLargest` times the largest, or 1. */
  readonly tolerance: number;
  readonly byLargest: boolean;
}

export const EXACT = 0;
/** Functions and products: some roundings. */
export const ROUNDED = 2e-6;
/** Sums of products, compared with their largest. */
export const SUMMED = 4e-6;

export const call = (args: readonly Argument[], tolerance: number = EXACT, byLargest = false): Call => ({
  args,
  tolerance,
  byLargest,
});
export const input = (dtype: DType, data: readonly number[], first = 0): Operand => ({
  dtype,
  data,
  written: false,
  first,
});
export const inout = (dtype: DType, data: readonly number[]): Operand => ({ dtype, data, written: true, first: 0 });
/** Filled with what no kernel writes. */
export const output = (dtype: DType, n: number): Operand =>
  inout(dtype, Array<number>(n).fill(dtype === 'f32' ? NaN : 77));

/** For each kernel of a family, the calls that it is tried on. A kernel without cases does not compile. */
export type Cases<Family> = Record<keyof Family, () => Call[]>;

/** Numbers in [0, 1) that are the same each time (mulberry32). */
export function numbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const random: () => number = numbers(1);
export const below = (n: number): number => Math.floor(random() * n);
export const floats = (n: number, scale = 1): number[] =>
  Array.from({ length: n }, () => Math.fround(scale * (2 * random() - 1)));
export const ints = (n: number, size: number, from = 0): number[] =>
  Array.from({ length: n }, () => from + below(size));
export const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Around the width of a vector, and of what kernels take at a time. */
export const SIZES: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 130];

/** Where a strided operand begins so that it lies behind 0, and its elements. */
export function reach(n: readonly number[], strides: readonly number[]): [number, number] {
  const end = (sign: number): number =>
    n.reduce((sum, n, i) => sum + (Math.max(n, 1) - 1) * Math.max(0, sign * strides[i]!), 0);
  return [end(-1), end(-1) + end(1) + 1];
}
