/** Orders of samples: which indices an epoch goes through, drawn anew each time it is iterated. */
import { ValueError } from '../core/errors';
import {
  aBoolean,
  kind,
  numbers,
  optional,
  options as optionsOf,
  wholeNumber,
  type Keys,
  type Kind,
} from '../core/kinds';
import { checkConstructor } from '../core/signature';
import { sourceKeys, type Generator, type SourceOptions } from '../ops/generator';
import { permutation, uniforms } from '../ops/random';
import { aDataset, type Dataset } from './dataset';

/** Indices of samples in the order of an epoch. */
export interface Sampler extends Iterable<number> {
  /** How many there are, if that is known. */
  readonly length?: number;
}
/** What iterates over entries of a kind, as far as is known before it runs: of an array, all of them. */
const iteratesOver = (v: unknown, entry: Kind<unknown>): boolean =>
  Array.isArray(v)
    ? v.every(entry.fits)
    : typeof v === 'object' && v !== null && Symbol.iterator in v && !(v instanceof Map);
const anIndex: Kind<number> = wholeNumber(0);
export const aSampler: Kind<Sampler> = kind('a sampler: what iterates over indices', v => iteratesOver(v, anIndex));
export const aBatchSampler: Kind<Iterable<ArrayLike<number>>> = kind('what iterates over lists of indices', v =>
  iteratesOver(v, numbers),
);

type Sized = Pick<Dataset<unknown>, 'length'>;

/** 0, 1, … */
export class SequentialSampler implements Sampler {
  constructor(private readonly dataset: Sized) {
    checkConstructor<typeof SequentialSampler>('SequentialSampler', [['dataset', aDataset()]], arguments);
  }
  get length(): number {
    return this.dataset.length;
  }
  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.length; i++) yield i;
  }
}

export interface SamplerOptions extends SourceOptions {
  /** Where the numbers come from. Default: the default generator. */
  readonly generator?: Generator;
}
export interface RandomSamplerOptions extends SamplerOptions {
  /** Whether an index may come again before all have come. Default false. */
  readonly replacement?: boolean;
  /** How many. Default: the dataset's length; without replacement, more of them are several orders of all. */
  readonly numSamples?: number;
}
/** All indices in random order, or any with replacement. */
export class RandomSampler implements Sampler {
  constructor(
    private readonly dataset: Sized,
    private readonly options: RandomSamplerOptions = {},
  ) {
    const keys: Keys<RandomSamplerOptions> = { ...sourceKeys, replacement: aBoolean, numSamples: wholeNumber(1) };
    checkConstructor<typeof RandomSampler>(
      'RandomSampler',
      [
        ['dataset', aDataset()],
        ['options', optionsOf(keys)],
      ],
      arguments,
    );
  }
  get length(): number {
    return this.options.numSamples ?? this.dataset.length;
  }
  *[Symbol.iterator](): IterableIterator<number> {
    const { dataset, options, length } = this;
    const n = dataset.length;
    if (n === 0) return;
    if (options.replacement) {
      for (const u of uniforms(length, options.generator)) yield Math.floor(u * n);
      return;
    }
    for (let left = length; left > 0; left -= n) yield* permutation(n, options.generator).subarray(0, left);
  }
}

/** Some indices in random order. */
export class SubsetRandomSampler implements Sampler {
  readonly indices: readonly number[];
  constructor(
    indices: ArrayLike<number>,
    private readonly options: SamplerOptions = {},
  ) {
    checkConstructor<typeof SubsetRandomSampler>(
      'SubsetRandomSampler',
      [
        ['indices', numbers],
        ['options', optionsOf<SamplerOptions>(sourceKeys)],
      ],
      arguments,
    );
    this.indices = Array.from(indices);
  }
  get length(): number {
    return this.indices.length;
  }
  *[Symbol.iterator](): IterableIterator<number> {
    for (const i of permutation(this.length, this.options.generator)) yield this.indices[i]!;
  }
}

export interface WeightedSamplerOptions extends SamplerOptions {
  /** Whether an index may come again. Default true. */
  readonly replacement?: boolean;
}
/** `numSamples` indices, i with a probability in proportion to weights[i]: classes that are rare, more often. */
export class WeightedRandomSampler implements Sampler {
  readonly weights: readonly number[];
  constructor(
    weights: ArrayLike<number>,
    readonly numSamples: number,
    private readonly options: WeightedSamplerOptions = {},
  ) {
    const name = 'WeightedRandomSampler';
    checkConstructor<typeof WeightedRandomSampler>(
      name,
      [
        ['weights', numbers],
        ['numSamples', wholeNumber(1)],
        ['options', optionsOf<WeightedSamplerOptions>({ ...sourceKeys, replacement: aBoolean })],
      ],
      arguments,
    );
    this.weights = Array.from(weights);
    const wrong = this.weights.findIndex(w => !(w >= 0 && Number.isFinite(w)));
    if (wrong >= 0)
      throw new ValueError(name, `weights takes finite numbers ≥ 0, weights[${wrong}] is ${weights[wrong]}`);
    const some = this.weights.filter(w => w > 0).length;
    if (some === 0) throw new ValueError(name, 'takes at least one weight above 0');
    if (options.replacement === false && numSamples > some) {
      throw new ValueError(
        name,
        `there are ${some} weights above 0: without replacement that is most, not ${numSamples}`,
      );
    }
  }
  get length(): number {
    return this.numSamples;
  }
  *[Symbol.iterator](): IterableIterator<number> {
    const { weights, numSamples, options } = this;
    if (options.replacement === false) {
      // The smallest of exponentially distributed times, of rates w (Efraimidis & Spirakis 2006).
      const times = uniforms(weights.length, options.generator).map((u, i) => -Math.log1p(-u) / weights[i]!);
      const order = weights.flatMap((w, i) => (w > 0 ? [i] : [])).sort((a, b) => times[a]! - times[b]!);
      yield* order.slice(0, numSamples);
      return;
    }
    let total = 0;
    const sums = weights.map(w => (total += w));
    for (const u of uniforms(numSamples, options.generator)) yield firstAbove(sums, u * total);
  }
}
/** The first index whose ascending number is above x. */
function firstAbove(sums: readonly number[], x: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The indices of a sampler in batches. */
export class BatchSampler implements Iterable<number[]> {
  constructor(
    private readonly sampler: Sampler,
    readonly batchSize: number,
    readonly dropLast: boolean = false,
  ) {
    checkConstructor<typeof BatchSampler>(
      'BatchSampler',
      [
        ['sampler', aSampler],
        ['batchSize', wholeNumber(1)],
        ['dropLast', optional(aBoolean)],
      ],
      arguments,
    );
  }
  /** Number of batches, if the sampler knows its length. */
  get length(): number {
    const { length } = this.sampler;
    if (length === undefined) throw new ValueError('BatchSampler', 'the sampler does not say its length');
    return this.dropLast ? Math.floor(length / this.batchSize) : Math.ceil(length / this.batchSize);
  }
  *[Symbol.iterator](): IterableIterator<number[]> {
    yield* inBatches(this.sampler, this.batchSize, this.dropLast);
  }
}

/** Things in lists of `size`, of which the last may be shorter unless it is dropped. */
export function* inBatches<T>(things: Iterable<T>, size: number, dropLast: boolean): IterableIterator<T[]> {
  let batch: T[] = [];
  for (const thing of things) {
    batch.push(thing);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0 && !dropLast) yield batch;
}
