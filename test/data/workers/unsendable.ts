/** A dataset whose batches cannot go to another thread. */
import { defineDataset, tensor, type Dataset, type Tensor } from 'phyllo';

export const unsendable: () => Dataset<readonly Tensor[]> = defineDataset(
  import.meta.url,
  () => ({ length: 8, get: i => [tensor([i])] }),
  { collate: () => () => 1 },
);
