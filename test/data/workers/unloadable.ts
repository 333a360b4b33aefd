/** A module that fails in a worker. */
import { isMainThread } from 'node:worker_threads';
import { defineDataset, tensor, type Dataset, type Tensor } from 'phyllo';

if (!isMainThread) throw new TypeError('this module is for the main thread');

export const unloadable: () => Dataset<readonly Tensor[]> = defineDataset(import.meta.url, () => ({
  length: 4,
  get: i => [tensor([i])],
}));
