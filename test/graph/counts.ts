/** How many plans a captured function has. */
import { capture, type Tensor } from 'phyllo';
import { expect } from 'vitest';
import { list } from '../toy';

export const plansOf = (f: { readonly plans: readonly unknown[] }): number => f.plans.length;

/** Each call gives what f gives; returns how many plans there were after each. */
export function counts<A extends readonly unknown[]>(f: (...args: A) => Tensor, calls: readonly A[]): number[] {
  const captured = capture(f);
  const seen = calls.map(args => {
    const want = f(...args);
    const got = captured(...args);
    expect([got.dtype, got.shape, list(got)]).toEqual([want.dtype, want.shape, list(want)]);
    return plansOf(captured);
  });
  captured.dispose();
  expect(plansOf(captured)).toBe(0);
  return seen;
}
