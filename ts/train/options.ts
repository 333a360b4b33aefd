/** What `fit` takes. */
import { Generator, type optim, type Tensor } from 'phyllo';
import {
  aBoolean,
  aFunction,
  aNumber,
  instanceOf,
  kind,
  listOf,
  oneOf,
  options,
  requires,
  wholeNumber,
  either,
  aText,
  type Kind,
} from 'phyllo/kinds';
import { aBatchSize, aLoss, anOptimizer, metricsByName, optimizers } from './arguments';
import { someBatches, type Batch, type Batches } from './batches';
import type { Callback } from './callback';
import type { Metrics } from './metric';
import { aSchedule, type Schedule } from './schedule';
import type { Loss } from './step';

/** What every run has. */
export interface RunOptions<B> {
  readonly train: Batches<B>;
  /** Looked at after each epoch, never learnt from. */
  readonly validation?: Batches<B>;
  /** Passes over the training set; a run that is resumed has done some of them. */
  readonly epochs: number;
  /**
   * Of a dataset or tensors, samples in a batch: 1 is stochastic descent, Infinity that of the whole set, what lies between is
   * by minibatches. Default 32.
   */
  readonly batchSize?: number;
  /** Of a dataset or tensors, whether each epoch has an order of its own. Default true. */
  readonly shuffle?: boolean;
  /** Where these orders start from. Default: the default generator. */
  readonly seed?: number;
  /**
   * Learning rates, a step of them after each epoch, or each step of the optimiser. ReduceLROnPlateau is told the loss of the
   * validation set after each epoch, or of the training set where there is none.
   */
  readonly schedule?: Schedule;
  readonly scheduleEvery?: 'epoch' | 'step';
  /** Called at each event in this order. */
  readonly callbacks?: readonly Callback[];
  /** Shows how training goes: a bar on a terminal, lines elsewhere. Default true. */
  readonly progress?: boolean;
  /** Ends the run after the batch that is under way; the promise is kept, and `stopped` is 'aborted'. */
  readonly signal?: AbortSignal;
  /** Runs ops as they come, without plans. Default false. */
  readonly eager?: boolean;
  /** Generators, beside the default one and those of loaders and modules, that data or the step draw from: for checkpoints. */
  readonly generators?: readonly Generator[];
  /** Goes on from a checkpoint: its bytes, its file, or the newest that is whole in a folder, if there is one. */
  readonly resume?: string | Uint8Array;
}

/** A run by a loss: `optimizer` takes steps along its gradient. */
export interface LossOptions<O, M extends Metrics> extends RunOptions<Batch> {
  /** A mean over the samples of a batch, from what the model puts out for its first tensor and from the others. */
  readonly loss: Loss<O>;
  readonly optimizer: optim.Optimizer;
  readonly metrics?: M;
  /**
   * Batches to a step, which has the gradient of the mean over the samples of them all, as one large batch has: for batches
   * that do not fit into memory. Default 1. The last step of an epoch has what is left.
   */
  readonly accumulate?: number;
  /** The most that the norm of all gradients together may be: longer ones are scaled down. */
  readonly clipGradNorm?: number;
  /** The most that an element of a gradient may be, in absolute value. */
  readonly clipGradValue?: number;
}

/** A number, or several by their names, of which `loss` is the loss: means over the samples of a batch. */
export type StepValues = Tensor | Readonly<Record<string, Tensor>>;

/** A run whose steps are a function's, which clears gradients, runs `backward` and takes steps itself. */
export interface OwnStepOptions<B> extends RunOptions<B> {
  readonly step: (batch: B) => StepValues;
  /** What validation is to find of a batch. Without it there can be no `validation`. */
  readonly validationStep?: (batch: B) => StepValues;
  /** Those that the step uses: for schedules and checkpoints. */
  readonly optimizer?: optim.Optimizer | Readonly<Record<string, optim.Optimizer>>;
}

const shared = {
  train: someBatches,
  validation: someBatches,
  epochs: wholeNumber(1),
  batchSize: aBatchSize,
  shuffle: aBoolean,
  seed: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  schedule: aSchedule,
  scheduleEvery: oneOf('epoch', 'step'),
  callbacks: listOf(
    kind<Callback>(
      'a callback, with a name',
      v => typeof v === 'object' && v !== null && typeof Reflect.get(v, 'name') === 'string',
    ),
    'a list of callbacks',
  ),
  progress: aBoolean,
  signal: kind<AbortSignal>('an AbortSignal', v => typeof v === 'object' && v !== null && 'aborted' in v),
  eager: aBoolean,
  generators: listOf(instanceOf(Generator, 'a Generator'), 'a list of generators'),
  resume: either(
    aText,
    kind<Uint8Array>('bytes', v => v instanceof Uint8Array),
  ),
} as const;

export const lossOptions: Kind<LossOptions<unknown, Metrics>> = requires(
  options<LossOptions<unknown, Metrics>>({
    ...shared,
    loss: aLoss(),
    optimizer: anOptimizer,
    metrics: metricsByName(),
    accumulate: wholeNumber(1),
    clipGradNorm: aNumber(0),
    clipGradValue: aNumber(0),
  }),
  'train',
  'epochs',
  'loss',
  'optimizer',
);
export const ownStepOptions: Kind<OwnStepOptions<unknown>> = requires(
  options<OwnStepOptions<unknown>>({
    ...shared,
    step: aFunction(),
    validationStep: aFunction(),
    optimizer: optimizers,
  }),
  'train',
  'epochs',
  'step',
);
