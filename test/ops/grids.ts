/** Tensors as functions of an index, and what ops should make of them. */
import { expect, test } from 'vitest';
import { scope } from '../../ts/core/scope';
import { sizeOf, type Shape } from '../../ts/core/shape';
import type { Tensor } from '../../ts/core/tensor';
import { tensor } from '../../ts/ops/creation';
import { direction, randomFrom } from './harness';

export type Index = readonly number[];
/** Numbers by index. */
export interface Grid {
  readonly shape: Shape;
  readonly at: (...index: number[]) => number;
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
/** Every index of a shape, row-major. */
export const indices = (shape: Shape): Index[] =>
  shape.reduce<Index[]>((all, n) => all.flatMap(i => range(n).map(j => [...i, j])), [[]]);

export let seed = 0;
/** Random numbers, none of them small. */
export function random(...shape: number[]): Grid {
  const data = direction(sizeOf(shape), randomFrom(seed++));
  const places = new Map(indices(shape).map((index, i) => [index.join(), data[i]!]));
  return { shape, at: (...index) => places.get(index.join())! };
}
export const put = ({ shape, at }: Grid): Tensor =>
  tensor(
    Float64Array.from(indices(shape), i => at(...i)),
    { shape },
  );
export const int = (data: readonly number[], shape: Shape = [data.length]): Tensor =>
  tensor(Int32Array.from(data), { shape });

/** y has this shape, and at each index what `define` says. */
export function expectEach(y: Tensor, shape: Shape, define: (...index: number[]) => number): void {
  expect(y.shape).toEqual(shape);
  const actual = y.toArray();
  const wrong = indices(shape).flatMap((index, i) => {
    const [got, want] = [actual[i]!, define(...index)];
    return Math.abs(got - want) <= 1e-12 * Math.max(1, Math.abs(want)) ? [] : [{ index, got, want }];
  });
  expect(wrong).toEqual([]);
}
/** A test whose tensors go at its end. */
export const check = (name: string, f: () => void): void => test(name, () => scope(f));
