/** Layers by their formulas: loops over indices in float64. */
import { Generator, nn, randn, type Tensor } from 'phyllo';
import { expect } from 'vitest';

/** A check of a layer. */
export type Row = () => void;
export type Rows = readonly [Row, ...Row[]];

const generator = new Generator(11);
/** Normal numbers. */
export const noise = (...shape: readonly number[]): Tensor => randn(shape, { generator });
/** A module with parameters and buffers that are not what they begin as: these would hide what is left out. */
export function changed<M extends nn.Module>(m: M): M {
  for (const p of m.parameters()) nn.init.uniform(p, -1, 1, { generator });
  for (const [, b] of m.namedBuffers()) nn.init.uniform(b, 0.5, 2, { generator });
  return m;
}

export type At = (...index: readonly number[]) => number;
/** Elements by their indices; 0 outside, as where zeros are padded. */
export function read(t: Tensor): At {
  const { shape } = t;
  const data = t.toArray();
  return (...index) => {
    let at = 0;
    for (const [d, n] of shape.entries()) {
      const i = index[d]!;
      if (!(i >= 0 && i < n)) return 0;
      at = at * n + i;
    }
    return data[at]!;
  };
}
export const readOr0 = (t: Tensor | null): At => (t ? read(t) : () => 0);
/** Σ f(i), i < n. */
export function sum(n: number, f: (i: number) => number): number {
  let s = 0;
  for (let i = 0; i < n; i++) s += f(i);
  return s;
}
/** Mean and variance of f(i), i < n. */
export function moments(n: number, f: (i: number) => number): { mean: number; variance: number } {
  const mean = sum(n, f) / n;
  return { mean, variance: sum(n, i => (f(i) - mean) ** 2) / n };
}

/** Expects a shape, and f(index) as each element, within 1e-5 of it or absolutely. */
export function expectEach(found: Tensor, shape: readonly number[], f: At): void {
  expect(found.shape).toEqual(shape);
  const y = found.toArray();
  expect(y.length).toBeGreaterThan(0);
  y.forEach((v, at) => {
    const index: number[] = [];
    let rest = at;
    for (const n of shape.toReversed()) {
      index.unshift(rest % n);
      rest = Math.floor(rest / n);
    }
    const expected = f(...index);
    if (!(Math.abs(v - expected) <= 1e-5 * Math.max(1, Math.abs(expected)))) {
      expect.fail(`${v} at [${index.join(', ')}], expected ${expected}`);
    }
  });
}
