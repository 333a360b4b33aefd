/** A module that gives another's URL. */
import { defineDataset, tensor, type Dataset, type Tensor } from 'phyllo';

const { href } = new URL('./noisy.mjs', import.meta.url);
export const astray: () => Dataset<readonly Tensor[]> = defineDataset(href, () => ({
  length: 4,
  get: i => [tensor([i])],
}));
