/** Which arguments a plan takes, and what it does with them. */
import {
  crossEntropy,
  capture,
  CaptureError,
  DisposedError,
  IndexError,
  keep,
  noGrad,
  ones,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { copy_ } from '../../ts/ops/inplace';
import { failure, inUse, list, numbers, onEachBackend } from '../toy';
import { plansOf, counts } from './counts';

onEachBackend('on %s', () => {
  describe('arguments', () => {
    test('given twice, also where one is changed in place', () => {
      const f = (x: Tensor, y: Tensor): Tensor => x.mul(y).add(x);
      const x = tensor([2, 3]);
      expect(
        counts(f, [
          [x, x],
          [x, tensor([5, 7])],
          [x, x],
        ]),
      ).toEqual([1, 1, 1]);
      const g = (x: Tensor, y: Tensor): Tensor =>
        noGrad(() => {
          const before = x.add(y);
          copy_(x, y.mul(10));
          return before.add(y);
        });
      const [a, b] = [tensor([1, 2]), tensor([1, 2])];
      const captured = capture(g);
      for (let i = 0; i < 3; i++) {
        expect(list(captured(b, b))).toEqual(list(g(a, a)));
        expect(list(b)).toEqual(list(a));
      }
    });

    test('strided, spread and shifted', () => {
      const f = (x: Tensor, y: Tensor): Tensor => x.matmul(y).add(x.sum()).t();
      const wide = tensor(numbers(60, 3), { shape: [6, 10] });
      expect(
        counts(f, [
          [wide.slice(0, 0, 3).slice(1, 0, 3), wide.slice(0, 2, 5).slice(1, 3, 6)],
          [wide.slice(0, 0, 6, 2).slice(1, 0, 9, 4), wide.t().slice(0, 0, 3).slice(1, 0, 3)],
          [tensor(numbers(9, 4), { shape: [3, 3] }), tensor([1, 2, 3]).expand([3, 3])],
        ]),
      ).toEqual([1, 2, 3]);
    });

    test('strided and changed in place, where the function can', () => {
      const f = (x: Tensor): Tensor => noGrad(() => copy_(x, x.mul(2)));
      const captured = capture(f);
      const [x, y] = [
        tensor([
          [1, 2],
          [3, 4],
        ]),
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ];
      for (const see of [(t: Tensor) => t, (t: Tensor) => t.t(), (t: Tensor) => t.select(1, 1)]) {
        expect(list(captured(see(x)))).toEqual(list(f(see(y))));
        expect(list(x)).toEqual(list(y));
      }
    });

    test('changed in place spoil what a graph saved of them, as ever', () => {
      const f = capture((x: Tensor) => noGrad(() => void copy_(x, x.mul(2))));
      const x = tensor([1, 2]);
      const w = tensor([1, 2], { requiresGrad: true });
      const loss = x.mul(w).sum();
      f(x);
      failure(() => loss.backward(), Error, /changed in place/);
    });

    test('of no elements', () => {
      const f = (x: Tensor): Tensor => x.matmul(x.t()).sum(0).add(x.sum());
      expect(counts(f, [[zeros([0, 3])], [zeros([3, 0])], [zeros([0, 0])]])).toEqual([1, 2, 3]);
      expect(list(capture((x: Tensor) => x)(zeros([0])))).toEqual([]);
      expect(list(capture(() => zeros([0, 2]))())).toEqual([]);
    });

    test('none at all, and functions that answer nothing', () => {
      const count = keep(zeros([]));
      const f = capture(() => noGrad(() => void copy_(count, count.add(1))));
      for (let i = 0; i < 5; i++) expect(f()).toBeUndefined();
      expect(count.item()).toBe(5);
    });

    test('that require a gradient are an error that says where', () => {
      const f = capture((x: Tensor) => x.mul(2));
      const w = tensor([1], { requiresGrad: true });
      failure(
        () => f(w),
        CaptureError,
        /tensor 0 .* at .*plan-arguments\.test\.ts:\d+:\d+ requires a gradient.*detach\(\)/,
      );
      failure(() => f(w.mul(1)), CaptureError, /requires a gradient/);
      failure(() => f.plan(w), CaptureError, /at .*plan-arguments\.test\.ts.* requires a gradient/);
      expect(list(f(w.detach()))).toEqual([2]);
      expect(list(noGrad(() => f(w)))).toEqual([2]);
    });

    test('freed are a DisposedError', () => {
      const f = capture((x: Tensor) => x.mul(2));
      const x = tensor([1]);
      f(x);
      x.dispose();
      failure(() => f(x), DisposedError, /capture/);
    });

    test('labels outside are an IndexError as they come, and the plan goes on', () => {
      const w = tensor(numbers(6, 1), { shape: [2, 3], requiresGrad: true });
      const f = capture((x: Tensor, t: Tensor) => {
        w.grad = null;
        const loss = crossEntropy(x.matmul(w), t);
        loss.backward();
        return loss;
      });
      const x = tensor(numbers(8, 2), { shape: [4, 2] });
      const want = f(x, tensor(Int32Array.of(0, 1, 2, 0))).item();
      const gradient = w.grad;
      const before = inUse();
      failure(() => f(x, tensor(Int32Array.of(0, 1, 3, 0))), IndexError, /index 3 at position 2 is outside \[0, 3\)/);
      failure(() => f(x, tensor(Int32Array.of(-1, 1, 3, 0))), IndexError, /index -1 at position 0/);
      expect([inUse().blocks - before.blocks, w.grad, gradient!.disposed]).toEqual([2, null, true]); // the labels
      expect(f(x, tensor(Int32Array.of(0, 1, 2, 0))).item()).toBe(want);
      expect(plansOf(f)).toBe(1);
      const e = capture((at: Tensor) => ones([3, 2]).indexSelect(0, at));
      failure(() => e(tensor(Int32Array.of(3))), IndexError, /index 3/);
    });
  });
});
