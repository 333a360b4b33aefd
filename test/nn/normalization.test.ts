/** Normalising layers: what they learn and note, files from PyTorch, derivatives of third order, memory. */
import {
  crossEntropy,
  batchNorm,
  concat,
  gradients,
  groupNorm,
  layerNorm,
  localResponseNorm,
  nn,
  ones,
  optim,
  randn,
  rmsNorm,
  scope,
  tensor,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors } from '../../ts/io/safetensors';
import { useBackend } from '../../ts/core/runtime';
import { flat, numbers as random, onEachBackend } from '../toy';
import { exact } from '../backends';

const numbers = (t: Tensor): number[] => Array.from(t.toArray());
const close = (found: Tensor, expected: readonly number[], digits = 5): void => {
  expect(found.size).toBe(expected.length);
  numbers(found).forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, digits));
};

describe('batch normalisation', () => {
  test('training depends on the batch and notes it; evaluation depends on the notes', () => {
    const layer = new nn.BatchNorm1d(2, { momentum: 0.5 });
    const x = tensor([
      [1, 10],
      [3, 10],
      [5, 16],
    ]);
    // means 3 and 12, squares of distances 8 and 24 over three numbers, or two
    const r = [1 / Math.sqrt(8 / 3 + 1e-5), 1 / Math.sqrt(8 + 1e-5)] as const;
    close(layer.forward(x), [-2 * r[0], -2 * r[1], 0, -2 * r[1], 2 * r[0], 4 * r[1]]);
    close(layer.running_mean!, [1.5, 6]);
    close(layer.running_var!, [0.5 + 2, 0.5 + 6]);
    layer.eval();
    layer.weight!.set([2, 1]);
    layer.bias!.set([0, -1]);
    const y = layer.forward(x);
    close(
      y,
      numbers(x).map((v, i) => (i % 2 ? (v - 6) / Math.sqrt(6.5 + 1e-5) - 1 : (2 * (v - 1.5)) / Math.sqrt(2.5 + 1e-5))),
    );
    close(layer.running_mean!, [1.5, 6]);
    close(layer.running_var!, [2.5, 6.5]);
  });

  test('one image in evaluation, sequences, and no parameters', () => {
    const images = new nn.BatchNorm2d(3, { affine: false }).eval();
    expect(images.parameters()).toEqual([]);
    close(images.forward(ones([1, 3, 2, 2])), Array(12).fill(1 / Math.sqrt(1 + 1e-5)));
    const sequences = new nn.BatchNorm1d(3);
    expect(sequences.forward(randn([2, 3, 5])).shape).toEqual([2, 3, 5]);
    expect(sequences.forward(randn([2, 3])).shape).toEqual([2, 3]);
  });

  test('an evaluation that a later training step changed is no wrong gradient', () => {
    const layer = new nn.BatchNorm1d(2).eval();
    const x = randn([3, 2], { requiresGrad: true });
    const y = layer.forward(x).sum();
    layer.train().forward(randn([3, 2]).mul(9));
    y.backward(); // by the variance 1 that it was evaluated with
    for (const g of numbers(x.grad!)) expect(g).toBeCloseTo(1 / Math.sqrt(1 + 1e-5), 6);
  });

  test('state has the names of PyTorch, whose files load: the count in them is ignored', () => {
    const net = new nn.Sequential(new nn.BatchNorm2d(2), new nn.ReLU());
    const state = net.stateDict();
    expect(Object.keys(state)).toEqual(['0.weight', '0.bias', '0.running_mean', '0.running_var']);
    const info = (begin: number, type = 'F32', shape = '[2]'): string =>
      `{"dtype":"${type}","shape":${shape},"data_offsets":[${begin},${begin + 8}]}`;
    const header = `{"0.num_batches_tracked":${info(0, 'I64', '[]')},${['weight', 'bias', 'running_mean', 'running_var']
      .map((name, i) => `"0.${name}":${info(8 * i + 8)}`)
      .join()}}`;
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const floats = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const bytes = Buffer.concat([
      Buffer.from(BigUint64Array.of(BigInt(padded.length)).buffer),
      Buffer.from(padded),
      Buffer.from(BigInt64Array.of(1234n).buffer),
      Buffer.from(floats.buffer),
    ]);
    const { tensors } = decodeSafetensors(bytes);
    expect([tensors['0.num_batches_tracked']!.dtype, tensors['0.num_batches_tracked']!.item()]).toEqual(['i32', 1234]);
    expect(net.loadStateDict(tensors)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(Object.values(net.stateDict()).flatMap(numbers)).toEqual(Array.from(floats));
  });
});

test('names, initial values and options of the other layers', () => {
  const state = (layer: nn.Layer): Record<string, number[]> =>
    Object.fromEntries(Object.entries(layer.stateDict()).map(([k, t]) => [k, numbers(t)]));
  expect(state(new nn.LayerNorm(2))).toEqual({ weight: [1, 1], bias: [0, 0] });
  expect(state(new nn.LayerNorm(2, { bias: false }))).toEqual({ weight: [1, 1] });
  expect(state(new nn.LayerNorm(2, { elementwiseAffine: false }))).toEqual({});
  expect(new nn.LayerNorm([2, 3]).weight!.shape).toEqual([2, 3]);
  expect(state(new nn.GroupNorm(1, 2))).toEqual({ weight: [1, 1], bias: [0, 0] });
  expect(state(new nn.GroupNorm(1, 2, { affine: false }))).toEqual({});
  expect(state(new nn.RMSNorm(2))).toEqual({ weight: [1, 1] });
  expect(state(new nn.LocalResponseNorm(5))).toEqual({});
  const x = randn([2, 4, 3]);
  const pairs = [
    [new nn.LayerNorm([4, 3], { eps: 0.5 }).forward(x), layerNorm(x, [4, 3], { eps: 0.5 })],
    [new nn.GroupNorm(2, 4, { eps: 0.5 }).forward(x), groupNorm(x, 2, { eps: 0.5 })],
    [new nn.RMSNorm(3, { eps: 0.5 }).forward(x), rmsNorm(x, 3, { eps: 0.5 })],
    [new nn.LocalResponseNorm(3, { k: 2 }).forward(x), localResponseNorm(x, 3, { k: 2 })],
  ] as const;
  for (const [layer, op] of pairs) expect(numbers(layer)).toEqual(numbers(op));
});

test('the two forms of local response normalisation, by their formulas', () => {
  const [channels, alpha, beta, k] = [7, 0.3, 0.75, 2];
  const data = random(2 * channels * 3, 5);
  const x = tensor(data, { shape: [2, channels, 3] });
  for (const size of [1, 2, 3, 4, 5, 20]) {
    for (const of of ['mean', 'sum'] as const) {
      const expected = Array.from(data, (v, e) => {
        const [c, half] = [Math.floor(e / 3) % channels, Math.floor(size / 2)];
        const last = of === 'sum' ? c + half : c + Math.floor((size - 1) / 2);
        let sum = 0;
        for (let l = Math.max(0, c - half); l <= Math.min(channels - 1, last); l++) sum += data[e + 3 * (l - c)]! ** 2;
        return v / (k + (of === 'sum' ? alpha : alpha / size) * sum) ** beta;
      });
      close(localResponseNorm(x, size, { alpha, beta, k, of }), expected);
    }
  }
});

test('derivatives of third order, by differences of the second', () => {
  useBackend(exact);
  const shape = [3, 4];
  const data = [random(12, 1), random(4, 2), random(4, 3)];
  const direction = random(12, 4);
  const u = [5, 6, 7].map(seed => random(12, seed));
  const forms: ((x: Tensor, weight: Tensor, bias: Tensor) => Tensor)[] = [
    (x, weight, bias) => layerNorm(x, 4, { weight, bias, eps: 0.1 }),
    (x, weight) => rmsNorm(x, 4, { weight, eps: 0.1 }),
    (x, weight, bias) => batchNorm(x, null, null, { weight, bias, training: true, eps: 0.1 }),
    (x, weight, bias) => groupNorm(x, 2, { weight, bias, eps: 0.1 }),
  ];
  const like = (d: Float32Array): Tensor => tensor(Float64Array.from(d), { shape: [d.length] });
  for (const f of forms) {
    /** Of f at x + h · direction: φ, a product of the second derivative with vectors; and its gradients. */
    const at = (h: number): { phi: number; third: number[][] } =>
      scope(() => {
        const moved = Float64Array.from(data[0]!, (v, i) => v + h * direction[i]!);
        const x = tensor(moved, { shape, requiresGrad: true });
        const [w, b] = [1, 2].map(i => tensor(Float64Array.from(data[i]!), { requiresGrad: true }));
        const flatly = (ts: Tensor[]): Tensor => concat(ts.map(t => t.reshape([t.size])));
        const y = f(x, w!, b!).square().reshape([12]).mul(like(u[0]!)).sum();
        const first = gradients(y, [x, w!], { createGraph: true });
        const q = flatly(first)
          .mul(like(Float32Array.from([...u[1]!, ...u[2]!.slice(0, 4)])))
          .sum();
        const second = gradients(q, [x, w!], { createGraph: true });
        const phi = flatly(second)
          .mul(like(Float32Array.from([...u[2]!, ...u[0]!.slice(0, 4)])))
          .sum();
        return { phi: phi.item(), third: gradients(phi, [x]).map(numbers) };
      });
    const h = 1e-5;
    const numeric = (at(h).phi - at(-h).phi) / (2 * h);
    const analytic = at(0).third[0]!.reduce((sum, g, i) => sum + g * direction[i]!, 0);
    expect(Math.abs(analytic)).toBeGreaterThan(1e-3);
    expect(Math.abs(numeric / analytic - 1)).toBeLessThan(1e-6);
  }
});

onEachBackend('memory on %s', () => {
  test('training with every kind of normalisation leaves nothing', () => {
    const net = new nn.Sequential(
      new nn.Conv2d(1, 4, 3),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.GroupNorm(2, 4),
      new nn.LocalResponseNorm(3),
      new nn.AdaptiveAvgPool2d(2),
      new nn.Flatten(),
      new nn.LayerNorm(16),
      new nn.RMSNorm(16),
      new nn.Linear(16, 3),
      new nn.BatchNorm1d(3),
    );
    const opt = new optim.SGD(net.parameters(), { lr: 0.1 });
    const [x, target] = [randn([5, 1, 6, 7]), tensor(Int32Array.of(0, 1, 2, 0, 1))];
    const losses: number[] = [];
    flat(8, () =>
      scope(() => {
        opt.zeroGrad();
        const loss = crossEntropy(net.forward(x), target);
        loss.backward();
        opt.step();
        losses.push(loss.item());
      }),
    );
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    flat(3, () => scope(() => void net.eval().forward(x)));
  });
});
