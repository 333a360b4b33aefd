/** Datasets of numbered samples, and what a loader makes of them. */
import { expect } from 'vitest';
import { tensor, type Tensor } from '../../ts/index';
import type { DataLoader } from '../../ts/data/loader';
import { TensorDataset, type Dataset } from '../../ts/data/dataset';

export type Pair = readonly [Tensor, Tensor];

/** n samples: x is [i, −i], t is i modulo 256 as u8. */
export function numbered(n: number): TensorDataset<[Tensor, Tensor]> {
  const pairs = Float32Array.from({ length: 2 * n }, (_, k) => (k % 2 ? -1 : 1) * Math.floor(k / 2));
  const x = tensor(pairs, { shape: [n, 2] });
  return new TensorDataset(x, tensor(Uint8Array.from({ length: n }, (_, i) => i)));
}

/** The same samples one by one, without a way to take a batch at once; counts what it was asked for. */
export class OneByOne implements Dataset<Pair> {
  asked = 0;
  constructor(readonly length: number) {}
  get(i: number): Pair {
    this.asked++;
    return [tensor([i, -i]), tensor(i % 256, { dtype: 'u8' })];
  }
}

/** Which samples each batch has; throws unless x and t belong together. */
export function epoch(loader: DataLoader<Pair>): number[][] {
  const batches: number[][] = [];
  for (const [x, t] of loader) {
    expect([x.dtype, t.dtype]).toEqual(['f32', 'u8']);
    expect(x.shape).toEqual([t.size, 2]);
    expect(t.shape).toEqual([t.size]);
    const numbers = [...x.toArray()];
    const samples = numbers.filter((_, k) => k % 2 === 0);
    expect(numbers).toEqual(samples.flatMap(i => [i, -i]));
    expect([...t.toArray()]).toEqual(samples.map(i => i % 256));
    batches.push(samples);
  }
  return batches;
}
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const ascending = (a: number, b: number): number => a - b;
