/** Integers stay integers, exact where f32 is not; numbers that a type has not are refused. */
import {
  abs,
  amax,
  amin,
  arange,
  argmax,
  argmin,
  clamp,
  cumprod,
  cumsum,
  eq,
  floorDivide,
  fmod,
  full,
  ge,
  gt,
  indexAdd,
  le,
  lt,
  maskedFill,
  max,
  maximum,
  min,
  minimum,
  ne,
  neg,
  ones,
  pad,
  prod,
  remainder,
  scatterAdd,
  scatterReduce,
  sign,
  sort,
  square,
  sum,
  type Tensor,
  tensor,
  topk,
  ValueError,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { scope } from '../../ts/core/scope';
import { binaries, exact } from '../backends';

const BIG = 2 ** 24 + 1;
const NUMBERS = [BIG, -BIG, 3, BIG - 1, -(2 ** 31) + 1, 2 ** 31 - 1, 0];
const int = (numbers: readonly number[]): Tensor => tensor(Int32Array.from(numbers));
const list = (x: Tensor): number[] => Array.from(x.toArray());
/** Elements, of a tensor that is i32. */
function whole(x: Tensor): number[] {
  expect(x.dtype).toBe('i32');
  return list(x);
}

describe.each([exact, ...binaries])('on $name', backend => {
  const check = (name: string, f: () => void): void =>
    test(name, () => {
      useBackend(backend);
      scope(f);
    });

  check('functions of one element', () => {
    const x = int(NUMBERS);
    expect(whole(neg(x))).toEqual(NUMBERS.map(v => 0 - v));
    expect(whole(abs(x))).toEqual(NUMBERS.map(Math.abs));
    expect(whole(sign(x))).toEqual(NUMBERS.map(v => Math.sign(v)));
    expect(whole(square(int([4097, -3])))).toEqual([4097 ** 2, 9]);
    expect(whole(clamp(x, -5, BIG))).toEqual(NUMBERS.map(v => Math.min(Math.max(v, -5), BIG)));
    expect(whole(clamp(x, 0))).toEqual(NUMBERS.map(v => Math.max(v, 0)));
    expect(list(neg(tensor(Uint8Array.of(1, 255))))).toEqual([-1, -255]);
  });

  check('order and extrema', () => {
    const x = int(NUMBERS);
    const sorted = [...NUMBERS].sort((a, b) => a - b);
    expect(whole(sort(x)[0])).toEqual(sorted);
    expect(whole(topk(x, 2)[0])).toEqual(sorted.reverse().slice(0, 2));
    expect(whole(max(int([BIG - 1, BIG]), 0)[0])).toEqual([BIG]);
    expect(whole(max(int([BIG - 1, BIG]), 0)[1])).toEqual([1]);
    expect(whole(min(int([BIG, BIG - 1]), 0)[1])).toEqual([1]);
    expect([argmax(int([BIG - 1, BIG])).item(), argmin(int([BIG, BIG - 1])).item()]).toEqual([1, 1]);
    expect(whole(amax(x))).toEqual([2 ** 31 - 1]);
    expect(whole(amin(x))).toEqual([-(2 ** 31) + 1]);
    expect(whole(maximum(int([BIG]), BIG - 1))).toEqual([BIG]);
    expect(whole(minimum(int([BIG]), int([BIG - 1])))).toEqual([BIG - 1]);
    const bytes = tensor(Uint8Array.of(3, 200, 1));
    expect([max(bytes, 0)[0].dtype, sort(bytes)[0].dtype, amin(bytes).dtype]).toEqual(['u8', 'u8', 'u8']);
    expect(list(sort(bytes)[0])).toEqual([1, 3, 200]);
  });

  check('booleans beside numbers', () => {
    for (const [data, dtype, numbers] of [
      [[true, false], 'bool', [1, 0]],
      [[true, 2], 'f32', [1, 2]],
      [[[0.5], [true]], 'f32', [0.5, 1]],
      [[], 'f32', []],
    ] as const) {
      const x = tensor(data);
      expect([x.dtype, list(x)]).toEqual([dtype, numbers]);
    }
  });

  check('comparisons with any number', () => {
    const x = int(NUMBERS);
    for (const c of [BIG, BIG - 0.5, 2.5, -0.5, 3e9, -3e9, 2 ** 31 - 0.5, Infinity, -Infinity, NaN]) {
      for (const [f, holds] of [
        [eq, (a: number, b: number) => a === b],
        [ne, (a: number, b: number) => a !== b],
        [lt, (a: number, b: number) => a < b],
        [le, (a: number, b: number) => a <= b],
        [gt, (a: number, b: number) => a > b],
        [ge, (a: number, b: number) => a >= b],
      ] as const) {
        expect(list(f(x, c)), `${c}`).toEqual(NUMBERS.map(v => Number(holds(v, c))));
        expect(list(f(c, x)), `${c}`).toEqual(NUMBERS.map(v => Number(holds(c, v))));
      }
    }
  });

  check('sums and products', () => {
    expect(whole(sum(int([BIG, 1, -3])))).toEqual([BIG - 2]);
    expect(whole(cumsum(int([BIG, 1, 1]), 0))).toEqual([BIG, BIG + 1, BIG + 2]);
    expect(whole(prod(int([4097, 4097])))).toEqual([4097 ** 2]);
    // Beyond the range, its nearest end; what comes back is there again.
    const most = 2 ** 31 - 1;
    expect(whole(sum(int([most, most])))).toEqual([most]);
    expect(whole(sum(int([most, most, -most])))).toEqual([most]);
    expect(whole(sum(int([-most, -most, -most])))).toEqual([-(2 ** 31)]);
    expect(whole(cumsum(int([most, 5, -6]), 0))).toEqual([most, most, most - 1]);
    const columns = int([1, 2, 3, 4, 5, 6]).reshape(3, 2);
    expect([whole(sum(columns, 0)), whole(sum(columns, 1))]).toEqual([
      [9, 12],
      [3, 7, 11],
    ]);
  });

  check('elementwise arithmetic, products and scattered sums wrap around', () => {
    const most = 2 ** 31 - 1;
    const wrapped = (n: bigint): number => Number(BigInt.asIntN(32, n));
    const square = wrapped(BigInt(most) ** 2n);
    expect(whole(int([most]).add(1))).toEqual([-(2 ** 31)]);
    expect(whole(int([-most]).sub(2))).toEqual([most]);
    expect(whole(int([most]).mul(most))).toEqual([square]);
    expect(whole(prod(int([most, most, 3])))).toEqual([wrapped(BigInt(most) ** 2n * 3n)]);
    expect(whole(cumprod(int([most, most]), 0))).toEqual([most, square]);
    expect(whole(scatterAdd(int([most]), 0, int([0, 0]), int([1, 5])))).toEqual([wrapped(BigInt(most) + 6n)]);
    expect(whole(indexAdd(int([most]), 0, int([0]), int([1])))).toEqual([-(2 ** 31)]);
    expect(whole(scatterReduce(int([most]), 0, int([0]), int([most]), 'prod'))).toEqual([square]);
  });

  check('division', () => {
    const [a, b] = [int([7, -7, 7, -7, BIG, 5]), int([3, 3, -3, -3, 2, 0])];
    expect(whole(a.div(b, { roundingMode: 'trunc' }))).toEqual([2, -2, -2, 2, 2 ** 23, 0]);
    expect(whole(floorDivide(a, b))).toEqual([2, -3, -3, 2, 2 ** 23, 0]);
    expect(whole(fmod(a, b))).toEqual([1, -1, 1, -1, 1, 0]);
    expect(whole(remainder(a, b))).toEqual([1, 2, -2, -1, 1, 0]);
    for (const f of [floorDivide, fmod, remainder]) expect(() => f(a, 0)).toThrow('b is 0');
    expect(whole(remainder(-1, int([5])))).toEqual([4]);
  });

  check('bits', () => {
    const [a, b] = [int([6, -1, BIG]), int([3, 5, 1])];
    expect(whole(a.bitwiseAnd(b))).toEqual([6 & 3, -1 & 5, BIG & 1]);
    expect(whole(a.bitwiseOr(1))).toEqual([7, -1, BIG]);
    expect(whole(a.bitwiseXor(b))).toEqual([6 ^ 3, -1 ^ 5, BIG ^ 1]);
    expect(whole(a.bitwiseLeftShift(b))).toEqual([48, -32, BIG * 2]);
    expect(whole(a.bitwiseRightShift(1))).toEqual([3, -1, 2 ** 23]);
    expect(whole(a.bitwiseNot())).toEqual([-7, 0, -BIG - 1]);
    const flags = tensor([true, false]);
    const y = flags.bitwiseXor(tensor([true, true]));
    expect([y.dtype, ...list(y), ...list(flags.bitwiseNot())]).toEqual(['bool', 0, 1, 0, 1]);
    expect(() => ones(2).bitwiseAnd(a)).toThrow('bitwiseAnd: a takes integers or bools, this is f32');
    expect(() => a.bitwiseAnd(0.5)).toThrow('bitwiseAnd: b takes integers or bools, this is 0.5');
    expect(() => a.bitwiseOr(ones(3))).toThrow('bitwiseOr: b takes integers or bools, this is f32');
  });

  check('numbers that a type has not', () => {
    const refused = (f: () => unknown, message: string): void => {
      expect(f).toThrow(ValueError);
      expect(f).toThrow(message);
    };
    refused(() => tensor([1, 300], { dtype: 'u8' }), 'tensor: u8 takes 0 to 255, element 1 is 300');
    refused(() => tensor([[1], [-1]], { dtype: 'u8' }), 'element 1 is -1');
    refused(() => tensor(NaN, { dtype: 'i32' }), 'tensor: i32 takes -2147483648 to 2147483647, element is NaN');
    refused(() => tensor(Float32Array.of(3e9), { dtype: 'i32' }), 'is 3000000000');
    refused(() => tensor([200], { dtype: 'i8' }), 'i8 takes -128 to 127');
    refused(() => tensor([2 ** 63], { dtype: 'i64' }), 'i64 takes');
    refused(() => full([2], 256, { dtype: 'u8' }), 'full: u8 takes 0 to 255, value is 256');
    refused(() => full([2], Infinity, { dtype: 'i64' }), 'value is Infinity');
    refused(() => arange(250, 260, 1, { dtype: 'u8' }), 'arange: u8 takes 0 to 255, element 6 is 256');
    refused(() => int([1]).set([NaN]), 'set: i32');
    refused(() => pad(tensor(Uint8Array.of(1)), [1, 1], 'constant', 256), 'pad: u8 takes 0 to 255, value is 256');
    refused(() => maskedFill(tensor(Uint8Array.of(1)), tensor([true]), 300), 'maskedFill: u8 takes');
    // Fractions are cut off, as by `to`.
    expect(list(tensor([2.5, -2.5, 2 ** 31 - 0.5], { dtype: 'i32' }))).toEqual([2, -2, 2 ** 31 - 1]);
    expect(list(tensor([255.9, -0.9], { dtype: 'u8' }))).toEqual([255, 0]);
    expect(list(full([1], -(2 ** 31), { dtype: 'i32' }))).toEqual([-(2 ** 31)]);
    expect(list(tensor([NaN, 0, 7], { dtype: 'bool' }))).toEqual([1, 0, 1]);
  });
});
