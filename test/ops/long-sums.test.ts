/**
 * Sums of a million terms of one sign, wherever an op takes one: the error must not grow with their number. Terms are
 * random f32 in [0, 1), and sums of them are taken in float64 by plain loops; so are ones, whose sum stops at 2^24 where
 * they are added one by one.
 */
import {
  adaptiveAvgPool2d,
  avgPool2d,
  batchNorm,
  conv1d,
  conv2d,
  conv3d,
  convTranspose2d,
  crossEntropy,
  cumsum,
  dot,
  embedding,
  gradients,
  groupNorm,
  indexAdd,
  layerNorm,
  linear,
  logsumexp,
  manualSeed,
  matmul,
  mean,
  mseLoss,
  norm,
  ones,
  rand,
  scatterAdd,
  scope,
  softmax,
  sum,
  tensor,
  variance,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { binaries } from '../backends';

vi.setConfig({ testTimeout: 120_000 });
const N = 1_000_000;
const total = (x: Tensor): number => Float64Array.from(x.toArray()).reduce((s, v) => s + v, 0);
/** Σ x[row, ·] of a matrix. */
const grad = (y: Tensor, x: Tensor, gradient: Tensor): Tensor => gradients(y, [x], { gradient })[0]!;
const zero = (...shape: number[]): Tensor => zeros(shape, { requiresGrad: true });
const same = (n: number): Tensor => zeros([n], { dtype: 'i32' });

/** Each gives numbers, and what all of them should be. */
const SUMS: Readonly<Record<string, (x: Tensor) => readonly [Tensor, number]>> = {
  sum: x => [sum(x), total(x)],
  'sum of columns': x => [sum(x.reshape(N, 1).expand(N, 3).contiguous(), 0), total(x)],
  'sum of inner dimensions': x => [sum(x.reshape(1000, 1, 1000).expand(1000, 2, 1000).contiguous(), [0, 2]), total(x)],
  mean: x => [mean(x).mul(N), total(x)],
  variance: x => {
    const [data, m] = [Float64Array.from(x.toArray()), total(x) / N];
    return [variance(x), data.reduce((s, v) => s + (v - m) ** 2, 0) / (N - 1)];
  },
  norm: x => [norm(x).square(), total(x.square())],
  logsumexp: x => [logsumexp(x, 0).exp(), total(x.exp())],
  softmax: x => [softmax(x).sum(), 1],
  cumsum: x => [cumsum(x, 0).slice(0, N - 1), total(x)],
  mseLoss: x => [mseLoss(x, zeros([N]), { reduction: 'sum' }), total(x.square())],
  crossEntropy: x => [crossEntropy(zero(1, N), same(1)).exp(), total(ones([N]).mul(x.mul(0).add(1)))],
  dot: x => [dot(x, ones([N])), total(x)],
  'matmul of one row': x => [matmul(x.reshape(1, N), ones([N, 5])), total(x)],
  'matmul of one row by columns': x => [matmul(x.reshape(1, N), ones([9, N]).t()), total(x)],
  'matmul of few rows': x => [matmul(x.reshape(1, N).expand(3, N), ones([N, 3])), total(x)],
  'matmul of some rows': x => [matmul(x.reshape(1, N).expand(12, N), ones([N, 17])), total(x)],
  'matmul of many rows': x => [matmul(x.reshape(1, N).expand(40, N), ones([N, 24])), total(x)],
  linear: x => [linear(x.reshape(1, N), ones([4, N])), total(x)],
  'weights of linear': x => {
    const w = zero(8, 1);
    return [grad(linear(x.reshape(N, 1), w), w, ones([N, 8])), total(x)];
  },
  'bias of linear': x => {
    const b = zero(8);
    return [grad(linear(zeros([N, 1]), zeros([8, 1]), b), b, x.reshape(N, 1).expand(N, 8)), total(x)];
  },
  'adaptiveAvgPool2d to 1': x => [adaptiveAvgPool2d(x.reshape(1, 1, 1000, 1000), 1).mul(N), total(x)],
  'avgPool2d of all': x => [avgPool2d(x.reshape(1, 1, 1000, 1000), 1000).mul(N), total(x)],
  'avgPool2d of a wide window': x => [avgPool2d(x.reshape(1, 1, 1, N), [1, N]).mul(N), total(x)],
  'filters of conv1d': x => {
    const w = zero(2, 1, 1);
    return [grad(conv1d(x.reshape(1, 1, N), w), w, ones([1, 2, N])), total(x)];
  },
  'filters of conv2d 1 × 1': x => {
    const w = zero(8, 1, 1, 1);
    return [grad(conv2d(x.reshape(1, 1, 1000, 1000), w), w, ones([1, 8, 1000, 1000])), total(x)];
  },
  'filters of conv2d, many images': x => {
    const w = zero(8, 8, 2, 2);
    const images = x.reshape(10000, 1, 10, 10).expand(10000, 8, 10, 10);
    const inside = x.reshape(10000, 10, 10).slice(1, 0, 9).slice(2, 0, 9);
    return [
      grad(conv2d(images, w), w, ones([10000, 8, 9, 9]))
        .select(2, 0)
        .select(2, 0),
      total(inside),
    ];
  },
  'filters of conv2d 3 × 3, few images': x => {
    const w = zero(16, 4, 3, 3);
    const images = x.reshape(4, 1, 500, 500).expand(4, 4, 500, 500);
    const y = conv2d(images, w, null, { padding: 1 });
    return [grad(y, w, ones(y.shape)).select(2, 1).select(2, 1), total(x)];
  },
  'filters of conv2d 3 × 3, many images': x => {
    const w = zero(16, 16, 3, 3);
    const images = x.reshape(4000, 1, 10, 25).slice(0, 0, 1000).expand(1000, 16, 10, 25);
    const y = conv2d(images, w, null, { padding: 1 });
    return [grad(y, w, ones(y.shape)).select(2, 1).select(2, 1), total(images.select(1, 0))];
  },
  'bias of conv2d': x => {
    const b = zero(2);
    const y = conv2d(zeros([100, 1, 100, 100]), zeros([2, 1, 1, 1]), b);
    return [grad(y, b, x.reshape(100, 1, 100, 100).expand(y.shape)), total(x)];
  },
  'filters of conv3d': x => {
    const w = zero(2, 1, 1, 1, 1);
    return [grad(conv3d(x.reshape(1, 1, 100, 100, 100), w), w, ones([1, 2, 100, 100, 100])), total(x)];
  },
  'filters of convTranspose2d': x => {
    const w = zero(1, 2, 1, 1);
    return [grad(convTranspose2d(x.reshape(1, 1, 1000, 1000), w), w, ones([1, 2, 1000, 1000])), total(x)];
  },
  'bias of groupNorm': x => {
    const bias = zero(2);
    const y = groupNorm(zeros([5000, 2, 200]), 1, { bias });
    return [grad(y, bias, x.reshape(5000, 1, 200).expand(y.shape)), total(x)];
  },
  'bias of layerNorm': x => {
    const bias = zero(2);
    return [grad(layerNorm(zeros([N, 2]), 2, { bias }), bias, x.reshape(N, 1).expand(N, 2)), total(x)];
  },
  'bias of batchNorm': x => {
    const bias = zero(2);
    const y = batchNorm(zeros([5000, 2, 200]), null, null, { bias, training: true });
    return [grad(y, bias, x.reshape(5000, 1, 200).expand(y.shape)), total(x)];
  },
  indexAdd: x => [indexAdd(zeros([1, 3]), 0, same(N), x.reshape(N, 1).expand(N, 3)), total(x)],
  scatterAdd: x => [scatterAdd(zeros([1]), 0, same(N), x), total(x)],
  'weights of an embedding': x => {
    const w = zero(1, 5);
    return [grad(embedding(same(N), w), w, x.reshape(N, 1).expand(N, 5)), total(x)];
  },
};

describe.each(binaries)('on $name', backend => {
  test.each(Object.entries(SUMS))('%s', (_, f) => {
    useBackend(backend);
    scope(() => {
      manualSeed(7);
      for (const x of [rand([N]), ones([N]), tensor([0.1]).expand(N).contiguous()]) {
        const [found, expected] = f(x);
        for (const y of found.toArray()) expect(Math.abs(y - expected)).toBeLessThanOrEqual(1e-5 * expected + 1e-12);
      }
    });
  });
});
