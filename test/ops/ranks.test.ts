/** Different elements, counts and bins against plain JavaScript; sizes, ends and errors. */
import {
  bincount,
  capture,
  CaptureError,
  DTypeError,
  histc,
  median,
  quantile,
  scope,
  searchsorted,
  ShapeError,
  tensor,
  unique,
  uniqueConsecutive,
  ValueError,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { binaries, exact } from '../backends';
import { randomFrom } from './harness';

const list = (t: Tensor): number[] => [...t.toArray()];

describe.each([exact, ...binaries])('on $name', backend => {
  test('unique, its inverse and counts', () => {
    useBackend(backend);
    scope(() => {
      const random = randomFrom(3);
      const numbers = Array.from({ length: 60 }, () => Math.floor(9 * random()) - 4);
      const x = tensor(Int32Array.from(numbers), { shape: [6, 10] });
      const [values, inverse, counts] = unique(x, { returnInverse: true, returnCounts: true });
      const different = [...new Set(numbers)].sort((a, b) => a - b);
      expect(values.dtype).toBe('i32');
      expect(list(values)).toEqual(different);
      expect(inverse.shape).toEqual([6, 10]);
      expect(list(inverse)).toEqual(numbers.map(v => different.indexOf(v)));
      expect(list(counts)).toEqual(different.map(v => numbers.filter(w => w === v).length));
    });
  });

  test('unique rows and columns', () => {
    useBackend(backend);
    scope(() => {
      const x = tensor([
        [2, 1],
        [0, 5],
        [2, 1],
      ]);
      const [rows, inverse, counts] = x.unique({ dim: 0, returnInverse: true, returnCounts: true });
      expect([rows.shape, list(rows), list(inverse), list(counts)]).toEqual([
        [2, 2],
        [0, 5, 2, 1],
        [1, 0, 1],
        [1, 2],
      ]);
      expect(list(unique(x.t(), { dim: 1 }))).toEqual([0, 2, 5, 1]);
    });
  });

  test('integers beyond 2^24 and NaN stay apart', () => {
    useBackend(backend);
    scope(() => {
      const near = tensor(Int32Array.of(16777217, 16777216, 16777217));
      expect(list(unique(near))).toEqual([16777216, 16777217]);
      expect(list(unique(tensor([NaN, 1, NaN])))).toEqual([1, NaN, NaN]);
    });
  });

  test('uniqueConsecutive counts runs', () => {
    useBackend(backend);
    scope(() => {
      const [values, counts] = uniqueConsecutive(tensor([1, 1, 2, 2, 2, 1]), { returnCounts: true });
      expect([list(values), list(counts)]).toEqual([
        [1, 2, 1],
        [2, 3, 1],
      ]);
    });
  });

  test('searchsorted counts what is smaller', () => {
    useBackend(backend);
    scope(() => {
      const random = randomFrom(4);
      for (const n of [0, 1, 2, 3, 7, 8, 9, 100]) {
        const edges = Array.from({ length: n }, () => Math.floor(20 * random())).sort((a, b) => a - b);
        const values = Array.from({ length: 50 }, () => Math.floor(44 * random()) / 2 - 1);
        for (const right of [false, true]) {
          const counts = values.map(v => edges.filter(e => (right ? e <= v : e < v)).length);
          expect(list(searchsorted(tensor(edges), tensor(values), { right })), `${n}`).toEqual(counts);
        }
      }
    });
  });

  test('bincount, with and without weights', () => {
    useBackend(backend);
    scope(() => {
      const x = tensor(Uint8Array.of(3, 1, 3, 0));
      expect(list(bincount(x))).toEqual([1, 1, 0, 2]);
      expect(list(bincount(x, { weights: tensor([1, 2, 4, 8]), minlength: 6 }))).toEqual([8, 2, 0, 5, 0, 0]);
    });
  });

  test('histc takes the range of x if none is given', () => {
    useBackend(backend);
    scope(() => {
      expect(list(histc(tensor([0, 1, 2, 3, 4]), 2))).toEqual([2, 3]);
      expect(list(histc(tensor([5, 5]), 4))).toEqual([0, 0, 2, 0]);
    });
  });
});

test('errors', () => {
  useBackend(exact);
  scope(() => {
    const x = tensor([1, 2]);
    expect(() => median(tensor([]), 0)).toThrow(ShapeError);
    expect(() => x.kthvalue(3)).toThrow(ValueError);
    expect(() => quantile(x, 1.5)).toThrow(ValueError);
    expect(() => quantile(x, tensor([0, 2]))).toThrow(/a number from 0 to 1/);
    expect(() => bincount(x)).toThrow(DTypeError);
    expect(() => bincount(tensor(Int32Array.of(-1)))).toThrow(ValueError);
    expect(() => histc(tensor([1, Infinity]))).toThrow(/finite/);
    expect(() => searchsorted(tensor([[1, 2]]), tensor([[1], [2]]))).toThrow(ShapeError);
    expect(() => capture((y: Tensor) => unique(y))(x)).toThrow(CaptureError);
    expect(Number.isNaN(median(tensor([])).item())).toBe(true);
  });
});
