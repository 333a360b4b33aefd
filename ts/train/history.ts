/** What training has brought so far. */
import type { Metrics, Scores } from './metric';

/** An epoch that is over. */
export interface Epoch<M extends Metrics = Metrics> {
  /** Counted from 1. */
  readonly epoch: number;
  /** Means over the epoch's batches as they were computed: of a model that was learning meanwhile. */
  readonly train: Scores<M>;
  /** Of the model after the epoch, where there is a validation set. */
  readonly validation: Scores<M> | null;
  /** The learning rate of the last step. */
  readonly lr: number;
  /** Samples trained on, and the seconds that took, without validation and callbacks. */
  readonly samples: number;
  readonly seconds: number;
}

export interface History<M extends Metrics = Metrics> {
  readonly epochs: readonly Epoch<M>[];
  /** Steps of the optimiser. */
  readonly steps: number;
  /** Why training ended before its last epoch: what `run.stop` was told, or `aborted`; null if it did not. */
  readonly stopped: string | null;
}

/** A number of each epoch by its path: `validation.loss`, `train.accuracy`. */
export function scoreOf(epoch: Epoch, path: string): number | undefined {
  const found = path
    .split('.')
    .reduce<unknown>((v, name) => (typeof v === 'object' && v !== null ? Reflect.get(v, name) : undefined), epoch);
  return typeof found === 'number' ? found : undefined;
}
