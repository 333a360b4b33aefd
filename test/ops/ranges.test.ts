/** Numbers whose squares leave f32, means far from 0 beside the spread, and ends where there is no derivative: against float64. */
import {
  binaryCrossEntropy,
  cdist,
  crossEntropy,
  gradients,
  groupNorm,
  layerNorm,
  mean,
  norm,
  optim,
  OutOfMemoryError,
  rmsNorm,
  scope,
  softmax,
  std,
  sum,
  tensor,
  variance,
  vectorNorm,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { binaries, exact } from '../backends';
import { randomFrom } from './harness';

/** Sizes and shifts, and how many digits of the spread f32 has. */
const RANGES = [
  [1, 0],
  [1e19, 0],
  [1e30, 1e30],
  [5e-3, 1e4],
  [1e-25, 0],
] as const;
const N = 500;
const numbers = (size: number, shift: number): Float64Array => {
  const random = randomFrom(5);
  return Float64Array.from({ length: N }, () => Math.fround(size * (2 * random() - 1) + shift));
};
const total = (xs: Iterable<number>): number => [...xs].reduce((a, b) => a + b, 0);
const near = (y: Tensor, expected: ArrayLike<number>, error = 2e-5): void => {
  const found = y.toArray();
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) {
    const e = expected[i]!;
    expect(Math.abs(found[i]! - e)).toBeLessThanOrEqual(error * Math.max(Math.abs(e), error));
  }
};

describe.each(binaries)('on $name', backend => {
  test.each(RANGES)('of size %d about %d', (size, shift) => {
    useBackend(backend);
    scope(() => {
      const data = numbers(size, shift);
      const x = tensor(data);
      const m = total(data) / N;
      const squares = total(data.map(v => (v - m) ** 2));
      const spread = Math.sqrt(squares / (N - 1));
      near(std(x), [spread]);
      near(norm(x), [Math.sqrt(total(data.map(v => v * v)))]);
      near(vectorNorm(x, 3), [size * Math.cbrt(total(data.map(v => Math.abs(v / size) ** 3)))]);
      if (spread ** 2 < 3e38 && spread ** 2 > 1e-37) near(variance(x), [spread ** 2]);

      const eps = size < 1 ? 0 : 1e-5;
      const hat = data.map(v => (v - m) / Math.sqrt(squares / N + eps));
      if (size > 1e-20) {
        near(layerNorm(x, N, { eps }), hat);
        near(groupNorm(x.reshape(1, 2, N / 2), 1, { eps }).flatten(), hat);
        near(
          rmsNorm(x, N, { eps }),
          data.map(v => v / Math.sqrt(total(data.map(w => w * w)) / N + eps)),
        );
      }

      const leaf = tensor(data, { requiresGrad: true });
      const [g] = gradients(std(leaf), [leaf]);
      near(
        g!.mul(N),
        data.map(v => ((v - m) / spread / (N - 1)) * N),
        2e-4,
      );
      const [h] = gradients(norm(leaf), [leaf]);
      near(
        h!,
        data.map(v => v / Math.sqrt(total(data.map(w => w * w)))),
      );
    });
  });

  test('clipGradNorm of large gradients', () => {
    useBackend(backend);
    scope(() => {
      const leaves = [1e30, 1e19].map(v => {
        const x = zeros([2], { requiresGrad: true });
        sum(x.mul(v)).backward();
        return x;
      });
      near(optim.clipGradNorm(leaves, 1), [Math.SQRT2 * 1e30]);
      near(leaves[0]!.grad!, [Math.SQRT1_2, Math.SQRT1_2]);
    });
  });

  test('one pair of equal points spoils no distance, nor a triplet loss', () => {
    useBackend(backend);
    scope(() => {
      const x = tensor(
        [
          [1, 2],
          [1, 2],
          [4, 6],
        ],
        { requiresGrad: true },
      );
      const d = cdist(x, x);
      near(d.flatten(), [0, 0, 5, 0, 0, 5, 5, 5, 0]);
      const [g] = gradients(d.select(0, 0).select(0, 1).add(1).sub(d.select(0, 0).select(0, 2)).relu(), [x], {
        retainGraph: true,
      });
      near(g!.flatten(), [0, 0, 0, 0, 0, 0]);
      const [h] = gradients(mean(d).mul(9), [x]);
      near(h!.flatten(), [-1.2, -1.6, -1.2, -1.6, 2.4, 3.2]);
    });
  });

  test('near points far from 0 have exact distances and gradients', () => {
    useBackend(backend);
    scope(() => {
      const a = tensor([[10000, 10000.5]], { requiresGrad: true });
      const b = tensor([
        [10000.25, 10000.5],
        [10000, 10001],
      ]);
      near(cdist(a, b).flatten(), [0.25, 0.5]);
      const [g] = gradients(sum(cdist(a, b)), [a]);
      near(g!.flatten(), [-1, -1]);
    });
  });
});

describe.each([exact, ...binaries])('on $name', backend => {
  test('probabilities of exactly 0 and 1', () => {
    useBackend(backend);
    scope(() => {
      const logits = tensor(
        [
          [200, 0],
          [0, 0],
        ],
        { requiresGrad: true },
      );
      const p = softmax(logits);
      const target = tensor(Int32Array.of(1, 0));
      const loss = crossEntropy(p, target, { input: 'probabilities', reduction: 'sum' });
      const [g] = gradients(loss, [logits]);
      expect(Number.isFinite(loss.item()) && [...g!.toArray()].every(Number.isFinite)).toBe(true);
      const rows = crossEntropy(tensor([[1, 0]]), tensor([[1, 0]]), { input: 'probabilities' });
      expect(rows.item()).toBe(0);
    });
  });

  test('a saturated wrong output is pushed back', () => {
    useBackend(backend);
    scope(() => {
      const x = tensor([0, 1, 0, 1], { requiresGrad: true });
      const loss = binaryCrossEntropy(x, tensor([1, 0, 0, 1]), { reduction: 'none' });
      expect([...loss.toArray()].map(v => v + 0)).toEqual([100, 100, 0, 0]);
      const [g] = gradients(sum(loss), [x]);
      near(g!, [-1e12, 1e12, 0, 0]);
    });
  });
});

test('a tensor of 2 GiB is refused', () => {
  useBackend(binaries[0]!);
  expect(() => zeros([2 ** 29])).toThrow(OutOfMemoryError);
});
