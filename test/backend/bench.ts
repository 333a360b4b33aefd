/** The reference backend with short ways to put numbers in and to get them out, and what is compared with it. */
import { expect } from 'vitest';
import type { DType } from '../../ts/core/dtype';
import type { AllKernels, FullBackend } from '../../ts/backend/backend';
import { reference } from '../../ts/backend/reference/backend';

/** A backend with short ways to put numbers in and to get them out. */
export class Bench {
  readonly backend: FullBackend = reference();
  readonly k: AllKernels = this.backend.kernels;

  put(values: readonly number[], dtype: DType = 'f32'): number {
    const at = this.space(values.length);
    this.backend.write(at, values, dtype);
    return at;
  }
  space(n: number): number {
    return this.backend.alloc(n * this.backend.itemSize('f32'));
  }
  get(at: number, n: number, dtype: DType = 'f32'): number[] {
    return Array.from(this.backend.readSync(at, n, dtype));
  }
}

/** n numbers in [−1, 1) from a linear congruential generator: repeatable, and not the generator under test. */
export function numbers(n: number, seed = 1): number[] {
  let s = seed >>> 0;
  return Array.from({ length: n }, () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 31 - 1;
  });
}

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

export function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-12): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((x, i) => {
    const y = expected[i]!;
    const close = Object.is(x, y) || x === y || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y));
    if (!close) expect.fail(`at ${i}: ${x}, expected ${y}`);
  });
}

/** Every index [i0, i1, …] below the sizes, row-major. */
export function indices(...sizes: number[]): number[][] {
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap(at => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );
}

/** What `body` gives, for every index below the sizes, row-major. */
export const tabulate = (sizes: number[], body: (...at: number[]) => number): number[] =>
  indices(...sizes).map(at => body(...at));
