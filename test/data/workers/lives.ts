/** Prints how far ahead workers are, how long they and their batches live, in JSON. */
import { createRequire } from 'node:module';
import type { Worker } from 'node:worker_threads';
import { DataLoader, memory, rand, scope, tensor, type Tensor } from 'phyllo';
import { sweep } from '../../../ts/core/collector';
import { doctored } from './doctored';
import { noisy, type Sample } from './noisy';

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
/** Of memory in use, without what is garbage. */
const blocks = (): number => {
  sweep();
  return memory().blocks;
};

// Whether the threads that were started are alive.
const threads: { Worker: typeof Worker } = createRequire(import.meta.url)('node:worker_threads');
const alive: Set<Worker> = new Set();
threads.Worker = class extends threads.Worker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args);
    alive.add(this);
    this.once('exit', () => alive.delete(this));
  }
};
/** How many are, once it is n, or some seconds have gone. */
async function living(n: number): Promise<number> {
  for (let i = 0; i < 100 && alive.size !== n; i++) {
    globalThis.gc?.();
    await pause(50);
  }
  return alive.size;
}

const counter = (): { made: SharedArrayBuffer; count: () => number; until: (n: number) => number } => {
  const made = new SharedArrayBuffer(4);
  const count = (): number => Atomics.load(new Int32Array(made), 0);
  /** Blocks this thread until there are n, and a moment more: nothing that this thread does brings more. */
  const until = (n: number): number => {
    const end = performance.now() + 10_000;
    while (count() < n && performance.now() < end);
    const moment = performance.now() + 150;
    while (performance.now() < moment);
    return count();
  };
  return { made, count, until };
};

const found: Record<string, unknown> = {};
scope(
  () =>
    void tensor(0)
      .add(1)
      .mul(2)
      .add(rand([1])),
); // what is made once and for all: constants, the generator
const base = blocks();

for (const [workers, prefetch] of [
  [1, undefined],
  [1, 3],
  [2, undefined],
] as const) {
  const { made, until } = counter();
  const loader = new DataLoader(noisy(40, { made }), { batchSize: 4, workers, prefetch });
  for await (const _ of loader); // both threads are there
  Atomics.store(new Int32Array(made), 0, 0);
  const seen: number[] = [];
  let i = 0;
  for await (const _ of loader) seen.push(until(Math.min(40, 4 * (1 + i++ + workers * (prefetch ?? 2)))));
  found[`ahead: ${workers}, ${prefetch ?? 'default'}`] = seen;
  loader.dispose();
}

async function left(end: (loader: DataLoader<Sample>) => Promise<void>): Promise<unknown> {
  const { made, count } = counter();
  // Of a hundred batches, which take a second, all are asked for at once.
  const loader = new DataLoader(noisy(400, { made, ms: 5 }), { batchSize: 4, workers: 2, prefetch: 50 });
  await end(loader);
  for (let last = -1; last !== count(); await pause(300)) last = count();
  const threads = alive.size;
  loader.dispose();
  return { few: count() < 300, blocks: blocks() - base, threads };
}
found.break = await left(async loader => {
  for await (const [x] of loader) {
    x.add(1);
    break;
  }
});
found.throw = await left(async loader => {
  try {
    for await (const [x] of loader) {
      x.add(1);
      throw new RangeError('enough');
    }
  } catch {}
});
found.return = await left(loader => (async () => { for await (const _ of loader) return; })()); // biome-ignore format: short
found.dispose = await left(async loader => {
  let n = 0;
  try {
    for await (const [x] of loader) {
      x.add(1);
      if (n++ === 1) loader.dispose();
    }
  } catch (e) {
    found['dispose within'] = [n, String(e)];
  }
});
found['all ended'] = await living(0);

// Within an epoch, from epoch to epoch, and of what a transform makes.
{
  const loader = new DataLoader(noisy(20), {
    batchSize: 3,
    workers: 2,
    transform: ([x, t]) => [x.mul(2).add(1), t],
  });
  const levels = new Set<number>();
  for (let epoch = 0; epoch < 3; epoch++) {
    for await (const [x, t] of loader) {
      x.mul(x).add(t.unsqueeze(1)).sum();
      await pause(1);
      x.mul(x).add(t.unsqueeze(1)).sum();
      levels.add(blocks() - base);
    }
    levels.add(1000 + blocks() - base);
  }
  found.levels = [...levels].sort((a, b) => a - b);
  loader.dispose();
}

// No more threads than batches, and nothing that warns of listeners.
{
  const warned: string[] = [];
  process.on('warning', ({ message }) => warned.push(message));
  const few = new DataLoader(noisy(12), { batchSize: 4, workers: 40 });
  for await (const _ of few);
  found['of 40, for three batches'] = alive.size;
  few.dispose();
  await living(0);
  const many = new DataLoader(noisy(48), { batchSize: 4, workers: 12 });
  for await (const _ of many);
  found['of 12, for twelve'] = alive.size;
  many.dispose();
  await living(0);
  found.warned = warned;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const samplesOf = async (loader: AsyncIterable<Sample>): Promise<number[]> => {
  const all: number[] = [];
  for await (const [x, t] of loader) {
    await pause(1);
    x.add(t.unsqueeze(1));
    all.push(...t.toArray());
  }
  return all;
};
{
  const one = new DataLoader(noisy(10, { ms: 2 }), { batchSize: 3, workers: 2 });
  const other = new DataLoader(noisy(7), { batchSize: 2, workers: 1 });
  const all = await Promise.all([one, other, one, other].map(samplesOf));
  found['several at once'] = all.map(seen => String(seen) === String(upTo(seen.length)) && seen.length);
  let pairs = 0;
  for await (const [x] of one) for await (const [y] of other) pairs += x.unsqueeze(1).sub(y).size / 4;
  found['one inside another'] = pairs;
  found['two epochs of one, in turn'] = await (async () => {
    const [a, b] = [one[Symbol.asyncIterator](), one[Symbol.asyncIterator]()];
    const seen: number[] = [];
    const take = (r: IteratorResult<Sample>): void => void seen.push(r.done ? -1 : r.value[1].toArray()[0]!);
    for (let i = 0; i < 5; i++) for (const it of [a, b]) take(await it.next());
    return seen;
  })();
  found['asked for without waiting'] = await (async () => {
    const it = other[Symbol.asyncIterator]();
    const results = await Promise.all(upTo(6).map(() => it.next().then(r => (r.done ? -1 : r.value[1].shape[0]))));
    return results;
  })();
  found.blocks = blocks() - base;
  one.dispose();
  other.dispose();
  found['after dispose'] = await samplesOf(other).catch(String);
}

// A loader that nobody has any more.
await (async () => {
  let n = 0;
  for await (const _ of new DataLoader(noisy(400), { batchSize: 4, workers: 2 })) {
    globalThis.gc?.(); // the loop has the loader
    if (++n % 10 === 0) await pause(1);
  }
  found['a loop over a loader of its own'] = [n, alive.size];
})();
found['when it is garbage'] = await living(0);

// What is kept outlives its batch; the rest is an error.
{
  let gone: Tensor = tensor(0);
  for await (const [x] of new DataLoader(noisy(8), { batchSize: 4, workers: 1 })) gone = x;
  try {
    gone.add(1);
  } catch (e) {
    found.gone = String(e);
  }
}
found['threads of each'] = [];
for await (const [n] of new DataLoader(doctored(), { workers: 1, batchSize: 2 }))
  found['threads of each'] = [...n!.toArray()];
found.end = blocks() - base;
console.log(JSON.stringify(found));
