/** Prints how loaders with workers fail: by the way, in JSON. */
import { DataLoader, Subset, WorkerError, type Dataset, type Tensor } from 'phyllo';
import { astray, nowhere, web } from './astray';
import { failing } from './failing';
import { noisy } from './noisy';
import { unloadable } from './unloadable';
import { unsendable } from './unsendable';

export interface Failure {
  /** Batches that came before. */
  readonly before: number;
  /** The error is of a module. */
  readonly named: boolean;
  readonly what: string;
  readonly sample: number | null;
  /** Of each cause its class and what it is as text. */
  readonly causes: readonly (readonly [string, string])[];
  /** What the cause has besides. */
  readonly fields: object;
  readonly stack: string;
  /** The stack names the code of the sample. */
  readonly traced: boolean;
}

function causesOf(e: unknown): [string, string][] {
  if (!(e instanceof Error)) return e === undefined ? [] : [[typeof e, String(e)]];
  return [[e.constructor.name, String(e)], ...causesOf(e.cause)];
}

async function failure(loader: AsyncIterable<unknown>): Promise<Failure | string> {
  let before = 0;
  try {
    for await (const _ of loader) before++;
  } catch (e) {
    if (!(e instanceof WorkerError)) return String(e);
    const traced = e.cause instanceof Error && /at (Object\.)?(get|throws)/.test(String(e.cause.stack));
    return {
      before,
      named: /^file:.*\.mjs$/.test(e.where),
      what: e.what,
      sample: e.sample,
      causes: causesOf(e.cause),
      fields: { ...(e.cause instanceof Error ? e.cause : null) },
      stack: e.cause instanceof Error ? String(e.cause.stack) : '',
      traced,
    };
  }
  return 'it did not fail';
}

type Sample = readonly Tensor[];
const load = (data: Dataset<Sample | Promise<Sample>>): DataLoader<Sample> =>
  new DataLoader(data, { batchSize: 4, workers: 2 });

const found: Record<string, unknown> = {};
const ways = ['throws', 'throws text', 'throws an error of its own', 'computes', 'is of another shape', 'is no tuple'];
const more = ['comes to nothing', 'draws after it has waited', 'throws with a code'];
for (const way of [...ways, ...more, 'exits', 'runs out of memory', 'make', 'length']) {
  found[way] = await failure(load(failing(way)));
}
const part = new Subset(failing('throws'), [0, 1, 2, 3, 9, 4]);
found['in a part'] = await failure(load(part));
found.collate = await failure(load(unsendable()));
found.unloadable = await failure(load(unloadable()));
found.astray = await failure(load(astray()));
found['no web'] = String(
  await new DataLoader(web(), { workers: 2 })
    [Symbol.asyncIterator]()
    .next()
    .catch(e => e),
);
found.nowhere = await failure(load(nowhere()));

// After an error, another epoch: the workers are there still, or others are.
for (const way of ['throws', 'exits']) {
  const loader = load(failing(way));
  const [first, second] = [await failure(loader), await failure(loader)];
  found[`${way}, twice`] = JSON.stringify(first) === JSON.stringify(second);
}
function* badSampler(): IterableIterator<number> {
  yield* [0, 1, 2, 3, 4, 5, 6];
  yield 99;
}
const sampler = { [Symbol.iterator]: badSampler };
let before = 0;
try {
  for await (const _ of new DataLoader(noisy(8), { batchSize: 2, workers: 2, sampler })) before++;
} catch (e) {
  found.sampler = [before, String(e)];
}
console.log(JSON.stringify(found));
