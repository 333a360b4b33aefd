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

function unflattened(): void {
  const x = noise(2, 12, 3);
  const at = read(x);
  expectEach(new nn.Unflatten(1, [3, -1]).forward(x), [2, 3, 4, 3], (n, i, j, k) => at(n!, 4 * i! + j!, k!));
}
function bilinear(bias: boolean): void {
  const layer = changed(new nn.Bilinear(3, 4, 5, bias));
  const [x, y] = [noise(2, 6, 3), noise(2, 6, 4)];
  const [at, by, w, b] = [read(x), read(y), read(layer.weight), readOr0(layer.bias)];
  expect(layer.bias !== null).toBe(bias);
  expectEach(layer.forward(x, y), [2, 6, 5], (n, i, o) => {
    return b(o!) + sum(3, j => sum(4, k => at(n!, i!, j) * w(o!, j, k) * by(n!, i!, k)));
  });
}

export const PLAIN: Readonly<Record<keyof typeof layers, Rows>> = {
  Linear: [() => linear(true), () => linear(false), () => expect(new nn.Linear(2, 3, false).bias).toBe(null)],
  Embedding: [() => embedding(), () => embedding(-2)],
  Flatten: [
    flattened(new nn.Flatten(), [2, 60]),
    flattened(new nn.Flatten(0, 1), [6, 4, 5]),
    flattened(new nn.Flatten(-2), [2, 3, 20]),
  ],
  Unflatten: [unflattened],
  Bilinear: [() => bilinear(true), () => bilinear(false)],
};
