/** Prints how loaders with workers fail: by the way, in JSON. */
import { DataLoader, Subset, WorkerError, type Dataset, type Tensor } from 'phyllo';
import { astray } from './astray';
import { double } from './double';
import { collateToFunction, failing } from './failing';
import { noisy } from './noisy';
import { unloadable } from './unloadable';

export interface Failure {
  /** Batches that came before. */
  readonly before: number;
  /** The error is of a module. */
  readonly named: boolean;
  readonly what: string;
  readonly sample: number | null;
  /** Of each cause its class and what it is as text. */
  readonly causes: readonly (readonly [string, string])[];
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
      traced,
    };
  }
  return 'it did not fail';
}

const load = (data: Dataset<readonly Tensor[]>): DataLoader<readonly Tensor[]> =>
  new DataLoader(data, { batchSize: 4, workers: 2 });

const found: Record<string, unknown> = {};
const ways = ['throws', 'throws text', 'throws an error of its own', 'computes', 'is of another shape', 'is no tuple'];
for (const way of [...ways, 'is not there yet', 'exits', 'runs out of memory', 'make', 'length']) {
  found[way] = await failure(load(failing(way)));
}
const part = new Subset(failing('throws'), [0, 1, 2, 3, 9, 4]);
found['in a part'] = await failure(load(part));
found.collate = await failure(new DataLoader(failing(''), { batchSize: 4, workers: 2, collate: collateToFunction }));
found.unloadable = await failure(load(unloadable()));
found.double = await failure(load(double(4)));
found.astray = await failure(load(astray()));
found.arguments = await failure(load(noisy(8, { made: JSON.parse('{}'), ...{ odd: () => 1 } })));

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
