/** The reference backend against something independent of it: it is what everything else is checked against. Its memory, functions, binary operations, sums and indices. */
import { describe, expect, test } from 'vitest';
import { OutOfMemoryError } from '../../ts/core/errors';
import { SAVED, type Differentiable } from '../../ts/backend/backend';
import { reference } from '../../ts/backend/reference/backend';
import { erf, erfc } from '../../ts/backend/reference/erf';
import { differentiable } from '../../ts/backend/reference/functions';
import { Bench, numbers, expectClose } from './bench';

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
      if (Number.isNaN(f(x, p))) continue; // outside the domain
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
