/**
 * Prints what loaders give with so many workers, as hashes: by the way the loader is used, in JSON.
 *
 *   bits.ts WORKERS… [only WAY]
 */
import { createHash, type Hash } from 'node:crypto';
import {
  BatchSampler,
  DataLoader,
  encodeSafetensors,
  Generator,
  manualSeed,
  rand,
  RandomSampler,
  randomSplit,
  Subset,
  Tensor,
  WeightedRandomSampler,
} from 'phyllo';
import { collect, nested } from './nested';
import { late } from './late';
import { noisy, type Sample } from './noisy';

type Batches = AsyncIterable<unknown> & { readonly length: number; dispose(): void };

const weights = Array.from({ length: 23 }, (_, i) => 1 + (i % 3));
/** Of each way, a loader with so many workers. */
const WAYS: Readonly<Record<string, (workers: number) => Batches | Promise<Batches>>> = {
  'in order': workers => new DataLoader(noisy(23), { batchSize: 4, workers }),
  'shuffled by the default generator': workers => new DataLoader(noisy(23), { batchSize: 4, shuffle: true, workers }),
  'shuffled by a seed, without the last, one ahead': workers =>
    new DataLoader(noisy(23), { batchSize: 5, shuffle: true, seed: 3, dropLast: true, workers, prefetch: 1 }),
  'shuffled by a generator, five ahead': workers =>
    new DataLoader(noisy(23), { batchSize: 5, shuffle: true, generator: new Generator(4), workers, prefetch: 5 }),
  'batches at once': workers => new DataLoader(noisy(23, { whole: true }), { batchSize: 4, shuffle: true, workers }),
  'a part': workers => new DataLoader(randomSplit(noisy(40), [0.5, 0.5], { seed: 2 })[1], { batchSize: 6, workers }),
  'a part of a part, at once': workers => {
    const part = new Subset(new Subset(noisy(40, { whole: true }), [9, 8, 7, 6, 5, 5]), [0, 2, 4, 5]);
    return new DataLoader(part, { batchSize: 3, shuffle: true, workers });
  },
  weighted: workers => {
    const sampler = new WeightedRandomSampler(weights, 30, { generator: new Generator(8) });
    return new DataLoader(noisy(23), { batchSize: 4, sampler, workers });
  },
  'batches of a sampler': workers => {
    const data = noisy(23);
    return new DataLoader(data, { batchSampler: new BatchSampler(new RandomSampler(data), 7), workers });
  },
  collated: async workers =>
    new DataLoader(await nested(5), { batchSize: 2, shuffle: true, collate: collect, workers }),
  'samples that come later': workers => new DataLoader(late(17), { batchSize: 4, shuffle: true, workers }),
  'transformed by what is random': workers =>
    new DataLoader<Sample>(noisy(23), {
      batchSize: 4,
      shuffle: true,
      transform: ([x, t]) => [x.add(rand([1])), t],
      workers,
    }),
  'no samples': workers => new DataLoader(noisy(0), { batchSize: 4, shuffle: true, workers }),
  'less than a batch': workers => new DataLoader(noisy(3), { batchSize: 4, dropLast: true, workers }),
};

/** All of a value, to the last bit. */
function put(hash: Hash, v: unknown): void {
  if (v instanceof Tensor) {
    hash.update(encodeSafetensors({ t: v.size === 0 ? v : v.contiguous() }));
  } else if (v instanceof Map) put(hash, [...v]);
  else if (ArrayBuffer.isView(v))
    put(hash, [v.constructor.name, ...new Uint8Array(v.buffer, v.byteOffset, v.byteLength)]);
  else if (typeof v === 'object' && v !== null) {
    for (const [key, value] of Object.entries(v)) put(hash.update(`${key}: `), value);
  } else hash.update(`${typeof v} ${Object.is(v, -0) ? '-0' : String(v)}\n`);
}

/** Three epochs of a loader, whose loop draws as well. */
async function hashOf(way: string, workers: number): Promise<string> {
  manualSeed(11);
  const loader = await WAYS[way]!(workers);
  const hash = createHash('sha256');
  let count = 0;
  for (let epoch = 0; epoch < 3; epoch++) {
    for await (const batch of loader) {
      put(hash, batch);
      hash.update(`${rand([1]).item()}\n`);
      count++;
    }
  }
  if (count !== 3 * loader.length) throw new Error(`${way}: ${count} batches of ${loader.length} an epoch`);
  loader.dispose();
  return hash.digest('hex').slice(0, 16);
}

const args = process.argv.slice(2);
const last = args.includes('only') ? args.indexOf('only') : args.length;
const only = args[last + 1];
const hashes: Record<string, string[]> = {};
for (const way of only === undefined ? Object.keys(WAYS) : [only]) {
  hashes[way] = [];
  for (const workers of args.slice(0, last)) hashes[way].push(await hashOf(way, Number(workers)));
}
console.log(JSON.stringify(hashes));
