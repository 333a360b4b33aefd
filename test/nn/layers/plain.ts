import { nn, tensor, type Tensor } from 'phyllo';
import { expect } from 'vitest';
import type * as layers from '../../../ts/nn/layers';
import { changed, expectEach, noise, read, readOr0, sum, type Rows } from './naive';

function linear(bias: boolean): void {
  const layer = changed(new nn.Linear(3, 4, { bias }));
  const x = noise(2, 5, 3);
  const [at, w, b] = [read(x), read(layer.weight), readOr0(layer.bias)];
  expect(layer.bias !== null).toBe(bias);
  expectEach(layer.forward(x), [2, 5, 4], (n, i, o) => b(o!) + sum(3, j => at(n!, i!, j) * w(o!, j)));
}

/** Windows of 2 × 3 at steps of 1 × 2, of taps 1 apart, inside of a border of 1 × 0. */
function windows(at: (c: number, i: number, j: number) => number, c: number, i: number, j: number): number[] {
  const taps: number[] = [];
  for (let u = 0; u < 2; u++) {
    for (let v = 0; v < 3; v++) {
      const row = i + u - 1;
      if (row >= 0 && row < 4) taps.push(at(c, row, 2 * j + v));
    }
  }
  return taps;
}
function pool(layer: nn.Layer, f: (taps: number[]) => number): void {
  const x = noise(1, 2, 4, 7).sub(3); // mostly below 0, which a border of zeros would exceed
  const at = read(x);
  expectEach(layer.forward(x), [1, 2, 5, 3], (_, c, i, j) => f(windows((...k) => at(0, ...k), c!, i!, j!)));
}
const mean = (taps: readonly number[]): number => sum(taps.length, i => taps[i]!) / taps.length;
const OPTIONS = { stride: [1, 2], padding: [1, 0] } as const;

/** Bins [⌊i·n/m⌋, ⌈(i + 1)·n/m⌉) of 5 × 7 in 3 × 2. */
function bins(layer: nn.Layer, f: (taps: number[]) => number): void {
  const x = noise(2, 3, 5, 7);
  const at = read(x);
  const range = (i: number, n: number, m: number): number[] => {
    const first = Math.floor((i * n) / m);
    return Array.from({ length: Math.ceil(((i + 1) * n) / m) - first }, (_, k) => first + k);
  };
  expectEach(layer.forward(x), [2, 3, 3, 2], (n, c, i, j) =>
    f(range(i!, 5, 3).flatMap(u => range(j!, 7, 2).map(v => at(n!, c!, u, v)))),
  );
}

function dropout(): void {
  const layer = new nn.Dropout(0.25);
  const x = noise(100, 100);
  const [before, after] = [x.toArray(), layer.forward(x).toArray()];
  const kept = after.filter((y, i) => Math.abs(y - before[i]! / 0.75) < 1e-6 && y !== 0).length;
  expect(after.filter(y => y === 0).length + kept).toBe(10_000);
  expect(Math.abs(kept / 10_000 - 0.75)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 10_000));
  expect(layer.eval().forward(x)).toBe(x);
}

const flattened = (layer: nn.Layer, shape: readonly number[]) => (): void => {
  const x = noise(2, 3, 4, 5);
  const data = x.toArray();
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  expectEach(layer.forward(x), shape, (...index) => data[sum(shape.length, d => index[d]! * strides[d]!)]!);
};

function embedding(paddingIdx?: number): void {
  const layer = new nn.Embedding(5, 3, { paddingIdx });
  const w = read(layer.weight);
  const words = [4, 0, 1, 4, 3, 2];
  const index = tensor(Int32Array.from(words), { shape: [2, 3] });
  const y: Tensor = layer.forward(index);
  expectEach(y, [2, 3, 3], (i, j, k) => w(words[3 * i! + j!]!, k!));
  const zero = (row: number): boolean => [0, 1, 2].every(k => w(row, k) === 0);
  expect([0, 1, 2, 3, 4].filter(zero)).toEqual(paddingIdx === undefined ? [] : [(paddingIdx + 5) % 5]);
  y.sum().backward();
  const times = [0, 1, 2, 3, 4].map(r => (zero(r) ? 0 : words.filter(word => word === r).length));
  expectEach(layer.weight.grad!, [5, 3], r => times[r!]!);
}

export const PLAIN: Readonly<Record<keyof typeof layers, Rows>> = {
  Linear: [() => linear(true), () => linear(false)],
  Embedding: [() => embedding(), () => embedding(-2)],
  MaxPool2d: [() => pool(new nn.MaxPool2d([2, 3], OPTIONS), taps => Math.max(...taps))],
  AvgPool2d: [
    () => pool(new nn.AvgPool2d([2, 3], OPTIONS), taps => (mean(taps) * taps.length) / 6),
    () => pool(new nn.AvgPool2d([2, 3], { ...OPTIONS, countIncludePad: false }), mean),
    () => pool(new nn.AvgPool2d([2, 3], { ...OPTIONS, divisorOverride: 4 }), taps => (mean(taps) * taps.length) / 4),
  ],
  AdaptiveAvgPool2d: [() => bins(new nn.AdaptiveAvgPool2d([3, 2]), mean)],
  AdaptiveMaxPool2d: [() => bins(new nn.AdaptiveMaxPool2d([3, 2]), taps => Math.max(...taps))],
  Flatten: [
    flattened(new nn.Flatten(), [2, 60]),
    flattened(new nn.Flatten(0, 1), [6, 4, 5]),
    flattened(new nn.Flatten(-2), [2, 3, 20]),
  ],
  Dropout: [dropout],
};
