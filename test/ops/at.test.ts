/** Indexing and writing at indices: views, errors, masks in plans, caches. */
import {
  argwhere,
  capture,
  CaptureError,
  DTypeError,
  full,
  GradientError,
  IndexError,
  noGrad,
  ones,
  put,
  randn,
  scatter,
  ShapeError,
  tensor,
  where,
  zeros,
  type Tensor,
} from 'phyllo';
import { expect, test } from 'vitest';
import { onEachBackend } from '../toy';

const list = (t: Tensor): number[] => Array.from(t.toArray());
const ints = (...numbers: number[]): Tensor => tensor(Int32Array.from(numbers));

onEachBackend('on %s', () => {
  test('numbers, slices forwards and null are views: what is written there is seen', () => {
    const x = zeros([3, 4]);
    x.at(1, '1:3').fill_(1);
    x.at('...', null, -1).add_(2);
    x.at('::2', '::3').mul_(5);
    expect(list(x)).toEqual([0, 0, 0, 10, 0, 1, 1, 2, 0, 0, 0, 10]);
    expect(x.at('1:', ':').storage).toBe(x.storage);
    expect(x.at('::-1').storage).not.toBe(x.storage);
  });

  test('slices are those of Python', () => {
    const n = 5;
    const x = tensor(Array.from({ length: n }, (_, i) => i));
    const ends = ['', -7, -5, -2, 0, 3, 5, 9] as const;
    for (const start of ends)
      for (const stop of ends)
        for (const step of [1, 2, 7, -1, -2, -7]) {
          // By its definition: from start on by steps, as long as stop is not reached.
          const clip = (i: number): number =>
            Math.min(Math.max(i < 0 ? i + n : i, step > 0 ? 0 : -1), step > 0 ? n : n - 1);
          const first = start === '' ? (step > 0 ? 0 : n - 1) : clip(start);
          const last = stop === '' ? (step > 0 ? n : -1) : clip(stop);
          const want: number[] = [];
          for (let i = first; step > 0 ? i < last : i > last; i += step) want.push(i);
          expect(list(x.at(`${start}:${stop}:${step}`)), `${start}:${stop}:${step}`).toEqual(want);
        }
  });

  test('put writes what at picks', () => {
    const x = zeros([3, 4]);
    expect(put(x, 7, 1, '::2')).toBe(x);
    x.put(tensor([1, 2, 3]), '::-1', 3);
    x.put(tensor([8, 9]), [0, -1], [1, 1]);
    expect(list(x)).toEqual([0, 8, 0, 3, 7, 0, 7, 2, 0, 9, 0, 1]);
    x.put(-1, x.gt(6));
    x.put(tensor([[5], [6]]), tensor([true, false, true]), '3:');
    expect(list(x)).toEqual([0, -1, 0, 5, -1, 0, -1, 2, 0, -1, 0, 6]);
    x.put(tensor([20, 21]), '1:', tensor([false, true, true, false]));
    expect(list(x).slice(4)).toEqual([-1, 20, 21, 2, 0, 20, 21, 6]);
    x.put(x.at(0), 2); // of its own memory
    expect(list(x).slice(8)).toEqual([0, -1, 0, 5]);
    const y = zeros([2, 3, 2]);
    y.put(tensor([[1, 2, 3]]), ints(0, 1), ':', ints(1, 0));
    expect(list(y)).toEqual([0, 1, 0, 2, 0, 3, 1, 0, 2, 0, 3, 0]);
    y.put(9, '::-1', [1], '::-1');
    expect(list(y.at(':', 1))).toEqual([9, 9, 9, 9]);
    const t = zeros([2, 3]);
    t.t().put(tensor([[1, 2]]), [2, 0]);
    expect(list(t)).toEqual([1, 0, 1, 2, 0, 2]);
    const bytes = tensor(Uint8Array.of(1, 2, 3)).put(200, [0, 0, 2]);
    expect([bytes.dtype, ...list(bytes)]).toEqual(['u8', 200, 2, 200]);
    expect(list(tensor([true, false]).put(tensor([0, 5]), '::-1'))).toEqual([1, 0]);
    expect(list(ints(1, 2).put(3.9, -1))).toEqual([1, 3]);
  });

  test('a cache of keys: places that change from call to call are tensors', () => {
    const cache = zeros([2, 4, 3]);
    const step = capture((keys: Tensor, position: Tensor): Tensor => {
      noGrad(() => cache.put(keys, ':', position));
      return cache.sum();
    });
    const sums = [0, 3, 1].map(i => step(full([2, 3], i + 1), ints(i).reshape([])).item());
    expect(sums).toEqual([6, 30, 42]);
    expect(list(cache.at(0, ':', 0))).toEqual([1, 2, 0, 4]);
    const clear = capture((x: Tensor, holds: Tensor) => noGrad(() => void x.put(-1, holds)));
    clear(cache, cache.gt(1));
    expect(list(cache.at(0, ':', 0))).toEqual([1, -1, 0, -1]);
    expect(() => step(full([2, 3], 1), ints(4).reshape([]))).toThrow(IndexError);
    expect(() => capture((x: Tensor) => x.at(x.gt(0)))(cache)).toThrow(CaptureError);
    expect(() => capture((x: Tensor) => x.put(ones([3]), x.gt(0)))(tensor([1, -1]))).toThrow(CaptureError);
    expect(() => capture((x: Tensor) => argwhere(x))(cache)).toThrow(/argwhere|nonzero/);
  });

  test('what was saved for a gradient and written over is missed', () => {
    const w = randn([3], { requiresGrad: true });
    const x = ones([3]);
    const y = w.mul(x).sum();
    x.put(2, 0);
    expect(() => y.backward()).toThrow(/changed in place since/);
    expect(() => w.put(1, 0)).toThrow(GradientError);
    expect(() => x.put(w.at(0), 0)).toThrow(GradientError);
    expect(() => x.put(w.at([0]), [0])).toThrow(GradientError);
    noGrad(() => w.put(0, ':'));
    expect(list(w)).toEqual([0, 0, 0]);
  });

  test('misfits are refused before anything is written', () => {
    const x = zeros([3, 4]);
    const errors: readonly (readonly [() => unknown, abstract new (...args: never[]) => Error, RegExp])[] = [
      [() => x.at(3), IndexError, /at: there is no index 3 in a dimension of 3/],
      [() => x.at(0, -5), IndexError, /no index -5/],
      [() => x.at([0, 3]), IndexError, /no index 3/],
      [() => x.at(ints(0, -4)), IndexError, /at: index/],
      [() => x.at(ints(0, 3), [0, 1]), IndexError, /at: index 3 at position 1 is outside \[0, 3\)/],
      [() => x.at(0, 0, 0), IndexError, /3 dimensions are indexed, x \[3, 4\] has 2/],
      [() => x.at('...', 0, '...'), IndexError, /'\.\.\.' once/],
      [() => x.at(tensor([0, 1])), DTypeError, /at: .*f32/],
      [() => x.at(tensor([true, false])), IndexError, /a mask \[2\] does not fit dimensions \[3\]/],
      [() => x.at([0, 1], [0, 1, 2]), ShapeError, /do not broadcast/],
      [() => Reflect.apply(x.at, x, ['::0']), IndexError, /index 0 takes .* this is '::0'/],
      [() => Reflect.apply(x.at, x, [0, 1.5]), IndexError, /index 1 takes .* this is 1.5/],
      [() => x.put(zeros([3]), 0), ShapeError, /put: \[4\] and \[3\] do not broadcast/],
      [() => x.put(zeros([3]), [0, 1]), ShapeError, /put: \[2, 4\] and \[3\]/],
      [() => x.put(zeros([2, 3, 4])), ShapeError, /put/],
      [() => x.put(1, 5), IndexError, /put: there is no index 5/],
      [() => zeros([1, 4]).expand([3, 4]).put(1, 0), ShapeError, /elements of a share memory/],
      [() => Reflect.apply(where, undefined, [x.gt(0), 1]), Error, /where: takes a condition alone, or both/],
      [() => scatter(x, 0, ints(0), zeros([1, 4])), ShapeError, /scatter: index \[1\]/],
      [() => scatter(x, 0, ints(0, 1, 2, 3).reshape([4, 1]), zeros([4, 1])), IndexError, /index 3/],
      [() => scatter(x, 1, ints(0).reshape([1, 1]), ints(1).reshape([1, 1])), DTypeError, /x is f32/],
    ];
    for (const [call, kind, message] of errors) {
      expect(call).toThrow(kind);
      expect(call).toThrow(message);
    }
    expect(list(x).every(v => v === 0)).toBe(true);
  });
});
