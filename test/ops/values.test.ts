/** What ops compute, against their definitions: element by element, by index. Both backends share what is tested here. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import type { Tensor } from '../../ts/core/tensor';
import * as ops from '../../ts/ops/all';
import { tensor } from '../../ts/ops/creation';
import { exact } from '../backends';
import { type Index, type Grid, range, total, indices, random, put, int, expectEach, check } from './grids';

beforeAll(() => useBackend(exact));

describe('broadcasting', () => {
  /** Where an operand that is spread over `index` is read. */
  const within = ({ shape, at }: Grid, index: Index): number =>
    at(...shape.map((n, d) => (n === 1 ? 0 : index[d + index.length - shape.length]!)));
  const shapes: readonly (readonly [a: number[], b: number[], y: number[]])[] = [
    [[], [], []],
    [[3], [], [3]],
    [[2, 3], [3], [2, 3]],
    [[3, 1], [4], [3, 4]],
    [
      [2, 1, 3],
      [4, 1],
      [2, 4, 3],
    ],
    [
      [2, 3, 2, 3, 2],
      [2, 1, 2, 1, 2],
      [2, 3, 2, 3, 2],
    ],
    [
      [2, 1, 2, 1, 3, 1],
      [1, 2, 1, 3, 1, 2],
      [2, 2, 2, 3, 3, 2],
    ],
    [[0, 3], [1], [0, 3]],
  ];
  const functions: Readonly<
    Record<string, readonly [op: (a: Tensor, b: Tensor) => Tensor, f: (a: number, b: number) => number]>
  > = {
    add: [ops.add, (a, b) => a + b],
    sub: [ops.sub, (a, b) => a - b],
    rsub: [ops.rsub, (a, b) => b - a],
    mul: [ops.mul, (a, b) => a * b],
    div: [ops.div, (a, b) => a / b],
    pow: [(a, b) => ops.pow(ops.abs(a), b), (a, b) => Math.abs(a) ** b],
    maximum: [ops.maximum, Math.max],
    minimum: [ops.minimum, Math.min],
    eq: [(a, b) => ops.eq(ops.round(a), ops.round(b)), (a, b) => Number(Math.round(a) === Math.round(b))],
    ne: [(a, b) => ops.ne(ops.round(a), ops.round(b)), (a, b) => Number(Math.round(a) !== Math.round(b))],
    lt: [ops.lt, (a, b) => Number(a < b)],
    le: [ops.le, (a, b) => Number(a <= b)],
    gt: [ops.gt, (a, b) => Number(a > b)],
    ge: [ops.ge, (a, b) => Number(a >= b)],
    where: [(a, b) => ops.where(ops.lt(a, 0), a, b), (a, b) => (a < 0 ? a : b)],
  };
  for (const [name, [op, f]] of Object.entries(functions)) {
    check(name, () => {
      for (const [p, q, y] of shapes) {
        const [a, b] = [random(...p), random(...q)];
        expectEach(op(put(a), put(b)), y, (...i) => f(within(a, i), within(b, i)));
        expectEach(op(put(b), put(a)), y, (...i) => f(within(b, i), within(a, i)));
      }
    });
  }
  check('matmul', () => {
    for (const [p, q, y] of shapes) {
      const [a, b] = [random(...p, 2, 3), random(...q, 3, 4)];
      expectEach(ops.matmul(put(a), put(b)), [...y, 2, 4], (...index) => {
        const batch = index.slice(0, -2);
        const [row, column] = index.slice(-2);
        const [ai, bi] = [a, b].map(({ shape }) =>
          shape.slice(0, -2).map((n, d) => (n === 1 ? 0 : batch[d + batch.length - shape.length + 2]!)),
        );
        return total(range(3).map(k => a.at(...ai!, row!, k) * b.at(...bi!, k, column!)));
      });
    }
  });
});

describe('products', () => {
  check('matmul of vectors', () => {
    const [v, u, m] = [random(3), random(4), random(3, 4)];
    expectEach(ops.matmul(put(v), put(m)), [4], j => total(range(3).map(k => v.at(k) * m.at(k, j))));
    expectEach(ops.matmul(put(m), put(u)), [3], i => total(range(4).map(k => m.at(i, k) * u.at(k))));
    expectEach(ops.matmul(put(v), put(v)), [], () => total(range(3).map(k => v.at(k) ** 2)));
    expectEach(ops.dot(put(u), put(u)), [], () => total(range(4).map(k => u.at(k) ** 2)));
  });
  check('linear', () => {
    const [x, w, b] = [random(2, 5, 3), random(4, 3), random(4)];
    const product = (i: number, j: number, n: number): number => total(range(3).map(k => x.at(i, j, k) * w.at(n, k)));
    expectEach(ops.linear(put(x), put(w)), [2, 5, 4], product);
    expectEach(ops.linear(put(x), put(w), put(b)), [2, 5, 4], (i, j, n) => product(i, j, n) + b.at(n));
  });
  check('conv2d', () => {
    const [x, w, b] = [random(2, 4, 7, 8), random(6, 2, 3, 2), random(6)];
    const options = { stride: [2, 1], padding: [1, 2], dilation: [1, 3], groups: 2 } as const;
    const pixel = (n: number, c: number, i: number, j: number): number =>
      i < 0 || j < 0 || i >= 7 || j >= 8 ? 0 : x.at(n, c, i, j);
    expectEach(
      ops.conv2d(put(x), put(w), put(b), options),
      [2, 6, 4, 9],
      (n, k, i, j) =>
        b.at(k) +
        total(
          indices([2, 3, 2]).map(
            ([c = 0, u = 0, v = 0]) =>
              w.at(k, c, u, v) * pixel(n, 2 * Math.floor(k / 3) + c, 2 * i + u - 1, j + 3 * v - 2),
          ),
        ),
    );
  });
});

describe('losses', () => {
  check("the reduction 'cost' is the sum over samples of each one's mean", () => {
    const [x, y] = [random(4, 3), random(4, 3)];
    const each = (i: number): number => total(range(3).map(j => (x.at(i, j) - y.at(i, j)) ** 2)) / 3;
    expectEach(ops.mseLoss(put(x), put(y), { reduction: 'cost' }), [], () => total(range(4).map(each)));
  });
  check('what x is', () => {
    const x = put(random(4, 3));
    const target = int([0, 2, 1, 1]);
    const want = ops.crossEntropy(x, target).item();
    expectEach(ops.crossEntropy(ops.softmax(x, 1), target, { input: 'probabilities' }), [], () => want);
    expectEach(ops.crossEntropy(ops.logSoftmax(x, 1), target, { input: 'logProbabilities' }), [], () => want);
  });
});

test('set takes an array, a typed one, and whatever has a length and numbers at its indices', () => {
  const x = tensor([0, 0]);
  for (const data of [[1, 2], Float64Array.of(1, 2), { length: 2, 0: 1, 1: 2 }]) {
    x.set([0, 0]);
    expect([...x.set(data).toArray()]).toEqual([1, 2]);
  }
});
