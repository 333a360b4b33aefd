/** The reference backend's random numbers and optimisers against the published algorithms. */
import { describe, expect, test } from 'vitest';
import { philox } from '../../ts/core/philox';
import { Bench, numbers, expectClose } from './bench';

describe('random', () => {
  const hex = (words: readonly number[]): string[] => words.map(w => (w >>> 0).toString(16).padStart(8, '0'));

  // The known answers published with the generator (Random123, kat_vectors, philox4x32 10).
  test.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[-1, -1, -1, -1], [-1, -1], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('philox: known answer %#', ([c0, c1, c2, c3], [k0, k1], expected) => {
    expect(hex(philox([c0!, c1!, c2!, c3!], k0!, k1!)).join(' ')).toBe(expected);
    expect(hex(philox([c0! | 0, c1! | 0, c2! | 0, c3! | 0], k0! | 0, k1! | 0)).join(' ')).toBe(expected);
  });

  test('bits: words of consecutive blocks, whatever n', () => {
    const t = new Bench();
    const key = t.put([11, -22, 33, -44], 'i32');
    const blocks = [0, 1, 2].flatMap(i => philox([i, 0, 33, -44], 11, -22));
    for (const n of [0, 1, 4, 7, 12]) {
      const y = t.space(n + 1);
      t.k.bits(key, y, n);
      expect(t.get(y, n, 'i32')).toEqual(blocks.slice(0, n));
      expect(t.get(y, n + 1)[n]).toBe(NaN);
    }
  });

  test('draw copies the state and counts on in 64 bits', () => {
    const t = new Bench();
    const state = t.put([1, 2, -1, 5], 'i32');
    const key = t.space(4);
    t.k.draw(state, key);
    expect(t.get(key, 4)).toEqual([1, 2, -1, 5]);
    expect(t.get(state, 4)).toEqual([1, 2, 0, 6]);
    t.k.draw(state, key);
    expect(t.get(key, 4)).toEqual([1, 2, 0, 6]);
    expect(t.get(state, 4)).toEqual([1, 2, 1, 6]);
    const full = t.put([0, 0, -1, -1], 'i32');
    t.k.draw(full, key);
    expect(t.get(full, 4)).toEqual([0, 0, 0, 0]);
    const positive = t.put([0, 0, 2 ** 31 - 1, 0], 'i32');
    t.k.draw(positive, key);
    expect(t.get(positive, 4)).toEqual([0, 0, -(2 ** 31), 0]);
  });

  test('uniform: the upper 24 bits, in f32', () => {
    const t = new Bench();
    const key = t.put([0, 0, 0, 0], 'i32');
    const y = t.space(4);
    t.k.uniform(key, y, 4, 0, 1);
    expect(t.get(y, 4)).toEqual([0x6627e8, 0xe169c5, 0xbc57ac, 0x9b00db].map(bits => bits / 2 ** 24));
    const n = 200;
    const [u, scaled] = [t.space(n), t.space(n)];
    t.k.uniform(key, u, n, 0, 1);
    t.k.uniform(key, scaled, n, -0.1, 0.3);
    // Each step stored in a Float32Array.
    const f32 = (x: number): number => Float32Array.of(x)[0]!;
    const span = f32(f32(0.3) - f32(-0.1));
    expect(t.get(scaled, n)).toEqual(t.get(u, n).map(v => f32(f32(-0.1) + f32(span * v))));
  });

  test('normal: Box–Muller on pairs; moments', () => {
    const t = new Bench();
    const y = t.space(3);
    t.k.normal(t.put([0, 0, 0, 0], 'i32'), y, 3, 10, 2);
    const [u0, u1, u2, u3] = [0x6627e8, 0xe169c5, 0xbc57ac, 0x9b00db].map(bits => bits / 2 ** 24);
    const [r, s] = [Math.sqrt(-2 * Math.log1p(-u0!)), Math.sqrt(-2 * Math.log1p(-u2!))];
    const turn = 2 * Math.PI;
    expectClose(t.get(y, 3), [
      10 + 2 * r * Math.cos(turn * u1!),
      10 + 2 * r * Math.sin(turn * u1!),
      10 + 2 * s * Math.cos(turn * u3!),
    ]);
    const n = 20_000;
    const many = t.space(n);
    t.k.normal(t.put([1, 2, 3, 4], 'i32'), many, n, 0, 1);
    const z = t.get(many, n);
    const moment = (power: number): number => z.reduce((sum, v) => sum + v ** power, 0) / n;
    // Four standard errors of each moment: √(1/n), √(2/n), √(15/n), √(96/n).
    [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ].forEach(([power, value, variance]) =>
      expect(Math.abs(moment(power!) - value!)).toBeLessThan(4 * Math.sqrt(variance! / n)),
    );
  });

  test('dropout keeps what is at or above p, scaled', () => {
    const t = new Bench();
    const n = 10;
    const key = t.put([5, 6, 7, 8], 'i32');
    const [x, y, u] = [t.put(numbers(n)), t.space(n), t.space(n)];
    t.k.uniform(key, u, n, 0, 1);
    t.k.dropout(x, key, y, n, 0.5);
    const kept = t.get(u, n).map(v => v >= 0.5);
    expect(new Set(kept).size).toBe(2);
    expect(t.get(y, n)).toEqual(t.get(x, n).map((v, i) => (kept[i] ? v * 2 : 0)));
    t.k.dropout(x, key, y, n, 0);
    expect(t.get(y, n)).toEqual(t.get(x, n));
    t.k.dropout(x, key, y, n, 1);
    expect(t.get(y, n)).toEqual(t.get(x, n).map(() => 0));
  });
});

describe('optimisers', () => {
  /** w = 1 after each of two steps, g = 0.5 and then g = −1; t is hyper[count]. */
  function path(
    b: Bench,
    hyper: number[],
    count: number,
    step: (w: number, g: number, hyper: number) => void,
  ): number[] {
    const [w, at] = [b.put([1]), b.put(hyper, 'f64')];
    return [0.5, -1].map(g => {
      b.k.tick(at, count);
      step(w, b.put([g]), at);
      return b.backend.readSync(w, 1, 'f32')[0]!;
    });
  }

  test.each([
    ['plain', 0, [0.95, 1.05]],
    ['with weight decay', 0.2, [0.93, 0.93 - 0.1 * (-1 + 0.2 * 0.93)]],
  ])('sgd, %s', (_, weightDecay, expected) => {
    const b = new Bench();
    expectClose(
      path(b, [0.1, 0, 0, weightDecay, 0], 4, (w, g, hyper) => b.k.sgd(w, g, 0, hyper, 1, 0)),
      expected,
    );
  });

  test.each([
    // v₁ = 0.5, undamped; v₂ = 0.9·0.5 + (1 − 0.4)·(−1) = −0.15
    [0, [0.95, 0.965]],
    // 0.5 + 0.9·0.5 = 0.95; −1 + 0.9·(−0.15) = −1.135
    [1, [0.905, 1.0185]],
  ])('sgd with momentum and dampening, nesterov %i', (nesterov, expected) => {
    const b = new Bench();
    const v = b.put([123]);
    expectClose(
      path(b, [0.1, 0.9, 0.4, 0, 0], 4, (w, g, hyper) => b.k.sgd(w, g, v, hyper, 1, nesterov)),
      expected,
    );
  });

  // β₁ = 0.5, β₂ = 0.75, ε = 0.1, lr = 0.1, weight decay 0.2 where there is any.
  // Without decay: m = 0.25, v = 0.0625; m̂ = 0.5, v̂ = 0.25. Then m = −0.375, v = 0.296875; m̂ = −0.5, v̂ = 19/28.
  const first = 1 - (0.1 * 0.5) / 0.6;
  const second = (from: number): number => from + (0.1 * 0.5) / (Math.sqrt(0.296875 / 0.4375) + 0.1);
  test.each([
    ['adam', 0, 0, [first, second(first)]],
    ['adamw', 0.2, 1, [first - 0.02, second((first - 0.02) * 0.98)]],
  ])('%s', (_, weightDecay, decoupled, expected) => {
    const b = new Bench();
    const [m, v] = [b.put([0]), b.put([0])];
    const hyper = [0.1, 0.5, 0.75, 0.1, weightDecay, 0];
    expectClose(
      path(b, hyper, 5, (w, g, at) => b.k.adam(w, g, m, v, 0, at, 1, decoupled)),
      expected,
    );
  });

  test('adam with weight decay in the gradient, and AMSGrad', () => {
    const t = new Bench();
    const [w, m, v] = [t.put([1]), t.put([0]), t.put([0])];
    t.k.adam(w, t.put([0.5]), m, v, 0, t.put([0.1, 0.5, 0.75, 0.1, 0.2, 1], 'f64'), 1, 0);
    expectClose(t.get(w, 1), [1 - (0.1 * 0.7) / (0.7 + 0.1)]);
    const [w2, m2, v2, most] = [t.put([1]), t.put([0]), t.put([0]), t.put([4])];
    t.k.adam(w2, t.put([0.5]), m2, v2, most, t.put([0.1, 0.5, 0.75, 0.1, 0, 1], 'f64'), 1, 0);
    expect(t.get(most, 1)).toEqual([4]);
    expectClose(t.get(w2, 1), [1 - (0.1 * 0.5) / (2 / Math.sqrt(0.25) + 0.1)]);
    expectClose(t.get(v2, 1), [0.0625]);
  });
});
