/** Batches of a dataset, in order, shuffled, or as a sampler says. */
import { DisposedError, ShapeError, ValueError } from '../core/errors';
import { aBoolean, aFunction, checkCount, either, options as optionsOf, wholeNumber } from '../core/kinds';
import { scope, scoped } from '../core/scope';
import { sameShape, show } from '../core/shape';
import { checkArguments } from '../core/signature';
import { Tensor } from '../core/tensor';
import { stack } from '../ops/join';
import { aGenerator, aSeed, Generator } from '../ops/generator';
import { permutation } from '../ops/random';
import { anIterable, type IterableDataset } from './combined';
import { aDataset, checkIndices, isDataset, type Dataset } from './dataset';
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
  /** Makes a batch of samples, which are tensors of different shapes, say, or no tensors at all. Default: stacks them. */
  readonly collate?: (samples: readonly S[]) => T;
  /** What becomes of each batch: normalisation, augmentation. What it makes and does not return is freed. */
  readonly transform?: (batch: T) => T;
}

/** Samples and batches: `readonly []` makes the compiler take the array [x, t] that a transform returns as a pair. */
type Item = readonly Tensor[] | readonly [] | object | string | number | boolean;

/**
 * Iterating it is an epoch: tuples of tensors with the samples in the first dimension, or what `collate` makes. Each batch
 * lives until the next one, or the loop's end; what is to outlive it is for `keep`.
 *
 *     for (const [x, t] of new DataLoader(new TensorDataset(images, labels), { batchSize: 64, shuffle: true })) …
 */
export class DataLoader<S extends Item, T extends Item = S> implements Iterable<T> {
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly dataset: Dataset<S> | IterableDataset<S>;
  #disposed = false;
  readonly #generator: Generator | undefined;
  readonly #options: LoaderOptions<S, T>;

  /**
   * Throws ValueError for a batch size below 1, a seed beside a generator, options that say twice which samples come, and
   * orders of an iterable, which has its own.
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
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.#generator = seed === undefined ? generator : new Generator(seed);
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
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  [Symbol.iterator](): IterableIterator<T> {
    if (this.#disposed) throw new DisposedError('DataLoader', 'the loader is used after dispose()');
    const { dataset, batchSize, dropLast } = this;
    if (!isDataset(dataset)) {
      return scoped(
        this.#made(inBatches(dataset, batchSize, dropLast), samples => samples),
        'the DataLoader',
      );
    }
    const pick = (indices: Int32Array): S[] => Array.from(indices, i => dataset.get(i));
    return scoped(this.#made(this.#indices(dataset.length), pick), 'the DataLoader');
  }

  /** The indices of the batches of an epoch. An order is drawn here, not when the first batch is asked for. */
  #indices(n: number): Iterable<Int32Array> {
    const { batchSize, dropLast } = this;
    const { sampler, batchSampler } = this.#options;
    if (batchSampler) return checkedBatches(batchSampler, n);
    if (sampler) return checkedBatches(inBatches(sampler, batchSize, dropLast), n);
    const order = this.shuffle ? permutation(n, this.#generator) : Int32Array.from({ length: n }, (_, i) => i);
    const count = this.length;
    return (function* () {
      for (let i = 0; i < count; i++) yield order.subarray(i * batchSize, (i + 1) * batchSize);
    })();
  }

  *#made<P extends Int32Array | S[]>(parts: Iterable<P>, samplesOf: (part: P) => readonly S[]): IterableIterator<T> {
    const { collate, transform } = this.#options;
    const source = isDataset(this.dataset) && !collate ? this.dataset : null;
    for (const part of parts) {
      if (this.#disposed) return;
      yield scope(() => {
        const batch = collate ? collate(samplesOf(part)) : stacked<T>(source, part, () => samplesOf(part));
        return transform ? transform(batch) : batch;
      }, 'a batch of the DataLoader');
    }
  }
}

function* checkedBatches(batches: Iterable<ArrayLike<number>>, n: number): IterableIterator<Int32Array> {
  for (const batch of batches) {
    checkIndices('DataLoader', batch, n);
    yield Int32Array.from(batch);
  }
}

/** A batch as the dataset makes it, or of samples, at least one, each tensor stacked along a new first dimension. */
function stacked<T>(
  source: Dataset<unknown> | null,
  part: Int32Array | unknown[],
  samples: () => readonly unknown[],
): T;
function stacked(source: Dataset<unknown> | null, part: Int32Array | unknown[], of: () => readonly unknown[]): unknown {
  if (source?.getBatch && part instanceof Int32Array) return source.getBatch(part);
  const nameOf = (k: number): string => `sample ${part instanceof Int32Array ? part[k] : k}`;
  const samples = of().map((sample, k) => {
    if (isTensors(sample)) return sample;
    throw new ValueError('DataLoader', `${nameOf(k)} is not an array of tensors, which batches are made of`);
  });
  const first = samples[0]!;
  samples.forEach((sample, k) => {
    const fits =
      sample.length === first.length &&
      sample.every((t, j) => t.dtype === first[j]!.dtype && sameShape(t.shape, first[j]!.shape));
    if (fits) return;
    const [a, b] = [sample, first].map(s => s.map(t => `${t.dtype} ${show(t.shape)}`).join(', '));
    throw new ShapeError('DataLoader', `${nameOf(k)} is (${a}), ${nameOf(0)} (${b}): they do not stack`);
  });
  return first.map((_, j) => stack(samples.map(sample => sample[j]!)));
}
const isTensors = (v: unknown): v is readonly Tensor[] => Array.isArray(v) && v.every(t => t instanceof Tensor);
