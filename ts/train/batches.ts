/** Where batches come from: whatever there is becomes one thing that an epoch takes them of. */
import { DataLoader, Generator, scoped, Tensor, TensorDataset, ValueError, type Dataset } from 'phyllo';
import { display, kind, type Kind } from 'phyllo/kinds';

/** A batch for the built-in step: what the model takes, then what the loss takes beside its output. */
export type Batch = readonly [input: Tensor, ...targets: Tensor[]];

/**
 * Batches: of a loader; of a dataset, or tensors whose first dimension counts samples, which `batchSize` and `shuffle` make
 * batches of; or an iterable, async iterable or stream of batches, or a function that makes one for each epoch.
 */
export type Batches<B> =
  | readonly Tensor[]
  | Dataset<B>
  | Iterable<B>
  | AsyncIterable<B>
  | ReadableStream<B>
  | ((epoch: number) => Iterable<B> | AsyncIterable<B> | ReadableStream<B>);

export interface BatchOptions {
  readonly batchSize?: number;
  readonly shuffle?: boolean;
  readonly seed?: number;
}

/** Batches of epochs. */
export interface Source<B> {
  /** How many an epoch has, where that is known. */
  readonly length: number | undefined;
  /** What it draws orders and augmentation from. */
  readonly generator: Generator | undefined;
  /** The batches of an epoch, counted from 1. */
  epoch(epoch: number): Iterable<B> | AsyncIterable<B>;
}

const isObject = (v: unknown): v is object => (typeof v === 'object' && v !== null) || typeof v === 'function';
const isTensors = (v: unknown): v is readonly Tensor[] =>
  Array.isArray(v) && v.length > 0 && v.every(e => e instanceof Tensor);
const isDataset = (v: object): boolean =>
  !Array.isArray(v) && 'length' in v && 'get' in v && typeof v.get === 'function';
const isStream = <B>(v: object): v is ReadableStream<B> => 'getReader' in v;
const isIterable = (v: object): boolean => Symbol.iterator in v || Symbol.asyncIterator in v || isStream(v);

/** What {@link Batches} may be. */
export const someBatches: Kind<Batches<never>> = kind(
  'a DataLoader, a dataset, tensors, or an iterable, async iterable or stream of batches, or a function that makes one',
  v => isObject(v) && (v instanceof DataLoader || typeof v === 'function' || isDataset(v) || isIterable(v)),
);

/** Reads a stream, also where streams are no async iterables (Safari). */
async function* chunks<B>(stream: ReadableStream<B>): AsyncIterableIterator<B> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
/** What is made from one batch to the next is freed then. */
function owned<B>(batches: Iterable<B> | AsyncIterable<B> | ReadableStream<B>): Iterable<B> | AsyncIterable<B> {
  if (Symbol.asyncIterator in batches) return batches;
  if (isStream<B>(batches)) return chunks(batches);
  return scoped(batches, 'the batches');
}

function ofLoader<B extends object>(loader: DataLoader<B>): Source<B> {
  let length: number | undefined;
  try {
    length = loader.length;
  } catch {
    length = undefined; // a sampler or an iterable that does not say
  }
  return { length, generator: loader.generator, epoch: () => loader };
}

/** @throws {ValueError} for options of batches where these are made already. */
export function sourceOf<B>(where: string, name: string, batches: Batches<B>, options: BatchOptions): Source<B>;
export function sourceOf(
  where: string,
  name: string,
  batches: Batches<object>,
  { batchSize, shuffle = false, seed }: BatchOptions,
): Source<object> {
  const dataset: unknown = isTensors(batches) ? new TensorDataset(...batches) : batches;
  if (isObject(dataset) && !(dataset instanceof DataLoader) && isDatasetOf(dataset)) {
    if (dataset.length === 0) throw new ValueError(where, `${name} has no samples`);
    const all = Math.min(batchSize ?? 32, dataset.length);
    const generator = seed === undefined ? undefined : new Generator(seed);
    return ofLoader(new DataLoader(dataset, { batchSize: all, shuffle, ...(generator && { generator }) }));
  }
  if (batchSize !== undefined && name === 'train') {
    throw new ValueError(where, `batchSize is for a dataset: ${name}, ${display(batches)}, has its batches already`);
  }
  if (batches instanceof DataLoader) return ofLoader(batches);
  const of = typeof batches === 'function' ? batches : (): typeof batches => batches;
  return {
    length: Array.isArray(batches) ? batches.length : undefined,
    generator: undefined,
    epoch(epoch) {
      const made = of(epoch);
      if (isSequence(made)) return owned(made);
      throw new ValueError(where, `${name}(${epoch}) takes to return an iterable of batches, this is ${display(made)}`);
    },
  };
}
const isDatasetOf = (v: object): v is Dataset<object> => isDataset(v);
const isSequence = (v: unknown): v is Iterable<object> | AsyncIterable<object> | ReadableStream<object> =>
  isObject(v) && !isDataset(v) && isIterable(v);

/** How many samples a batch has: the first dimension of its first tensor; 1 where there is none. */
export function samplesOf(batch: unknown): number {
  const first: unknown = batch instanceof Tensor ? batch : isObject(batch) ? Object.values(batch)[0] : undefined;
  return first instanceof Tensor ? (first.shape[0] ?? 1) : 1;
}
