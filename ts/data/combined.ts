/** Collections of samples made of others. */
import { ValueError } from '../core/errors';
import { anyNumber, check, checkCount, kind, listOf, type Kind } from '../core/kinds';
import { checkConstructor } from '../core/signature';
import { aDataset, checkIndices, type Dataset } from './dataset';

/** The samples of several datasets, one after another. */
export class ConcatDataset<T> implements Dataset<T> {
  readonly length: number;
  readonly datasets: readonly Dataset<T>[];

  constructor(datasets: readonly Dataset<T>[]) {
    const some = listOf(aDataset<T>(), 'a list of datasets');
    checkConstructor<typeof ConcatDataset<T>>('ConcatDataset', [['datasets', some]], arguments);
    if (datasets.length === 0) throw new ValueError('ConcatDataset', 'takes at least one dataset');
    this.datasets = [...datasets];
    this.length = datasets.reduce((n, d) => n + d.length, 0);
  }
  /** Throws IndexError. */
  get(i: number): T {
    check('ConcatDataset', 'i', anyNumber, i);
    checkCount('ConcatDataset.get', 1, arguments);
    checkIndices('ConcatDataset', [i], this.length);
    let at = i;
    for (const d of this.datasets) {
      if (at < d.length) return d.get(at);
      at -= d.length;
    }
    throw new ValueError('ConcatDataset', 'a dataset has become shorter');
  }
}

/** Samples that come in an order of their own, however many: a file's lines, a stream of games. */
export type IterableDataset<T> = Iterable<T>;
const isIterable = (v: unknown): boolean => typeof v === 'object' && v !== null && Symbol.iterator in v;
/** An {@link IterableDataset}. */
export function anIterable<T>(): Kind<IterableDataset<T>> {
  return kind('an iterable', isIterable);
}

/** The samples of several iterables, one after another. */
export class ChainDataset<T> implements IterableDataset<T> {
  readonly datasets: readonly IterableDataset<T>[];
  constructor(datasets: readonly IterableDataset<T>[]) {
    const some = listOf(anIterable<T>(), 'a list of iterables');
    checkConstructor<typeof ChainDataset<T>>('ChainDataset', [['datasets', some]], arguments);
    this.datasets = [...datasets];
  }
  *[Symbol.iterator](): IterableIterator<T> {
    for (const d of this.datasets) yield* d;
  }
}
