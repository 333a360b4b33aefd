/** A program that defines the dataset of its own loader: workers run it again. */
import { DataLoader, defineDataset, tensor } from 'phyllo';

const data = defineDataset(import.meta.url, () => ({ length: 4, get: (i: number) => [tensor([i])] as const }));
try {
  for await (const _ of new DataLoader(data(), { workers: 2 }));
} catch (e) {
  if (!(e instanceof Error) || e.name !== 'WorkerError') throw e;
  console.log(JSON.stringify(e.message));
}
