/** A module that gives another's URL. */
import { defineDataset, tensor, type Dataset, type Tensor } from 'phyllo';

/** One that is not there. */
export const nowhere: () => Dataset<readonly Tensor[]> = defineDataset(
  new URL('./nowhere.mjs', import.meta.url),
  () => ({ length: 4, get: i => [tensor([i])] }),
);

/** For browsers alone. */
export const web: () => Dataset<readonly Tensor[]> = defineDataset(
  () => new Worker(new URL('./noisy.mjs', import.meta.url), { type: 'module' }),
  () => ({ length: 4, get: i => [tensor([i])] }),
);

const { href } = new URL('./noisy.mjs', import.meta.url);
export const astray: () => Dataset<readonly Tensor[]> = defineDataset(href, () => ({
  length: 4,
  get: i => [tensor([i])],
}));
