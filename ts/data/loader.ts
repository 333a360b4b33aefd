/** Batches of a dataset, in order or shuffled. */
import { DisposedError, ShapeError, ValueError } from '../core/errors';
import { aBoolean, aFunction, options as optionsOf, wholeNumber } from '../core/kinds';
import { scope, scoped } from '../core/scope';
import { sameShape, show } from '../core/shape';
import { checkConstructor } from '../core/signature';
import { Tensor } from '../core/tensor';
import { stack } from '../ops/join';
import { aGenerator, aSeed, Generator } from '../ops/generator';
import { permutation } from '../ops/random';
import { aDataset, type Dataset } from './dataset';

export interface LoaderOptions<T> {
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
  /** What becomes of each batch: normalisation, augmentation. What it makes and does not return is freed. */
  readonly transform?: (batch: T) => T;
}

/** `| readonly []` makes the compiler take the array [x, t] that a transform returns as a pair. */
type Batch = readonly Tensor[] | readonly [];

/**
 * Iterating it is an epoch: tuples of tensors with the samples in the first dimension. Each batch lives until the next
 * one, or the loop's end; what is to outlive it is for `keep`.
 *
 *     for (const [x, t] of new DataLoader(new TensorDataset(images, labels), { batchSize: 64, shuffle: true })) …
 */
export class DataLoader<T extends Batch> implements Iterable<T> {
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  #disposed = false;
  readonly #generator: Generator | undefined;
  readonly #transform: ((batch: T) => T) | undefined;

  /** Throws ValueError for a batch size below 1, or a seed beside a generator. */
  constructor(
    readonly dataset: Dataset<T>,
    options: LoaderOptions<T> = {},
  ) {
    checkConstructor<typeof DataLoader<T>>(
      'DataLoader',
      [
        ['dataset', aDataset<T>()],
        [
          'options',
          optionsOf<LoaderOptions<T>>({
            batchSize: wholeNumber(1),
            shuffle: aBoolean,
            seed: aSeed,
            generator: aGenerator,
            dropLast: aBoolean,
            transform: aFunction(),
          }),
        ],
      ],
      arguments,
    );
    const { batchSize = 1, shuffle = false, seed, generator, dropLast = false, transform } = options;
    if (seed !== undefined && generator) throw new ValueError('DataLoader', 'takes a seed or a generator, not both');
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.#generator = seed === undefined ? generator : new Generator(seed);
    this.#transform = transform;
  }

  /** Number of batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
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
    const n = this.dataset.length;
    const order = this.shuffle ? permutation(n, this.#generator) : Int32Array.from({ length: n }, (_, i) => i);
    return scoped(this.#batches(order, this.length), 'the DataLoader');
  }

  *#batches(order: Int32Array, count: number): IterableIterator<T> {
    for (let i = 0; i < count && !this.#disposed; i++) {
      const indices = order.subarray(i * this.batchSize, (i + 1) * this.batchSize);
      yield scope(() => {
        const batch = this.dataset.getBatch?.(indices) ?? stacked(this.dataset, indices);
        return this.#transform ? this.#transform(batch) : batch;
      }, 'a batch of the DataLoader');
    }
  }
}

/** The samples with some indices, at least one, each tensor stacked along a new first dimension. */
function stacked<T extends readonly Tensor[]>(dataset: Dataset<T>, indices: Int32Array): T;
function stacked(dataset: Dataset<readonly Tensor[]>, indices: Int32Array): readonly Tensor[] {
  const samples = Array.from(indices, i => dataset.get(i));
  const first = samples[0]!;
  samples.forEach((sample, k) => {
    if (!Array.isArray(sample) || !sample.every(t => t instanceof Tensor)) {
      throw new ValueError('DataLoader', `sample ${indices[k]} is not an array of tensors, which batches are made of`);
    }
    const fits =
      sample.length === first.length &&
      sample.every((t, j) => t.dtype === first[j]!.dtype && sameShape(t.shape, first[j]!.shape));
    if (!fits) {
      const [a, b] = [sample, first].map(s => s.map(t => `${t.dtype} ${show(t.shape)}`).join(', '));
      const what = `sample ${indices[k]} is (${a}), sample ${indices[0]} (${b}): they do not stack`;
      throw new ShapeError('DataLoader', what);
    }
  });
  return first.map((_, j) => stack(samples.map(sample => sample[j]!)));
}
