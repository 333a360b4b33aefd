/** Where datasets come from: those that `defineDataset` made can be made by other threads as well. */
import { DisposedError } from '../core/errors';
import type { Generator } from '../ops/generator';
import type { Collate, Run } from './batch';

/** An epoch of a loader. */
export interface Epoch<T> {
  /** Its workers are the epoch's, and go when it is disposed of, or garbage. */
  readonly loader: object;
  readonly workers: number;
  /** How many batches each worker is ahead. */
  readonly prefetch: number;
  /** The indices of each batch, in the loader's dataset. */
  readonly batches: Iterable<Int32Array>;
  /** Where the epoch's random numbers start from. */
  readonly generator: Generator | undefined;
  readonly transform: ((batch: T) => T) | undefined;
}

/** What can be done with a dataset that was defined in a module of its own: see workers/workshop.ts. */
export interface Workshop {
  /** What the module makes batches with, if it says so. */
  collate<S, T>(): Collate<S, T> | undefined;
  /** Throws unless workers can make the dataset, and have `collate`, if there is one. */
  check(collate: object | undefined): void;
  /** Draws where an epoch's random numbers start from; what it returns makes the batch that begins with sample `first`. */
  seeded(generator: Generator | undefined): (first: number) => Run;
  /** The batches of workers, in order. `at` gives indices in the workshop's dataset of indices in the loader's. */
  epoch<T>(epoch: Epoch<T>, at: Origin['at']): AsyncIterableIterator<T>;
  /** Ends the workers of a loader, and its epochs. */
  end(loader: object): void;
}
/** What a loop gets for its next batch, once its loader was disposed of. */
export const usedAfterDispose = (): DisposedError =>
  new DisposedError('DataLoader', 'the loader is used after dispose()');

export interface Origin {
  readonly workshop: Workshop;
  readonly at: (indices: Int32Array) => Int32Array;
}
export const origins: WeakMap<object, Origin> = new WeakMap();
