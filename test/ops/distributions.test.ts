/**
 * Random numbers against exact distributions: the Kolmogorov–Smirnov distance of 20,000 numbers from a distribution
 * function, the χ² of counts, the same numbers on every backend, and plans that go on drawing.
 */
import {
  bernoulli,
  beta,
  capture,
  dirichlet,
  exponential,
  full,
  gamma,
  Generator,
  gradients,
  multinomial,
  normal,
  ones,
  poisson,
  randLike,
  randnLike,
  scope,
  ShapeError,
  sum,
  tensor,
  ValueError,
  type SourceOptions,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { binaries, exact } from '../backends';

const N = 20_000;
const from = (seed: number): SourceOptions => ({ generator: new Generator(seed) });

/** The largest distance between the share of numbers up to y and F(y). */
function distance(y: Tensor, F: (y: number) => number): number {
  const sorted = Float64Array.from(y.toArray()).sort();
  return sorted.reduce((most, v, i) => Math.max(most, F(v) - i / N, (i + 1) / N - F(v)), 0);
}
/** Passed by 999 of 1000 generators, and by this seed. */
const BOUND = 1.95 / Math.sqrt(N);

/** ∫ f from 0 to y by Simpson's rule, of a density that is finite. */
function integral(f: (y: number) => number, y: number, steps = 400): number {
  const h = y / steps;
  let total = f(0) + f(y);
  for (let i = 1; i < steps; i++) total += (i % 2 ? 4 : 2) * f(i * h);
  return (total * h) / 3;
}
const normalCdf = (x: number): number =>
  x < 0 ? 1 - normalCdf(-x) : 0.5 + integral(t => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI), Math.min(x, 9));
/** Of whole shapes: 1 − e⁻ʸ Σ yⁱ/i! over i < k. */
function erlangCdf(k: number, y: number): number {
  let [term, total] = [1, 0];
  for (let i = 0; i < k; i++) {
    total += term;
    term *= y / (i + 1);
  }
  return 1 - Math.exp(-y) * total;
}

const CONTINUOUS: Readonly<Record<string, readonly [() => Tensor, (y: number) => number]>> = {
  exponential: [() => exponential([N], 2.5, from(1)), y => 1 - Math.exp(-2.5 * y)],
  'gamma of 1': [() => gamma([N], 1, 1, from(2)), y => erlangCdf(1, y)],
  'gamma of 5, rate 2': [() => gamma([N], full([N], 5), 2, from(3)), y => erlangCdf(5, 2 * y)],
  // A squared normal number is gamma of ½ and rate ½.
  'gamma of ½': [() => gamma([N], 0.5, 0.5, from(4)), y => 2 * normalCdf(Math.sqrt(y)) - 1],
  'beta of 1, 3': [() => beta([N], 1, 3, from(25)), y => 1 - (1 - y) ** 3],
  'beta of ½, ½': [() => beta([N], 0.5, tensor(0.5), from(6)), y => (2 / Math.PI) * Math.asin(Math.sqrt(y))],
  // One of three is beta of 1, 2.
  dirichlet: [() => dirichlet(ones([N, 3]), from(7)).select(1, 1), y => 1 - (1 - y) ** 2],
  normal: [() => normal(full([N], 2), 3, undefined, from(8)), y => normalCdf((y - 2) / 3)],
  randLike: [() => randLike(ones([N]), from(9)), y => y],
  randnLike: [() => randnLike(ones([N]), from(10)), normalCdf],
};

/** Σ (count − expected)² / expected over what is expected 5 times or more, and its degrees of freedom. */
function chiSquare(counts: readonly number[], shares: readonly number[]): [value: number, freedom: number] {
  const all = counts.reduce((a, b) => a + b, 0);
  const some = shares.map((p, i) => [counts[i] ?? 0, p * all] as const).filter(([, e]) => e >= 5);
  return [some.reduce((s, [c, e]) => s + (c - e) ** 2 / e, 0), some.length - 1];
}
/** That the value is within five standard deviations of the χ² distribution's mean. */
const fits = ([value, freedom]: [number, number]): boolean => Math.abs(value - freedom) < 5 * Math.sqrt(2 * freedom);
const countsOf = (y: Tensor, n: number): number[] => {
  const counts = new Array<number>(n).fill(0);
  for (const v of y.toArray()) if (v < n) counts[v]!++;
  return counts;
};

describe.each([exact, ...binaries.filter(({ name }) => name !== 'checked')])('on $name', backend => {
  test.each(Object.entries(CONTINUOUS))('%s', (_, [make, F]) => {
    useBackend(backend);
    scope(() => expect(distance(make(), F)).toBeLessThan(BOUND));
  });

  test.each([0.2, 3, 9.5, 10, 40, 1000])('poisson of %d', rate => {
    useBackend(backend);
    scope(() => {
      const n = Math.ceil(rate + 12 * Math.sqrt(rate) + 10);
      const shares = [Math.exp(-rate)];
      let logP = -rate;
      for (let k = 1; k < n; k++) shares.push(Math.exp((logP += Math.log(rate / k))));
      const counts = countsOf(poisson(full([N], rate), from(11)), n);
      expect(counts.reduce((a, b) => a + b)).toBe(N);
      expect(fits(chiSquare(counts, shares))).toBe(true);
    });
  });

  test('bernoulli', () => {
    useBackend(backend);
    scope(() => {
      const counts = countsOf(bernoulli(full([N], 0.3), from(12)), 2);
      expect(fits(chiSquare(counts, [0.7, 0.3]))).toBe(true);
      expect([...bernoulli(tensor([0, 1, 0, 1]), from(1)).toArray()]).toEqual([0, 1, 0, 1]);
    });
  });

  test('multinomial with replacement', () => {
    useBackend(backend);
    scope(() => {
      const y = multinomial(tensor([0, 1, 0, 3, 4, 0]), N, { replacement: true, ...from(13) });
      const counts = countsOf(y, 6);
      expect([counts[0], counts[2], counts[5]]).toEqual([0, 0, 0]);
      expect(fits(chiSquare(counts, [0, 1 / 8, 0, 3 / 8, 1 / 2, 0]))).toBe(true);
    });
  });

  test('multinomial without replacement', () => {
    useBackend(backend);
    scope(() => {
      const y = multinomial(tensor([1, 0, 2, 5]).expand(N, 4), 2, from(14));
      expect([y.shape, y.dtype]).toEqual([[N, 2], 'i32']);
      // The first by its weight, the second by its weight among those left.
      const pairs = new Array<number>(16).fill(0);
      const places = y.toArray();
      for (let i = 0; i < N; i++) pairs[4 * places[2 * i]! + places[2 * i + 1]!]!++;
      const w = [1, 0, 2, 5];
      const shares = pairs.map((_, i) => {
        const [a, b] = [Math.floor(i / 4), i % 4];
        return a === b ? 0 : ((w[a]! / 8) * w[b]!) / (8 - w[a]!);
      });
      expect(pairs.every((n, i) => n === 0 || shares[i]! > 0)).toBe(true);
      expect(fits(chiSquare(pairs, shares))).toBe(true);
    });
  });

  test('the same numbers as the reference, eager and in a plan', () => {
    const draw = (o: SourceOptions): Tensor[] => [
      poisson(tensor([0.5, 5, 20, 1e5]), o),
      bernoulli(full([50], 0.4), o),
      multinomial(tensor([1, 2, 3]), 20, { replacement: true, ...o }),
      gamma([50], 0.7, 1, o),
      dirichlet(ones([5, 3]), o),
      exponential([50], 1, o),
    ];
    const numbers = (ts: readonly Tensor[]): number[] => ts.flatMap(t => [...t.toArray()]);
    useBackend(exact);
    const o = from(15);
    const expected = scope(() => [...numbers(draw(o)), ...numbers(draw(o))]);
    useBackend(backend);
    scope(() => {
      const eager = from(15);
      const found = [...numbers(draw(eager)), ...numbers(draw(eager))];
      found.forEach((v, i) => expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!))));
      const inPlan = from(15);
      const plan = capture((x: Tensor) => draw(inPlan).map(y => y.add(x.sum().mul(0))));
      const planned = [...numbers(plan(ones([1]))), ...numbers(plan(ones([1])))];
      expect(planned).toEqual(found);
    });
  });
});

test('parameters that are none, and gradients', () => {
  useBackend(exact);
  scope(() => {
    expect([...gamma([2], tensor([-1, 1])).toArray()].map(Number.isNaN)).toEqual([true, false]);
    expect(Number.isNaN(poisson(tensor([-1])).item())).toBe(true);
    expect(() => gamma([2], 0)).toThrow(ValueError);
    expect(() => multinomial(ones([3]), 4)).toThrow(ValueError);
    expect(() => multinomial(ones([2, 2, 2]), 1)).toThrow(ShapeError);
    expect(() => normal(ones([2]), 1, [3])).toThrow(ShapeError);
    const [mean, std] = [0, 1].map(v => full([2], v, { requiresGrad: true }));
    const y = normal(mean!, std!, undefined, from(3));
    const [gm, gs] = gradients(sum(y), [mean!, std!]);
    expect([...gm!.toArray()]).toEqual([1, 1]);
    expect([...gs!.toArray()]).toEqual([...y.toArray()]);
  });
});
