/** Collections of samples, and parts of them. */
import { display } from '../core/display';
import { IndexError, ShapeError, ValueError } from '../core/errors';
import {
  aNumber,
  anyNumber,
  check,
  kind,
  listOf,
  numbers,
  options as optionsOf,
  type Kind,
  checkCount,
} from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { show } from '../core/shape';
import { checkArguments, checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { tensor } from '../ops/creation';
import { aSeed, Generator, sourceKeys, type SourceOptions } from '../ops/generator';
import { indexSelect } from '../ops/picking';
import { permutation } from '../ops/random';
import { contiguous, select, slice } from '../ops/view';
import { origins } from './origins';

/**
 * `length` samples. For a DataLoader, a sample is a tuple of tensors: [x, t], say; or a promise of one, which `for await`
 * takes.
 */
export interface Dataset<T> {
  readonly length: number;
  /** Sample i, from 0 to length − 1. What it makes is freed with its batch; what it wants to keep it must `keep`. */
  get(i: number): T;
  /** A batch of the samples with these indices, if that is faster than to stack them one by one. */
  getBatch?(indices: Int32Array): T;
}

/** Samples and batches: `readonly []` makes the compiler take an array [x, t] that a function returns as a pair. */
export type Item = readonly Tensor[] | readonly [] | object | string | number | boolean;

/** Whether it has a length and samples by their numbers. */
export const hasSamples = (v: unknown): v is Dataset<unknown> => {
  if (typeof v !== 'object' || v === null || !('length' in v && 'get' in v)) return false;
  return Number.isInteger(v.length) && Number(v.length) >= 0 && typeof v.get === 'function';
};
/** Whether samples can be taken by their numbers. */
export const isDataset = <T>(v: Dataset<T> | Iterable<T>): v is Dataset<T> => hasSamples(v);
/** A {@link Dataset}. */
export function aDataset<T>(): Kind<Dataset<T>> {
  return kind('a dataset, which has a length and get(i)', hasSamples, { hint: missing });
}
/** What is wrong with something that has most of a dataset. */
function missing(v: unknown): string {
  if (typeof v !== 'object' || v === null || !('get' in v) || Symbol.iterator in v) return '';
  if (typeof v.get !== 'function') return `: get is ${display(v.get)}`;
  return `: length is ${display('length' in v ? v.length : undefined)}, and is to be a whole number ≥ 0`;
}

/** As many tensors as T has. */
export type Tensors<T extends readonly Tensor[]> = { readonly [K in keyof T]: Tensor };

function each<T extends readonly Tensor[]>(xs: T, f: (x: Tensor) => Tensor): Tensors<T>;
function each(xs: readonly Tensor[], f: (x: Tensor) => Tensor): readonly Tensor[] {
  return xs.map(f);
}

/** Throws IndexError unless all are indices of a dataset of n samples. */
export function checkIndices(where: string, indices: ArrayLike<number>, n: number): void {
  check(where, 'indices', numbers, indices);
  for (let k = 0; k < indices.length; k++) {
    const i = indices[k]!;
    if (!Number.isInteger(i) || i < 0 || i >= n) throw new IndexError(where, `there is no sample ${i} among ${n}`);
  }
}

/** Sample i is the i-th entry of each tensor: [x[i], t[i], …]. Element types stay as they are. */
export class TensorDataset<T extends readonly Tensor[]> implements Dataset<Tensors<T>> {
  /** Number of samples: the first dimension of each tensor. */
  readonly length: number;
  readonly tensors: Tensors<T>;

  /** Throws ValueError without tensors, and ShapeError if their first dimensions differ. */
  constructor(...tensors: T) {
    const [first] = tensors;
    if (!first) throw new ValueError('TensorDataset', 'takes at least one tensor');
    tensors.forEach((t, i) => {
      check('TensorDataset', `tensor ${i}`, aTensor, t);
      if (t.ndim === 0) throw new ShapeError('TensorDataset', `tensor ${i} is a single number, not samples`);
      if (t.shape[0] !== first.shape[0]) {
        const shapes = `tensor ${i} is ${show(t.shape)}, the first is ${show(first.shape)}`;
        throw new ShapeError('TensorDataset', `first dimensions count the samples and must agree: ${shapes}`);
      }
    });
    this.length = first.shape[0]!;
    this.tensors = each(tensors, t => contiguous(t)); // or every batch would make all of it dense first
  }

  /** Views. Throws IndexError. */
  get(i: number): Tensors<T> {
    check('TensorDataset', 'i', anyNumber, i);
    checkCount('TensorDataset.get', 1, arguments);
    checkIndices('TensorDataset', [i], this.length);
    return each(this.tensors, t => select(t, 0, i));
  }

  /** Views where the indices follow each other, else one copy from each tensor. Throws IndexError. */
  getBatch(indices: Int32Array): Tensors<T> {
    checkCount('TensorDataset.getBatch', 1, arguments);
    checkIndices('TensorDataset', indices, this.length);
    const [start = 0] = indices;
    if (indices.every((p, i) => p === start + i)) {
      return each(this.tensors, t => slice(t, 0, start, start + indices.length));
    }
    const index = tensor(indices);
    const batch = each(this.tensors, t => indexSelect(t, 0, index));
    index.dispose();
    return batch;
  }
}

/** The samples of a dataset with some indices, in their order; an index may come more than once. */
export class Subset<T> implements Dataset<T> {
  readonly length: number;
  readonly indices: Int32Array;
  readonly getBatch?: (indices: Int32Array) => T;

  /** Throws IndexError for an index that is not in the dataset. */
  constructor(
    readonly dataset: Dataset<T>,
    indices: ArrayLike<number>,
  ) {
    checkConstructor<typeof Subset<T>>(
      'Subset',
      [
        ['dataset', aDataset()],
        ['indices', numbers],
      ],
      arguments,
    );
    checkIndices('Subset', indices, dataset.length);
    this.indices = Int32Array.from(indices);
    this.length = this.indices.length;
    const there = (indices: Int32Array): Int32Array => indices.map(p => this.indices[p]!);
    const origin = origins.get(dataset);
    if (origin) origins.set(this, { ...origin, at: indices => origin.at(there(indices)) });
    if (!dataset.getBatch) return;
    this.getBatch = indices => {
      checkIndices('Subset', indices, this.length);
      return dataset.getBatch!(there(indices));
    };
  }

  /** Throws IndexError. */
  get(i: number): T {
    check('Subset', 'i', anyNumber, i);
    checkCount('Subset.get', 1, arguments);
    checkIndices('Subset', [i], this.length);
    return this.dataset.get(this.indices[i]!);
  }
}

export interface SplitOptions extends SourceOptions {
  /** Where the random order comes from. Default: the default generator. */
  readonly generator?: Generator;
  /** Seeds a generator for it instead. */
  readonly seed?: number;
}

/** How many samples each part gets. Fractions are rounded down; what is left goes to the first parts, one each. */
function countsOf(lengths: readonly number[], n: number): number[] {
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (lengths.every(Number.isInteger) && sum === n) return [...lengths];
  if (Math.abs(sum - 1) > 1e-9) {
    throw new ValueError('randomSplit', `lengths add up to ${n}, the dataset's, or as fractions to 1; these to ${sum}`);
  }
  const counts = lengths.map(fraction => Math.floor(fraction * n));
  const left = n - counts.reduce((a, b) => a + b, 0);
  return counts.map((count, i) => count + Number(i < left));
}

/**
 * Parts of a dataset, of given lengths or fractions, drawn at random without overlap:
 * `const [train, validation, test] = randomSplit(data, [0.8, 0.1, 0.1], { seed: 1 })`.
 * Throws ValueError if the lengths do not add up.
 */
export function randomSplit<T, const L extends readonly number[]>(
  dataset: Dataset<T>,
  lengths: L,
  options?: SplitOptions,
): { readonly [K in keyof L]: Subset<T> };
export function randomSplit<T>(
  dataset: Dataset<T>,
  lengths: readonly number[],
  options: SplitOptions = {},
): readonly Subset<T>[] {
  checkArguments(
    'randomSplit',
    [
      ['dataset', aDataset()],
      ['lengths', listOf(aNumber(0), 'a list of numbers')],
      ['options', optionsOf<SplitOptions>({ ...sourceKeys, seed: aSeed })],
    ],
    [dataset, lengths, options],
  );
  checkCount('randomSplit', 3, arguments);
  const { seed, generator } = options;
  if (seed !== undefined && generator) throw new ValueError('randomSplit', 'takes a seed or a generator, not both');
  const counts = countsOf(lengths, dataset.length);
  const order = permutation(dataset.length, seed === undefined ? generator : new Generator(seed));
  let end = 0;
  return counts.map(count => new Subset(dataset, order.subarray(end, (end += count))));
}
