/** What is told of a run while it goes on. */
import type { nn, optim, Tensor } from 'phyllo';
import type { Epoch } from './history';

/** A run of training, as callbacks see it. */
export interface Run {
  readonly model: nn.Module;
  readonly optimizers: Readonly<Record<string, optim.Optimizer>>;
  /** How many epochs there are to be, and which one is under way, or over last: counted from 1. */
  readonly epochs: number;
  readonly epoch: number;
  /** Steps of the optimiser, since the beginning. */
  readonly steps: number;
  /** Batches of this epoch that are done, and how many it has, where that is known. */
  readonly batch: number;
  readonly batches: number | undefined;
  /** Samples of this epoch that are done. */
  readonly samples: number;
  /** Means over this epoch so far: the loss and what the step gives beside it. */
  readonly means: Readonly<Record<string, number>>;
  /** What the last batch gave, alone. */
  readonly last: Readonly<Record<string, number>>;
  /** The epochs that are over. */
  readonly history: readonly Epoch[];
  /** Why the run is to end, once that is so. */
  readonly stopped: string | null;
  /** Ends the run after the step, or the epoch, that is under way. */
  stop(why: string): void;
  /** Whether `save` can be called now: no step is half gathered, and each metric can say what it has seen. */
  readonly canSave: boolean;
  /**
   * All that is needed to go on from here, as the bytes of a file.
   *
   * @throws {ValueError} where `canSave` is false.
   */
  save(): Uint8Array;
  /** The last batch again, op by op, for who wants to see what is wrong with it: from the batch to the loss, no step. */
  readonly again: (() => Tensor) | null;
}

/** What a callback remembers: what JSON can say, and tensors. */
export interface CallbackState {
  readonly values?: unknown;
  readonly tensors?: Readonly<Record<string, Tensor>>;
}

/**
 * Follows a run. At each event the callbacks of a run are called in the order of its list, one after the other; one that
 * throws ends the run with a CallbackError, after `end` of all. They may await.
 */
export interface Callback {
  /** Each has another: errors and checkpoints go by it. */
  readonly name: string;
  /** Before the first batch; after what a checkpoint had is loaded. */
  start?(run: Run): void | Promise<void>;
  epochStart?(run: Run): void | Promise<void>;
  /** Before a batch, and after it. */
  batchStart?(run: Run): void | Promise<void>;
  batchEnd?(run: Run): void | Promise<void>;
  /** After validation: the epoch is the last of `run.history`. */
  epochEnd?(run: Run): void | Promise<void>;
  /** At the end, however that came. */
  end?(run: Run): void | Promise<void>;
  /** For checkpoints: what it must know to go on as if there had been no break. */
  state?(): CallbackState;
  load?(state: Required<CallbackState>): void;
}
