/** Derivatives of high order, and where a function ends or bends, against closed forms. */
import {
  add,
  asin,
  acos,
  atanh,
  digamma,
  div,
  fmod,
  gradients,
  i0,
  lgamma,
  pow,
  sinc,
  sub,
  sum,
  type Tensor,
  tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { scope } from '../../ts/core/scope';
import { binaries, exact } from '../backends';

/** f and its derivatives up to order n, at x. */
function derivatives(f: (x: Tensor) => Tensor, x: number, n: number): number[] {
  return scope(() => {
    const at = tensor([x], { requiresGrad: true });
    let y = f(at);
    const found = [y.item()];
    for (let i = 0; i < n; i++) {
      const [g] = y.requiresGrad ? gradients(sum(y), [at], { createGraph: true }) : [null];
      found.push(g ? g.item() : 0);
      if (!g) break;
      y = g;
    }
    return [...found, ...new Array<number>(n + 1 - found.length).fill(0)];
  });
}
const near = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((v, i) =>
    expect(Math.abs(v - expected[i]!), `order ${i}: ${v}`).toBeLessThan(2e-5 * (1 + Math.abs(expected[i]!))),
  );
};
/** ζ(3). */
const APERY = 1.2020569031595942;

describe.each([exact, ...binaries])('on $name', backend => {
  const check = (name: string, f: () => void): void =>
    test(name, () => {
      useBackend(backend);
      f();
    });

  check('powers at 0', () => {
    expect(derivatives(x => pow(x, 2), 0, 4)).toEqual([0, 0, 2, 0, 0]);
    expect(derivatives(x => pow(x, 3), 0, 4)).toEqual([0, 0, 0, 6, 0]);
    expect(derivatives(x => pow(x, 4), 0, 5)).toEqual([0, 0, 0, 0, 24, 0]);
    expect(derivatives(x => pow(x, 1), 0, 2)).toEqual([0, 1, 0]);
    expect(derivatives(x => pow(x, 0), 0, 2)).toEqual([1, 0, 0]);
    expect(derivatives(x => pow(x, tensor(2)), 0, 4)).toEqual([0, 0, 2, 0, 0]);
    expect(derivatives(x => pow(x, tensor(3)), 0, 4)).toEqual([0, 0, 0, 6, 0]);
  });

  check('powers elsewhere', () => {
    for (const n of [-2, -1, -0.5, 0.5, 2, 3, 4, 2.5]) {
      const falling = [1, n, n * (n - 1), n * (n - 1) * (n - 2)];
      near(
        derivatives(x => pow(x, n), 1.5, 3),
        falling.map((c, i) => c * 1.5 ** (n - i)),
      );
      near(
        derivatives(x => pow(x, tensor(n)), 1.5, 3),
        falling.map((c, i) => c * 1.5 ** (n - i)),
      );
    }
    scope(() => expect([...pow(tensor([0, 4, Infinity, NaN]), 0.5).toArray()]).toEqual([0, 2, Infinity, NaN]));
  });

  check('ends of a domain', () => {
    expect(derivatives(x => asin(x), 1, 1)[1]).toBe(Infinity);
    expect(derivatives(x => asin(x), -1, 1)[1]).toBe(Infinity);
    expect(derivatives(x => acos(x), 1, 1)[1]).toBe(-Infinity);
    expect(derivatives(x => atanh(x), 1, 1)).toEqual([Infinity, Infinity]);
    expect(derivatives(x => asin(x), 2, 1)).toEqual([NaN, NaN]);
  });

  check('gamma, Bessel and sinc', () => {
    const psi = [-0.5772156649015329, Math.PI ** 2 / 6, -2 * APERY, Math.PI ** 4 / 15];
    near(
      derivatives(x => digamma(x), 1, 3),
      psi,
    );
    near(
      derivatives(x => lgamma(x), 1, 4),
      [0, ...psi],
    );
    // ψ(−½) = ψ(½) + 2, and so on for its derivatives: n! (−1)ⁿ⁺¹ 2ⁿ⁺¹ less.
    near(
      derivatives(x => digamma(x), -0.5, 2),
      [2 - 0.5772156649015329 - 2 * Math.LN2, Math.PI ** 2 / 2 + 4, 16 - 14 * APERY],
    );
    near(
      derivatives(x => i0(x), 0, 4),
      [1, 0, 1 / 2, 0, 3 / 8],
    );
    near(
      derivatives(x => sinc(x), 0, 2),
      [1, 0, -(Math.PI ** 2) / 3],
    );
    near(
      derivatives(x => sinc(x), 1, 2),
      [0, -1, 2],
    );
  });

  check('sums, quotients and remainders', () =>
    scope(() => {
      const [a, b] = [tensor([7, -7]), tensor([2, 2])];
      expect([...add(a, b, { alpha: 3 }).toArray()]).toEqual([13, -1]);
      expect([...sub(a, b, { alpha: 0.5 }).toArray()]).toEqual([6, -8]);
      expect([...div(a, b, { roundingMode: 'floor' }).toArray()]).toEqual([3, -4]);
      expect([...div(a, b, { roundingMode: 'trunc' }).toArray()]).toEqual([3, -3]);
      expect([...fmod(tensor([2 ** 127]), tensor([3])).toArray()]).toEqual([Number(2n ** 127n % 3n)]);
      expect([...tensor([1.25, -2.75]).round({ decimals: 1 }).mul(10).toArray()].map(Math.round)).toEqual([12, -28]);
    }),
  );
});
