/** The reference backend's binary operations, reductions and indexing against naive loops. */
import { describe, expect, test } from 'vitest';
import type { DType } from '../../ts/core/dtype';
import type { Binary, Cast } from '../../ts/backend/backend';
import { Bench, numbers, dot, expectClose, indices, tabulate } from './bench';

describe('binary', () => {
  function apply(b: Bench, kernel: Binary, x: number[], y: number[], dtype: DType = 'f32'): number[] {
    const at = b.space(x.length);
    kernel(b.put(x, dtype), b.put(y, dtype), at, 1, 1, 1, x.length, 0, 0, 0, 1, 0, 0, 0, 1);
    return b.get(at, x.length);
  }

  test('arithmetic and comparisons, with NaN', () => {
    const b = new Bench();
    const [x, y] = [
      [1, 4, NaN, -3],
      [2, 4, 1, NaN],
    ];
    expect(apply(b, b.k.sub, x, y)).toEqual([-1, 0, NaN, NaN]);
    expect(apply(b, b.k.div, [1, -1, 0], [0, 0, 0])).toEqual([Infinity, -Infinity, NaN]);
    expect(apply(b, b.k.maximum, x, y)).toEqual([2, 4, NaN, NaN]);
    expect(apply(b, b.k.minimum, x, y)).toEqual([1, 4, NaN, NaN]);
    expect(apply(b, b.k.eq, x, y)).toEqual([0, 1, 0, 0]);
    expect(apply(b, b.k.ne, x, y)).toEqual([1, 0, 1, 1]);
    expect(apply(b, b.k.lt, x, y)).toEqual([1, 0, 0, 0]);
    expect(apply(b, b.k.le, x, y)).toEqual([1, 1, 0, 0]);
    expect(apply(b, b.k.gt, y, x)).toEqual([1, 0, 0, 0]);
    expect(apply(b, b.k.ge, y, x)).toEqual([1, 1, 0, 0]);
    expect(apply(b, b.k.pow, [2, 1, -1, 0, -8], [0.5, NaN, Infinity, 0, 3])).toEqual([Math.SQRT2, 1, 1, 1, -512]);
  });

  test('integers wrap around, as in BigInt', () => {
    const b = new Bench();
    const ints = [0, 1, -1, 7, 65537, -65536, 2 ** 31 - 1, -(2 ** 31), 123456789, -987654321];
    const pairs = ints.flatMap(x => ints.map(y => [x, y]));
    const [x, y] = [pairs.map(([p]) => p!), pairs.map(([, q]) => q!)];
    const exact = (f: (p: bigint, q: bigint) => bigint): number[] =>
      pairs.map(([p, q]) => Number(BigInt.asIntN(32, f(BigInt(p!), BigInt(q!)))));
    expectClose(
      apply(b, b.k.addI32, x, y, 'i32'),
      exact((p, q) => p + q),
      0,
    );
    expectClose(
      apply(b, b.k.subI32, x, y, 'i32'),
      exact((p, q) => p - q),
      0,
    );
    expectClose(
      apply(b, b.k.mulI32, x, y, 'i32'),
      exact((p, q) => p * q),
      0,
    );
    expectClose(
      apply(b, b.k.maximumI32, x, y, 'i32'),
      exact((p, q) => (p > q ? p : q)),
      0,
    );
    expectClose(
      apply(b, b.k.minimumI32, x, y, 'i32'),
      exact((p, q) => (p < q ? p : q)),
      0,
    );
    expectClose(
      apply(b, b.k.ltI32, x, y, 'i32'),
      pairs.map(([p, q]) => (p! < q! ? 1 : 0)),
      0,
    );
  });

  test('strides: an outer difference by broadcasting, a transpose, a reversal', () => {
    const b = new Bench();
    const y = b.space(6);
    b.k.sub(b.put([10, 20, 30]), b.put([1, 2]), y, 1, 1, 3, 2, 0, 0, 1, 0, 0, 0, 0, 1);
    expect(b.get(y, 6)).toEqual([9, 8, 19, 18, 29, 28]);
    b.k.add(b.put([1, 2, 3, 4, 5, 6]), b.put([0]), y, 1, 1, 3, 2, 0, 0, 1, 3, 0, 0, 0, 0);
    expect(b.get(y, 6)).toEqual([1, 4, 2, 5, 3, 6]);
    const x = b.put([1, 2, 3, 4]);
    b.k.copy(x + 3 * 8, y, 1, 1, 1, 4, 0, 0, 0, -1, 0, 0, 0, 1);
    expect(b.get(y, 4)).toEqual([4, 3, 2, 1]);
  });

  test('all four strides of either operand count', () => {
    const b = new Bench();
    const [x, z] = [numbers(120, 1), numbers(70, 2)];
    const [y, moved] = [b.space(120), b.space(120)];
    b.k.mul(b.put(x), b.put(z), y, 2, 3, 4, 5, 1, 2, 6, 24, 7, 0, 11, 3);
    const expected = tabulate(
      [2, 3, 4, 5],
      (i, j, k, l) => x[i! + 2 * j! + 6 * k! + 24 * l!]! * z[7 * i! + 11 * k! + 3 * l!]!,
    );
    expect(b.get(y, 120)).toEqual(expected);
    // [2, 3, 4, 5] written as [2, 4, 5, 3], read from [5, 4, 3, 2].
    b.k.copy(b.put(x), moved, 2, 3, 4, 5, 1, 2, 6, 24, 60, 1, 15, 3);
    const permuted = tabulate([2, 4, 5, 3], (i, k, l, j) => x[i! + 2 * j! + 6 * k! + 24 * l!]!);
    expect(b.get(moved, 120)).toEqual(permuted);
  });

  test('casts', () => {
    const b = new Bench();
    const table: [Cast, number[], number[]][] = [
      ['f32ToI32', [1.9, -1.9, 3e9, -3e9, NaN, Infinity, -0.5], [1, -1, 2 ** 31 - 1, -(2 ** 31), 0, 2 ** 31 - 1, 0]],
      ['f32ToU8', [1.9, -1, 255.9, 256, NaN, -Infinity], [1, 0, 255, 255, 0, 0]],
      ['f32ToBool', [0, -0, 0.5, -3], [0, 0, 1, 1]],
      ['i32ToF32', [-5, 7], [-5, 7]],
      ['i32ToU8', [-1, 256, 513], [255, 0, 1]],
      ['i32ToBool', [-1, 0, 256], [1, 0, 1]],
      ['u8ToF32', [0, 255], [0, 255]],
      ['u8ToI32', [0, 255], [0, 255]],
      ['u8ToBool', [0, 2, 255], [0, 1, 1]],
    ];
    for (const [name, x, expected] of table) {
      const y = b.space(x.length);
      b.k[name](b.put(x), y, x.length);
      expect(b.get(y, x.length), name).toEqual(expected);
    }
  });
});

describe('reductions', () => {
  test('sums over two of four dimensions', () => {
    const t = new Bench();
    const [n0, r0, n1, r1] = [2, 3, 4, 5];
    const x = numbers(n0 * r0 * n1 * r1);
    const y = t.space(n0 * n1);
    t.k.sum(t.put(x), y, n0, r0, n1, r1, 0.5);
    const expected = Array.from({ length: n0 * n1 }, () => 0);
    indices(n0, r0, n1, r1).forEach(([i, , j], at) => (expected[i! * n1 + j!]! += x[at]! / 2));
    expectClose(t.get(y, n0 * n1), expected);
    t.k.sum(t.space(0), y, 1, 0, 2, 3, 1);
    expect(t.get(y, 2)).toEqual([0, 0]);
    t.k.sumI32(t.put([2 ** 31 - 1, 2, -1, 5], 'i32'), y, 2, 1, 1, 2);
    expect(t.get(y, 2)).toEqual([2 ** 31 - 1, 4]); // sums saturate
  });

  test('max and min: first index, NaN before all', () => {
    const t = new Bench();
    // [outer 2, r 3, inner 2]
    const x = t.put([1, 5, 3, NaN, 3, NaN, -1, 0, -2, 0, -2, -0.5]);
    const [y, at] = [t.space(4), t.space(4)];
    t.k.max(x, y, at, 2, 3, 2);
    expect(t.get(y, 4)).toEqual([3, NaN, -1, 0]);
    expect(t.get(at, 4)).toEqual([1, 1, 0, 0]);
    t.k.min(x, y, at, 2, 3, 2);
    expect(t.get(y, 4)).toEqual([1, NaN, -2, -0.5]);
    expect(t.get(at, 4)).toEqual([0, 1, 1, 2]);
    t.k.max(x, 0, at, 1, 1, 2);
    expect(t.get(at, 2)).toEqual([0, 0]);
    t.k.min(x, y, 0, 1, 1, 2);
    expect(t.get(y, 2)).toEqual([1, 5]);
  });

  test('softmax does not overflow, and equals its definition', () => {
    const t = new Bench();
    const x = [...numbers(4), 1000, 1001, -1000, 1000];
    const [y, log] = [t.space(8), t.space(8)];
    t.k.softmax(t.put(x), y, 2, 4, 1);
    t.k.logSoftmax(t.put(x), log, 2, 4, 1);
    const total = x.slice(0, 4).reduce((sum, v) => sum + Math.exp(v), 0);
    const e = 2 + Math.E;
    const expected = [...x.slice(0, 4).map(v => Math.exp(v) / total), 1 / e, Math.E / e, 0, 1 / e];
    expectClose(t.get(y, 8), expected);
    expectClose(
      t.get(log, 8),
      expected.map((v, i) => (i === 6 ? -2001 - Math.log(e / Math.E) : Math.log(v))),
    );
    t.k.softmax(t.put([3, 4]), y, 2, 1, 1);
    expect(t.get(y, 2)).toEqual([1, 1]);
  });

  test.each(['softmax', 'logSoftmax'] as const)('%s: gradient against central differences', name => {
    const t = new Bench();
    const [x, g] = [numbers(6, 3), numbers(6, 4)];
    const [y, gx] = [t.space(6), t.space(6)];
    const value = (input: number[]): number => {
      t.k[name](t.put(input), y, 1, 3, 2);
      return dot(t.get(y, 6), g);
    };
    const h = 1e-5;
    const moved = (i: number, by: number): number[] => x.map((v, j) => (i === j ? v + by : v));
    const expected = x.map((_, i) => (value(moved(i, h)) - value(moved(i, -h))) / (2 * h));
    value(x);
    t.k[`${name}Grad`](t.put(g), y, gx, 1, 3, 2);
    expectClose(t.get(gx, 6), expected, 1e-9);
  });
});

describe('indexing', () => {
  const [outer, n, k, inner] = [2, 5, 3, 2];
  const x = numbers(outer * n * inner, 1);
  const g = numbers(outer * k * inner, 2);

  test('gather and scatterAdd', () => {
    const t = new Bench();
    const index = numbers(outer * k * inner, 3).map(v => Math.floor(((v + 1) / 2) * n));
    const [y, gx] = [t.space(g.length), t.space(x.length)];
    t.k.gather(t.put(x), t.put(index, 'i32'), y, outer, n, k, inner);
    const expected = tabulate([outer, k, inner], (o, i, j) => {
      const place = index[(o! * k + i!) * inner + j!]!;
      return x[o! * n * inner + place * inner + j!]!;
    });
    expect(t.get(y, g.length)).toEqual(expected);
    t.k.scatterAdd(t.put(g), t.put(index, 'i32'), gx, outer, n, k, inner);
    expectClose([dot(t.get(gx, x.length), x)], [dot(g, expected)]);
    const again = numbers(x.length, 9);
    t.k.gather(t.put(again), t.put(index, 'i32'), y, outer, n, k, inner);
    expectClose([dot(t.get(gx, x.length), again)], [dot(g, t.get(y, g.length))]);
  });

  test('indexSelect and indexAdd, an index twice', () => {
    const t = new Bench();
    const [y, gx] = [t.space(6), t.space(6)];
    const index = t.put([2, 0, 2], 'i32');
    t.k.indexSelect(t.put([1, 2, 3, 4, 5, 6]), index, y, 1, 3, 3, 2);
    expect(t.get(y, 6)).toEqual([5, 6, 1, 2, 5, 6]);
    t.k.indexSelect8(t.put([1, 2, 3, 4, 5, 6], 'u8'), index, y, 2, 3, 3, 1);
    expect(t.get(y, 6)).toEqual([3, 1, 3, 6, 4, 6]);
    t.k.indexAdd(t.put([1, 2, 3, 4, 5, 6]), index, gx, 1, 3, 3, 2);
    expect(t.get(gx, 6)).toEqual([3, 4, 0, 0, 6, 8]);
    t.k.indexAdd(t.space(0), t.space(0), gx, 1, 3, 0, 2);
    expect(t.get(gx, 6)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('indexOutside', () => {
    const t = new Bench();
    expect(t.k.indexOutside!(t.put([0, 4, 2], 'i32'), 3, 5)).toBe(-1);
    expect(t.k.indexOutside!(t.put([0, 5, -1], 'i32'), 3, 5)).toBe(1);
    expect(t.k.indexOutside!(t.put([0, -1, 5], 'i32'), 3, 5)).toBe(1);
    expect(t.k.indexOutside!(t.put([9], 'i32'), 0, 5)).toBe(-1);
  });
});
