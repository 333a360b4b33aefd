/** Batches of a dataset, in order, shuffled, or as a sampler says. */
import { DisposedError, ValueError } from '../core/errors';
import { aBoolean, aFunction, checkCount, either, options as optionsOf, wholeNumber } from '../core/kinds';
import { scope, scoped } from '../core/scope';
import { checkArguments } from '../core/signature';
import { aGenerator, aSeed, Generator } from '../ops/generator';
import { permutation } from '../ops/random';
import { batchOf, collated } from './batch';
import { anIterable, type IterableDataset } from './combined';
import { aDataset, checkIndices, isDataset, type Dataset, type Item } from './dataset';
import { origins, type Origin } from './origins';
import { aBatchSampler, aSampler, inBatches, type Sampler } from './samplers';

export interface LoaderOptions<S, T = S> {
  /** Samples in a batch; the last batch of an epoch may have fewer. Default 1. */
  readonly batchSize?: number;
  /** Draw a new order for each epoch. Default false: the dataset's order. */
  readonly shuffle?: boolean;
  /** Seeds a generator of the loader's own: the same seed gives the same sequence of orders. */
  readonly seed?: number;
  /** Where orders come from, in place of a seed. Default: the default generator. */
  readonly generator?: Generator;
  /** Leave out a last batch of fewer than `batchSize` samples. Default false. */
  readonly dropLast?: boolean;
  /** The indices of an epoch, instead of `shuffle`: a WeightedRandomSampler, say. */
  readonly sampler?: Sampler;
  /** The indices of each batch, instead of `sampler`, `shuffle`, `batchSize` and `dropLast`. */
  readonly batchSampler?: Iterable<ArrayLike<number>> & { readonly length?: number };
  /**
   * Makes a batch of samples, which are tensors of different shapes, say, or no tensors at all. Default: stacks them. With
   * workers it is the one that `defineDataset` was given.
   */
  readonly collate?: (samples: readonly S[]) => T;
  /** What becomes of each batch: normalisation, augmentation. What it makes and does not return is freed. */
  readonly transform?: (batch: T) => T;
  /**
   * How many other threads make batches, of a dataset that `defineDataset` made or a Subset of one; `for await` takes them,
   * in the same order and with the same bits. They stay for the loader's next epoch. Default 0: none.
   */
  readonly workers?: number;
  /** How many batches each worker is ahead of the loop. Default 2. */
  readonly prefetch?: number;
}
/** Threads cost memory: more of them than any machine has cores were meant otherwise. */
const MOST_WORKERS = 1024;

/**
 * Iterating it is an epoch: tuples of tensors with the samples in the first dimension, or what `collate` makes. Each batch
 * lives until the next one, or the loop's end; what is to outlive it is for `keep`.
 *
 *     for (const [x, t] of new DataLoader(new TensorDataset(images, labels), { batchSize: 64, shuffle: true })) …
 */
export class DataLoader<S extends Item, T extends Item = S> implements Iterable<T>, AsyncIterable<T> {
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly dataset: Dataset<S> | IterableDataset<S>;
  #disposed = false;
  /** Where its orders come from, if not from the default generator. */
  readonly generator: Generator | undefined;
  readonly #options: LoaderOptions<S, T>;
  readonly #origin: Origin | undefined;

  /**
   * Throws ValueError for a batch size below 1, a seed beside a generator, options that say twice which samples come,
   * orders of an iterable, which has its own, and workers that cannot make the dataset, or have no such `collate`.
   */
  constructor(dataset: Dataset<S> | IterableDataset<S>, options: LoaderOptions<S, T> = {}) {
    checkArguments(
      'DataLoader',
      [
        ['dataset', either(aDataset<S>(), anIterable<S>())],
        [
          'options',
          optionsOf<LoaderOptions<S, T>>({
            batchSize: wholeNumber(1),
            shuffle: aBoolean,
            seed: aSeed,
            generator: aGenerator,
            dropLast: aBoolean,
            sampler: aSampler,
            batchSampler: aBatchSampler,
            collate: aFunction(),
            transform: aFunction(),
            workers: wholeNumber(0, MOST_WORKERS),
            prefetch: wholeNumber(1),
          }),
        ],
      ],
      [dataset, options],
    );
    checkCount('DataLoader', 2, arguments);
    const { batchSize = 1, shuffle = false, seed, generator, dropLast = false, sampler, batchSampler } = options;
    const refuse = (what: string): never => {
      throw new ValueError('DataLoader', what);
    };
    if (seed !== undefined && generator) refuse('takes a seed or a generator, not both');
    if (sampler && shuffle) refuse('takes a sampler or shuffle, not both');
    if (batchSampler && (sampler || shuffle || dropLast || options.batchSize !== undefined)) {
      refuse('takes a batchSampler, or sampler, shuffle, batchSize and dropLast, not both');
    }
    if (!isDataset(dataset) && (sampler || batchSampler || shuffle)) {
      refuse('takes no order of an iterable, which has its own');
    }
    this.#origin = origins.get(dataset);
    if (options.workers) {
      if (!this.#origin) refuse('takes workers for a dataset of defineDataset: functions do not go to other threads');
      this.#origin?.workshop.check(options.collate);
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.generator = seed === undefined ? generator : new Generator(seed);
    this.#options = options;
  }

  /** Number of batches in an epoch. Throws ValueError where a sampler or an iterable does not say how many samples there are. */
  get length(): number {
    const { sampler, batchSampler } = this.#options;
    const { dataset } = this;
    const n = batchSampler
      ? batchSampler.length
      : sampler
        ? sampler.length
        : isDataset(dataset)
          ? dataset.length
          : undefined;
    if (n === undefined) throw new ValueError('DataLoader', 'nothing says how many samples there are');
    if (batchSampler) return n;
    return this.dropLast ? Math.floor(n / this.batchSize) : Math.ceil(n / this.batchSize);
  }

  /** Ends the epochs that are under way: they have no next batch. The dataset stays. Iterating is a DisposedError then. */
  dispose(): void {
    this.#disposed = true;
    this.#origin?.workshop.end(this);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Throws ValueError where workers make the batches. */
  [Symbol.iterator](): IterableIterator<T> {
    if (this.#options.workers)
      throw new ValueError('DataLoader', 'batches of workers come later: take them by for await');
    this.#checkOpen();
    const { dataset, batchSize, dropLast } = this;
    const { collate } = this.#options;
    if (!isDataset(dataset)) {
      const parts = inBatches(dataset, batchSize, dropLast);
      return scoped(
        this.#made(parts, samples => collated<S, T>(samples, collate)),
        'the DataLoader',
      );
    }
    const parts = this.#indices(dataset.length);
    const seeded = this.#origin?.workshop.seeded(this.generator);
    let first = 0;
    const make = (indices: Int32Array): T => {
      const run = seeded?.(first);
      first += indices.length;
      return batchOf(dataset, indices, collate, run);
    };
    return scoped(this.#made(parts, make), 'the DataLoader');
  }

  /** The same batches for loops that await; workers make them, if there are any. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const { dataset } = this;
    const { workers, prefetch = 2, collate, transform } = this.#options;
    if (!workers || !this.#origin || !isDataset(dataset)) return later(this[Symbol.iterator]());
    this.#checkOpen();
    const batches = this.#indices(dataset.length);
    const { workshop, at } = this.#origin;
    const of = { loader: this, workers, prefetch, batches, generator: this.generator, collate, transform };
    return workshop.epoch(of, at);
  }

  #checkOpen(): void {
    if (this.#disposed) throw new DisposedError('DataLoader', 'the loader is used after dispose()');
  }

  /** The indices of the batches of an epoch. An order is drawn here, not when the first batch is asked for. */
  #indices(n: number): Iterable<Int32Array> {
    const { batchSize, dropLast } = this;
    const { sampler, batchSampler } = this.#options;
    if (batchSampler) return checkedBatches(batchSampler, n);
    if (sampler) return checkedBatches(inBatches(sampler, batchSize, dropLast), n);
    const order = this.shuffle ? permutation(n, this.generator) : Int32Array.from({ length: n }, (_, i) => i);
    const count = this.length;
    return (function* () {
      for (let i = 0; i < count; i++) yield order.subarray(i * batchSize, (i + 1) * batchSize);
    })();
  }

  *#made<P>(parts: Iterable<P>, make: (part: P) => T): IterableIterator<T> {
    const { transform } = this.#options;
    for (const part of parts) {
      if (this.#disposed) return;
      yield scope(() => (transform ? transform(make(part)) : make(part)), 'a batch of the DataLoader');
    }
  }
}

/** What is there already, for loops that await. */
function later<T>(source: IterableIterator<T>): AsyncIterableIterator<T> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => source.next(),
    return: async () => source.return!(),
  };
}

function* checkedBatches(batches: Iterable<ArrayLike<number>>, n: number): IterableIterator<Int32Array> {
  for (const batch of batches) {
    checkIndices('DataLoader', batch, n);
    yield Int32Array.from(batch);
  }
}
