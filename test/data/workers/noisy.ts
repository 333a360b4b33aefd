/** Datasets of noise: what a sample is depends on what is drawn while it is made, and when nothing else is. */
import { defineDataset, permutation, rand, randn, tensor, type Dataset, type Tensor } from 'phyllo';

export type Sample = readonly [x: Tensor, t: Tensor];

interface Options {
  /** Make batches at once. */
  readonly whole?: boolean;
  /** Counts the samples that were made, in all threads. */
  readonly made?: SharedArrayBuffer;
  /** Work for so many milliseconds on each sample. */
  readonly ms?: number;
}

/** x: i and three random numbers, in a random order; t: i. */
function sampleOf(i: number): Sample {
  const order = tensor(permutation(4));
  return [tensor([i, ...rand([3]).toArray()]).indexSelect(0, order), tensor(i, { dtype: 'i32' })];
}

type Make = (length: number, options?: Options) => Dataset<Sample>;
export const noisy: Make = defineDataset(import.meta.url, (length, { whole = false, made, ms = 0 } = {}) => {
  const get = (i: number): Sample => {
    const end = performance.now() + ms;
    const sample = sampleOf(i);
    while (performance.now() < end);
    if (made) Atomics.add(new Int32Array(made), 0, 1);
    return sample;
  };
  const getBatch = (indices: Int32Array): Sample => [randn([indices.length, 2]), tensor(indices)];
  return whole ? { length, get, getBatch } : { length, get };
});
