/** The reference backend against something independent of it: it is what everything else is checked against. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OutOfMemoryError } from '../../ts/core/errors';
import type { DType } from '../../ts/core/dtype';
import {
  ACTIVATION,
  SAVED,
  type AllKernels,
  type Binary,
  type Cast,
  type Differentiable,
  type FullBackend,
} from '../../ts/backend/backend';
import { reference } from '../../ts/backend/reference/backend';
import { erf, erfc } from '../../ts/backend/reference/erf';
import { differentiable } from '../../ts/backend/reference/functions';
import { philox } from '../../ts/core/philox';

/** A backend with short ways to put numbers in and to get them out. */
class Bench {
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
function numbers(n: number, seed = 1): number[] {
  let s = seed >>> 0;
  return Array.from({ length: n }, () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 31 - 1;
  });
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-12): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((x, i) => {
    const y = expected[i]!;
    const close = Object.is(x, y) || x === y || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y));
    if (!close) expect.fail(`at ${i}: ${x}, expected ${y}`);
  });
}

/** Every index [i0, i1, …] below the sizes, row-major. */
function indices(...sizes: number[]): number[][] {
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap(at => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );
}

/** What `body` gives, for every index below the sizes, row-major. */
const tabulate = (sizes: number[], body: (...at: number[]) => number): number[] =>
  indices(...sizes).map(at => body(...at));

describe('memory', () => {
  test('counts live bytes as asked for, blocks and the peak', () => {
    const b = reference();
    const x = b.alloc(24);
    const y = b.alloc(8);
    expect(b.memory()).toEqual({ bytes: 32, blocks: 2, peak: 32 });
    b.free(x, 24);
    expect(b.memory()).toEqual({ bytes: 8, blocks: 1, peak: 32 });
    expect(b.memory(true).peak).toBe(32);
    expect(b.memory().peak).toBe(8);
    b.free(y, 8);
    expect(b.memory()).toEqual({ bytes: 0, blocks: 0, peak: 8 });
  });

  test('blocks are aligned, apart, never at 0, and used again', () => {
    const b = reference();
    const sizes = [0, 0, 1, 8, 16, 17, 24, 100_000, 0];
    const blocks = sizes.map(bytes => ({ at: b.alloc(bytes), bytes }));
    for (const { at } of blocks) expect([at > 0, at % 16]).toEqual([true, 0]);
    expect(new Set(blocks.map(({ at }) => at)).size).toBe(sizes.length);
    const sorted = [...blocks].sort((p, q) => p.at - q.at);
    sorted.slice(1).forEach(({ at }, i) => expect(at).toBeGreaterThanOrEqual(sorted[i]!.at + sorted[i]!.bytes));
    const [last] = blocks.filter(({ bytes }) => bytes === 24);
    b.free(last!.at, 24);
    expect(b.alloc(32)).toBe(last!.at);
  });

  test('what is freed, or not written yet, reads as NaN', () => {
    const b = new Bench();
    expect(b.get(b.space(3), 3)).toEqual([NaN, NaN, NaN]);
    const x = b.put([1, 2, 3]);
    b.backend.free(x, 24);
    expect(b.get(x, 3)).toEqual([NaN, NaN, NaN]);
    expect(b.space(3)).toBe(x);
    expect(b.get(x, 3)).toEqual([NaN, NaN, NaN]);
  });

  test('contents survive growth', () => {
    const b = new Bench();
    const values = numbers(1000);
    const x = b.put(values);
    for (let i = 0; i < 5; i++) b.backend.alloc(1 << (14 + i));
    expect(b.get(x, 1000)).toEqual(values);
  });

  test('a block cannot be given back twice, nor with another size; too large a block is an error', () => {
    const b = reference();
    const x = b.alloc(40);
    expect(() => b.free(x, 48)).toThrow('no block of 48 bytes');
    b.free(x, 40);
    expect(() => b.free(x, 40)).toThrow('no block of 40 bytes');
    const before = b.memory();
    expect(() => b.alloc(2 ** 50)).toThrow(OutOfMemoryError);
    expect(b.memory()).toEqual(before);
  });

  test('reads and writes each dtype as its typed array does', () => {
    const b = new Bench();
    const at = b.put([0.1, -1.5, 2 ** 40], 'f32');
    expect(b.backend.readSync(at, 3, 'f32')).toEqual(Float64Array.of(0.1, -1.5, 2 ** 40));
    expect(b.backend.readSync(b.put([0.1], 'f64'), 1, 'f64')).toEqual(Float64Array.of(0.1));
    expect(b.backend.readSync(b.put([-1.5, 2 ** 31, 7], 'i32'), 3, 'i32')).toEqual(Int32Array.of(-1, -(2 ** 31), 7));
    expect(b.backend.readSync(b.put([-1, 256, 3.9], 'u8'), 3, 'u8')).toEqual(Uint8Array.of(255, 0, 3));
    expect(b.backend.readSync(b.put([1, 0], 'bool'), 2, 'bool')).toEqual(Uint8Array.of(1, 0));
    expect(b.backend.readSync(b.put([-7], 'i32'), 1, 'i32')[0]).toBe(-7);
    expect(b.backend.readSync(at, 0, 'f32')).toEqual(new Float64Array(0));
  });
});

describe('functions', () => {
  // x, erf(x), erfc(x): the Maclaurin series, evaluated to 60 digits and rounded.
  test.each([
    [0, 0, 1],
    [1e-10, 1.1283791670955125739e-10, 0.99999999988716208329],
    [0.5, 0.52049987781304653768, 0.47950012218695346232],
    [1, 0.84270079294971486934, 0.15729920705028513066],
    [1.9, 0.99279042923525746995, 0.00720957076474253005],
    [2, 0.99532226501895273416, 0.0046777349810472658396],
    [3, 0.99997790950300141456, 2.2090496998585441373e-5],
    [5, 0.99999999999846254021, 1.5374597944280348502e-12],
    [10, 1, 2.088487583762544757e-45],
    [Infinity, 1, 0],
  ])('erf(%f)', (x, value, complement) => {
    const relative = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b) / Math.abs(b));
    expect(relative(erf(x), value)).toBeLessThan(4e-16);
    expect(erf(-x)).toBe(-erf(x));
    expect(relative(erfc(x), complement)).toBeLessThan(1e-14);
    expect(relative(erfc(-x), 1 + value)).toBeLessThan(4e-16);
  });

  test('erf of NaN is NaN', () => {
    expect([erf(NaN), erfc(NaN)]).toEqual([NaN, NaN]);
  });

  const positive = new Set<string>(['sqrt', 'rsqrt', 'log']);
  const parameter: Record<string, number> = { leakyRelu: 0.2, elu: 1.7 };
  const names = Object.entries(differentiable).map(([name]) => name);

  test('every function has a gradient, and the table no others', () => {
    expect(names.sort()).toEqual(Object.keys(SAVED).sort());
  });

  test.each(Object.entries(differentiable))('%s: slope against central differences', (name, [f, slope]) => {
    const saved = Object.entries(SAVED).find(([key]) => key === name)![1];
    const p = parameter[name] ?? 0;
    const h = 2 ** -17;
    const points = [0.031, 0.3, 0.77, 1.3, 2.9, 6.1];
    const signed = positive.has(name) ? points : [...points, ...points.map(x => (name === 'log1p' ? -x / 7 : -x))];
    for (const x of signed) {
      // Richardson: the error is O(h⁴).
      const difference = (step: number): number => (f(x + step, p) - f(x - step, p)) / (2 * step);
      const expected = (4 * difference(h / 2) - difference(h)) / 3;
      const actual = slope(saved === 'x' ? x : f(x, p), p);
      expect(Math.abs(actual - expected), `${name}′(${x})`).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected)));
    }
  });

  // The definitions, evaluated to 60 digits and rounded.
  test.each<[Differentiable, number, number, number]>([
    ['sigmoid', 2, 0, 0.88079707797788244],
    ['sigmoid', -800, 0, 0],
    ['gelu', 1, 0, 0.84134474606854295],
    ['gelu', -1, 0, -0.15865525393145705],
    ['gelu', -10, 0, -7.6198530241605261e-23],
    ['geluTanh', 1, 0, 0.84119199060827615],
    ['geluTanh', -1, 0, -0.15880800939172385],
    ['silu', 1, 0, 0.73105857863000488],
    ['softplus', 1, 0, 1.3132616875182228],
    ['softplus', 1000, 0, 1000],
    ['softplus', -1000, 0, 0],
    ['softplus', -40, 0, 4.2483542552915889e-18],
    ['elu', -1, 2, -1.2642411176571153],
    ['elu', 3, 2, 3],
    ['leakyRelu', -3, 0.5, -1.5],
    ['expm1', 1e-10, 0, 1.00000000005e-10],
    ['log1p', 1e-10, 0, 9.9999999995e-11],
    ['rsqrt', 4, 0, 0.5],
    ['reciprocal', -4, 0, -0.25],
  ])('%s(%f; %f)', (name, x, p, expected) => {
    const b = new Bench();
    const y = b.space(1);
    b.k[name](b.put([x]), y, 1, p);
    const [actual] = b.get(y, 1);
    expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(1e-14 * Math.abs(expected));
  });

  test('a gradient kernel multiplies by the slope', () => {
    const b = new Bench();
    const gx = b.space(3);
    b.k.eluGrad(b.put([1, 10, 100]), b.put([1, -1, -2]), gx, 3, 2);
    expectClose(b.get(gx, 3), [1, 20 * Math.exp(-1), 200 * Math.exp(-2)]);
    b.k.sqrtGrad(b.put([1, 10, 100]), b.put([1, 2, 4]), gx, 3, 0);
    expectClose(b.get(gx, 3), [0.5, 2.5, 12.5]);
  });

  test('round goes to even at ties', () => {
    const b = new Bench();
    const x = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994, 2.6, -2.6, 1e300, NaN, -Infinity];
    const y = b.space(x.length);
    b.k.round(b.put(x), y, x.length, 0);
    expect(b.get(y, x.length)).toEqual([-2, -2, -0, 0, 2, 2, 0, 3, -3, 1e300, NaN, -Infinity]);
  });

  test('in place, NaN and none', () => {
    const b = new Bench();
    const x = b.put([-1, NaN, 2]);
    b.k.relu(x, x, 3, 0);
    expect(b.get(x, 3)).toEqual([0, NaN, 2]);
    b.k.neg(x, x, 0, 0);
    expect(b.get(x, 3)).toEqual([0, NaN, 2]);
    const y = b.space(4);
    b.k.clamp(b.put([-5, NaN, 5, 0.5]), y, 4, -1, 1);
    expect(b.get(y, 4)).toEqual([-1, NaN, 1, 0.5]);
    b.k.where(b.put([1, 0, 1, 0], 'bool'), b.put([1, 2, 3, 4]), y, y, 4);
    expect(b.get(y, 4)).toEqual([1, NaN, 3, 0.5]);
    b.k.addInto(y, b.put([1, 1, 1, 1]), 4);
    expect(b.get(y, 4)).toEqual([2, NaN, 4, 1.5]);
  });
});

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

test('fill and copy: a slice into a larger block leaves the rest alone', () => {
  const b = new Bench();
  const y = b.space(12);
  b.k.fill(y, 12, 0.5);
  b.k.copy(b.put([1, 2, 3, 4]), y + 5 * 8, 1, 1, 2, 2, 0, 0, 2, 1, 0, 0, 4, 1);
  expect(b.get(y, 12)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 1, 2, 0.5, 0.5, 3, 4, 0.5]);
  b.k.fillI32(y, 2, -3);
  b.k.fill8(y + 2 * 8, 1, 7);
  expect(b.get(y, 4)).toEqual([-3, -3, 7, 0.5]);
  b.k.copy8(b.put([1, 0, 1], 'bool'), y, 1, 1, 1, 3, 0, 0, 0, 1, 0, 0, 0, 1);
  expect(b.get(y, 4)).toEqual([1, 0, 1, 0.5]);
});

describe('gemm', () => {
  const [m, n, k, batch] = [3, 4, 5, 2];
  const [a, b2] = [numbers(batch * m * k, 1), numbers(batch * k * n, 2)];
  const product = tabulate([batch, m, n], (t, i, j) =>
    dot(
      tabulate([k], l => a[(t! * m + i!) * k + l!]!),
      tabulate([k], l => b2[(t! * k + l!) * n + j!]!),
    ),
  );

  test.each([
    ['plain', 0, 0],
    ['bias by column', 1, 0],
    ['bias by row, accumulated', 2, 1],
  ])('%s, row-major and transposed', (_, biasBy, accumulate) => {
    const b = new Bench();
    const bias = [10, 20, 30, 40];
    const expected = tabulate(
      [batch, m, n],
      (t, i, j) =>
        product[(t! * m + i!) * n + j!]! + (accumulate ? 7 : 0) + (biasBy === 0 ? 0 : bias[biasBy === 1 ? j! : i!]!),
    );
    const c = b.put(Array.from({ length: batch * m * n }, () => (accumulate ? 7 : NaN)));
    const biasAt = biasBy ? b.put(bias) : 0;
    const [pa, pb] = [b.put(a), b.put(b2)];
    b.k.gemm(m, n, k, pa, k, 1, pb, n, 1, c, n, batch, m * k, k * n, m * n, biasAt, biasBy, accumulate, 0);
    expectClose(b.get(c, batch * m * n), expected);

    const transposed = tabulate([batch, k, m], (t, l, i) => a[(t! * m + i!) * k + l!]!);
    b.k.fill(c, batch * m * n, 7);
    b.k.gemm(
      m,
      n,
      k,
      b.put(transposed),
      1,
      m,
      pb,
      n,
      1,
      c,
      n,
      batch,
      m * k,
      k * n,
      m * n,
      biasAt,
      biasBy,
      accumulate,
      0,
    );
    expectClose(b.get(c, batch * m * n), expected);
  });

  test('k = 0 gives the bias; a batch may share B; rows of C may be apart', () => {
    const b = new Bench();
    const c = b.put([NaN, NaN, NaN, NaN]);
    b.k.gemm(2, 2, 0, b.space(0), 0, 1, b.space(0), 2, 1, c, 2, 1, 0, 0, 0, b.put([1, 2]), 1, 0, 0);
    expect(b.get(c, 4)).toEqual([1, 2, 1, 2]);
    const wide = b.put([9, 9, 9, 9, 9, 9]);
    b.k.gemm(1, 1, 2, b.put([1, 2, 3, 4]), 2, 1, b.put([10, 1]), 1, 1, wide, 1, 2, 2, 0, 3, 0, 0, 0, 0);
    expect(b.get(wide, 6)).toEqual([12, 9, 9, 34, 9, 9]);
  });

  test('a packed B gives the same product', () => {
    const b = new Bench();
    const [pa, pb, packed] = [b.put(a), b.put(b2), b.space(b.k.gemmPackSize(m, k, n))];
    const [c, d] = [b.space(m * n), b.space(m * n)];
    b.k.gemm(m, n, k, pa, 1, m, pb, 1, k, c, n, 1, 0, 0, 0, b.put([1, 2, 3, 4]), 2, 0, ACTIVATION.tanh);
    b.k.gemmPack(pb, 1, k, k, n, packed);
    b.k.gemmPacked(m, n, k, pa, 1, m, packed, d, n, b.put([1, 2, 3, 4]), 2, 0, ACTIVATION.tanh);
    expect(b.get(d, m * n)).toEqual(b.get(c, m * n));
  });

  test.each([
    [ACTIVATION.relu, [0, 3]],
    [ACTIVATION.sigmoid, [1 / (1 + Math.exp(2)), 1 / (1 + Math.exp(-3))]],
    [ACTIVATION.tanh, [Math.tanh(-2), Math.tanh(3)]],
  ])('activation %i comes after the bias', (activation, expected) => {
    const b = new Bench();
    const c = b.put([NaN, NaN]);
    b.k.gemm(1, 2, 1, b.put([2]), 1, 1, b.put([-3, 1]), 2, 1, c, 2, 1, 0, 0, 0, b.put([4, 1]), 1, 0, activation);
    expectClose(b.get(c, 2), expected);
  });
});

/** Random convolutions: sizes, and how they step, small enough for seven loops. */
const geometry = fc.record({
  n: fc.integer({ min: 1, max: 2 }),
  groups: fc.integer({ min: 1, max: 2 }),
  depth: fc.integer({ min: 1, max: 2 }),
  filters: fc.integer({ min: 1, max: 2 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  out: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  before: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
  after: fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 })),
  seed: fc.integer({ min: 1, max: 1 << 30 }),
});

describe('conv2d', () => {
  test('equals padding first, then summing; its gradients are its adjoints', () => {
    fc.assert(
      fc.property(geometry, q => {
        const { n, groups, depth } = q;
        const [c, k] = [groups * depth, groups * q.filters];
        const [[kh, kw], [oh, ow], [sh, sw], [dh, dw], [pt, pl]] = [q.kernel, q.out, q.stride, q.dilation, q.before];
        // What the outputs read, padding included, and of it the input.
        const [ph, pw] = [(oh - 1) * sh + (kh - 1) * dh + 1, (ow - 1) * sw + (kw - 1) * dw + 1];
        const [h, w] = [Math.max(1, ph - pt - q.after[0]), Math.max(1, pw - pl - q.after[1])];
        const shape = [n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups] as const;
        const x = numbers(n * c * h * w, q.seed);
        const weight = numbers(k * depth * kh * kw, q.seed + 1);
        const g = numbers(n * k * oh * ow, q.seed + 2);
        const bias = numbers(k, q.seed + 3);

        const padded = tabulate([n, c, ph, pw], (b, d, i, j) => {
          const [row, column] = [i! - pt, j! - pl];
          return row < 0 || row >= h || column < 0 || column >= w ? 0 : x[((b! * c + d!) * h + row) * w + column]!;
        });
        const expected = tabulate([n, k, oh, ow], (b, f, i, j) => {
          const first = Math.floor(f! / q.filters) * depth;
          return indices(depth, kh, kw).reduce((sum, [d, u, v]) => {
            const at = ((b! * c + first + d!) * ph + i! * sh + u! * dh) * pw + j! * sw + v! * dw;
            return sum + padded[at]! * weight[((f! * depth + d!) * kh + u!) * kw + v!]!;
          }, 0);
        });

        const t = new Bench();
        const [y, gx, gw] = [t.space(g.length), t.space(x.length), t.space(weight.length)];
        t.k.conv2d(t.put(x), t.put(weight), y, 0, ...shape, 0);
        const value = t.get(y, g.length);
        expectClose(value, expected);
        t.k.conv2d(t.put(x), t.put(weight), y, t.put(bias), ...shape, 0);
        expectClose(
          t.get(y, g.length),
          expected.map((v, o) => v + bias[Math.floor(o / (oh * ow)) % k]!),
        );

        t.k.conv2dGradX(t.put(g), t.put(weight), gx, 0, ...shape);
        t.k.conv2dGradW(t.put(g), t.put(x), gw, 0, ...shape);
        expectClose([dot(t.get(gx, x.length), x)], [dot(value, g)]);
        expectClose([dot(t.get(gw, weight.length), weight)], [dot(value, g)]);
        // An identity in the other arguments too: in x at fixed w, and in w at fixed x.
        const [x2, w2] = [numbers(x.length, q.seed + 4), numbers(weight.length, q.seed + 5)];
        t.k.conv2d(t.put(x2), t.put(weight), y, 0, ...shape, 0);
        expectClose([dot(t.get(gx, x.length), x2)], [dot(t.get(y, g.length), g)]);
        t.k.conv2d(t.put(x), t.put(w2), y, 0, ...shape, 0);
        expectClose([dot(t.get(gw, weight.length), w2)], [dot(t.get(y, g.length), g)]);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test('an empty batch', () => {
    const t = new Bench();
    const gw = t.space(1);
    t.k.conv2dGradW(t.space(0), t.space(0), gw, 0, 0, 1, 2, 2, 1, 1, 1, 2, 2, 1, 1, 0, 0, 1, 1, 1);
    expect(t.get(gw, 1)).toEqual([0]);
  });
});

describe('pools', () => {
  const plane = [1, 5, 2, 0, 7, 3, 7, 1, 4, 4, 9, 8, 0, 6, 2, NaN];

  test('max: the first of equals, NaN before all, and its gradients', () => {
    const t = new Bench();
    const [y, at, gx] = [t.space(4), t.space(4), t.space(16)];
    const shape = [1, 4, 4, 2, 2, 2, 2, 2, 2, 0, 0, 1, 1, 0] as const;
    t.k.maxPool2d(t.put(plane), at, y, ...shape);
    expect(t.get(y, 4)).toEqual([7, 7, 6, NaN]);
    expect(t.get(at, 4)).toEqual([2, 2, 3, 3]);
    t.k.maxPool2dGrad(t.put([1, 2, 3, 4]), at, gx, ...shape);
    expect(t.get(gx, 16)).toEqual([0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 3, 0, 4]);
    t.k.maxPool2dTake(t.put(tabulate([16], i => i!)), at, y, ...shape);
    expect(t.get(y, 4)).toEqual([4, 6, 13, 15]);
    t.k.maxPool2d(t.put([3, 3, -Infinity, 3]), at, y, 1, 2, 2, 1, 1, 2, 2, 1, 1, 0, 0, 1, 1, 1);
    expect([t.get(y, 1), t.get(at, 1)]).toEqual([[3], [0]]);
    t.k.maxPool2d(t.put([NaN, 1]), 0, y, 1, 1, 2, 1, 1, 1, 2, 1, 1, 0, 0, 1, 1, 0);
    expect(t.get(y, 1)).toEqual([NaN]);
    t.k.maxPool2d(t.put([-Infinity]), at, y, 1, 1, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 0);
    expect([t.get(y, 1), t.get(at, 1)]).toEqual([[-Infinity], [4]]);
  });

  test('random windows: max and average against sorting and summing the window, gradients against adjoints', () => {
    const arbitrary = fc.record({
      planes: fc.integer({ min: 1, max: 3 }),
      size: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
      kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      ceil: fc.boolean(),
      countPad: fc.boolean(),
      divisor: fc.constantFrom(0, 5),
      seed: fc.integer({ min: 1, max: 1 << 30 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ planes, size: [h, w], kernel, stride: [sh, sw], ceil, countPad, divisor, seed }) => {
        const [kh, kw] = [Math.min(kernel[0], h), Math.min(kernel[1], w)];
        const [ph, pw] = [kh >> 1, kw >> 1];
        // The last window must begin before the padding after the input does.
        const outputs = (size: number, window: number, stride: number, pad: number): number => {
          const steps = (size + 2 * pad - window) / stride;
          const n = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
          return (n - 1) * stride >= size + pad ? n - 1 : n;
        };
        const [oh, ow] = [outputs(h, kh, sh, ph), outputs(w, kw, sw, pw)];
        const x = numbers(planes * h * w, seed);
        const g = numbers(planes * oh * ow, seed + 1);
        const inside = (row: number, column: number, top: number, left: number): boolean =>
          row >= -top && row < h + top && column >= -left && column < w + left;
        const windowAt = (i: number, j: number): number[][] =>
          indices(kh, kw).map(([u, v]) => [i * sh + u! - ph, j * sw + v! - pw]);
        const values = (p: number, i: number, j: number): number[] =>
          windowAt(i, j)
            .filter(([row, column]) => inside(row!, column!, 0, 0))
            .map(([row, column]) => x[(p * h + row!) * w + column!]!);

        const t = new Bench();
        const [y, at, gx] = [t.space(g.length), t.space(g.length), t.space(x.length)];
        const shape = [planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw] as const;
        t.k.maxPool2d(t.put(x), at, y, ...shape, 1, 1, 0);
        const largest = tabulate([planes, oh, ow], (p, i, j) => values(p!, i!, j!).sort((a, b) => b - a)[0]!);
        expect(t.get(y, g.length)).toEqual(largest);
        t.k.maxPool2dTake(t.put(x), at, y, ...shape, 1, 1, 0);
        expect(t.get(y, g.length)).toEqual(largest);
        t.k.maxPool2dGrad(t.put(g), at, gx, ...shape, 1, 1, 0);
        expectClose([dot(t.get(gx, x.length), x)], [dot(g, largest)]);

        t.k.avgPool2d(t.put(x), y, ...shape, Number(countPad), divisor);
        const mean = tabulate([planes, oh, ow], (p, i, j) => {
          const [top, left] = countPad ? [ph, pw] : [0, 0];
          const count = windowAt(i!, j!).filter(([row, column]) => inside(row!, column!, top, left)).length;
          return values(p!, i!, j!).reduce((a, b) => a + b, 0) / (divisor || count);
        });
        expectClose(t.get(y, g.length), mean);
        t.k.avgPool2dGrad(t.put(g), gx, ...shape, Number(countPad), divisor);
        expectClose([dot(t.get(gx, x.length), x)], [dot(g, mean)]);
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  test('max with dilation and more than 256 taps', () => {
    const t = new Bench();
    const x = numbers(19 * 35);
    const [y, at] = [t.space(1), t.space(1)];
    t.k.maxPool2d(t.put(x), at, y, 1, 19, 35, 1, 1, 19, 18, 1, 1, 0, 0, 1, 2, 1);
    const taps = tabulate([19, 18], (u, v) => x[u! * 35 + 2 * v!]!);
    expect(t.get(y, 1)).toEqual([Math.max(...taps)]);
    expect(t.get(at, 1)).toEqual([taps.indexOf(Math.max(...taps))]);
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
    expect(t.get(y, 2)).toEqual([-(2 ** 31) + 1, 4]);
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
    t.k.softmax(t.put(x), y, 2, 4);
    t.k.logSoftmax(t.put(x), log, 2, 4);
    const total = x.slice(0, 4).reduce((sum, v) => sum + Math.exp(v), 0);
    const e = 2 + Math.E;
    const expected = [...x.slice(0, 4).map(v => Math.exp(v) / total), 1 / e, Math.E / e, 0, 1 / e];
    expectClose(t.get(y, 8), expected);
    expectClose(
      t.get(log, 8),
      expected.map((v, i) => (i === 6 ? -2001 - Math.log(e / Math.E) : Math.log(v))),
    );
    t.k.softmax(t.put([3, 4]), y, 2, 1);
    expect(t.get(y, 2)).toEqual([1, 1]);
  });

  test.each(['softmax', 'logSoftmax'] as const)('%s: gradient against central differences', name => {
    const t = new Bench();
    const [x, g] = [numbers(6, 3), numbers(6, 4)];
    const [y, gx] = [t.space(6), t.space(6)];
    const value = (input: number[]): number => {
      t.k[name](t.put(input), y, 2, 3);
      return dot(t.get(y, 6), g);
    };
    const h = 1e-5;
    const moved = (i: number, by: number): number[] => x.map((v, j) => (i === j ? v + by : v));
    const expected = x.map((_, i) => (value(moved(i, h)) - value(moved(i, -h))) / (2 * h));
    value(x);
    t.k[`${name}Grad`](t.put(g), y, gx, 2, 3);
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
