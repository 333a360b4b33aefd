/** Samples that come later, each after another while: its number, and noise that was drawn before. */
import { defineDataset, rand, stack, tensor, type Dataset, type Tensor } from 'phyllo';

export const late: (length: number) => Dataset<Promise<readonly Tensor[]>> = defineDataset(
  import.meta.url,
  length => ({
    length,
    async get(i) {
      const noise = rand([3]);
      await new Promise(resolve => setTimeout(resolve, (i * 7) % 5));
      return [noise.add(1), tensor(i)];
    },
  }),
  { collate: samples => [stack(samples.map(([x]) => x!)), stack(samples.map(([, t]) => t!)), rand([2])] },
);
