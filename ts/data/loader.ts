/** Batches of a dataset, in order, shuffled, or as a sampler says. */
import { display } from '../core/display';
import { ValueError } from '../core/errors';
import { aBoolean, aFunction, checkCount, either, options as optionsOf, wholeNumber } from '../core/kinds';
import { scopedLater } from '../core/later';
import { scope, scoped } from '../core/scope';
import { checkArguments } from '../core/signature';
import { aGenerator, aSeed, Generator } from '../ops/generator';
import { permutation } from '../ops/random';
import { batchOf, draftOf, partsOf, partsOfSamples, SampleFault, type Draft, type Parts } from './batch';
import { anIterable, type IterableDataset } from './combined';
import { aDataset, checkIndices, isDataset, TensorDataset, type Dataset, type Item } from './dataset';
import { origins, usedAfterDispose, type Origin } from './origins';
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
   * Makes a batch of samples, which are tensors of different shapes, say, or no tensors at all. Default: the one that
   * `defineDataset` was given, and with workers no other; else they are stacked.
   */
  readonly collate?: (samples: S[]) => T;
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
  readonly dataset: Dataset<S | Promise<S>> | IterableDataset<S | Promise<S>>;
  #disposed = false;
  /** Where its orders come from, if not from the default generator. */
  readonly generator: Generator | undefined;
  readonly #options: LoaderOptions<S, T>;
  readonly #origin: Origin | undefined;

  /**
   * Throws ValueError for a batch size below 1, a seed beside a generator, options that say twice which samples come,
   * orders of an iterable, which has its own, and workers that cannot make the dataset, or have no such `collate`.
   */
  constructor(dataset: Dataset<S | Promise<S>> | IterableDataset<S | Promise<S>>, options: LoaderOptions<S, T> = {}) {
    checkArguments(
      'DataLoader',
      [
        ['dataset', either(aDataset<S | Promise<S>>(), anIterable<S | Promise<S>>())],
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
      if (!this.#origin) {
        const why = 'other threads make it again, of its module, and cannot have this:';
        const instead = dataset instanceof TensorDataset ? ', which is in memory and needs none' : '';
        refuse(`takes workers for a dataset of defineDataset, or a part of one: ${why} ${display(dataset)}${instead}`);
      }
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

  /**
   * Ends the workers, and the epochs that are under way: the next batch is a DisposedError, and so is another epoch. The
   * dataset stays.
   */
  dispose(): void {
    this.#disposed = true;
    this.#origin?.workshop.end(this);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Throws ValueError where workers make the batches, and for samples that are promises. */
  [Symbol.iterator](): IterableIterator<T> {
    if (this.#options.workers)
      throw new ValueError('DataLoader', 'batches of workers come later: take them by for await');
    return scoped(this.#made(this.#parts()), 'the DataLoader');
  }

  /** The same batches for loops that await, also of samples that are promises; workers make them, if there are any. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const { dataset } = this;
    const { workers, prefetch = 2, transform } = this.#options;
    if (!workers || !this.#origin || !isDataset(dataset)) {
      return scopedLater(this.#madeLater(this.#parts()), 'the DataLoader');
    }
    this.#checkOpen();
    const batches = this.#indices(dataset.length);
    const { workshop, at } = this.#origin;
    return workshop.epoch({ loader: this, workers, prefetch, batches, generator: this.generator, transform }, at);
  }

  #checkOpen(): void {
    if (this.#disposed) throw usedAfterDispose();
  }

  /** What asks for the samples of each batch of an epoch that begins here. */
  #parts(): Iterable<() => Parts<T>> {
    this.#checkOpen();
    const { dataset, batchSize, dropLast } = this;
    const collate = this.#options.collate ?? this.#origin?.workshop.collate<S, T>();
    if (!isDataset(dataset)) {
      return mapped(inBatches(dataset, batchSize, dropLast), samples => () => partsOfSamples(samples, collate));
    }
    const batches = this.#indices(dataset.length);
    const seeded = this.#origin?.workshop.seeded(this.generator);
    let first = 0;
    return mapped(batches, indices => {
      const run = seeded?.(first);
      first += indices.length;
      return () => partsOf(dataset, indices, collate, run);
    });
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

  *#made(asks: Iterable<() => Parts<T>>): IterableIterator<T> {
    for (const ask of asks) {
      this.#checkOpen();
      yield this.#transformed(() => batchOf(ask()));
    }
  }
  async *#madeLater(asks: Iterable<() => Parts<T>>): AsyncGenerator<() => T> {
    for (const ask of asks) {
      this.#checkOpen();
      let draft: Draft<T> | undefined;
      try {
        const { batch } = (draft = await draftOf(ask));
        this.#checkOpen();
        yield () => this.#transformed(batch);
      } catch (e) {
        throw causeOf(e);
      } finally {
        draft?.drop();
      }
    }
  }
  #transformed(make: () => T): T {
    const { transform } = this.#options;
    try {
      return scope(() => (transform ? transform(make()) : make()), 'a batch of the DataLoader');
    } catch (e) {
      throw causeOf(e);
    }
  }
}

/** What the loop gets of an error. */
const causeOf = (e: unknown): unknown => (e instanceof SampleFault ? e.cause : e);

function* mapped<A, B>(all: Iterable<A>, f: (a: A) => B): IterableIterator<B> {
  for (const a of all) yield f(a);
}

function* checkedBatches(batches: Iterable<ArrayLike<number>>, n: number): IterableIterator<Int32Array> {
  for (const batch of batches) {
    checkIndices('DataLoader', batch, n);
    yield Int32Array.from(batch);
  }
}
