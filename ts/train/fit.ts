/** The loop: epochs of steps, validation after each, and callbacks told of each. */
import { optim, scope, ValueError, type nn } from 'phyllo';
import { check } from 'phyllo/kinds';
import { aModel } from './arguments';
import { samplesOf, sourceOf, type Batch, type Source } from './batches';
import { breather } from './breathe';
import type { Callback } from './callback';
import { progress } from './callbacks/progress';
import { computed, Evaluator, numbersOf, updateMetrics } from './evaluate';
import type { History } from './history';
import type { Metrics, Scores } from './metric';
import { lossOptions, ownStepOptions, type LossOptions, type OwnStepOptions, type RunOptions } from './options';
import { resumeFrom } from './resume';
import { generatorsOf, RunState } from './run';
import { advance } from './schedule';
import { lossOf, lossStep, ownStep, resultOf, type Model, type Step, type StepResult } from './step';
import { modesOf } from './weights';

/** Samples in a batch of validation: memory is all that speaks against more. */
const VALIDATION_BATCH = 256;

/**
 * Trains a model: in each epoch a step a batch, then validation. Steps are captured, unless `eager`; both have the same bits.
 *
 *     const history = await fit(model, {
 *       train: [images, labels],
 *       validation: [otherImages, otherLabels],
 *       loss: new nn.CrossEntropyLoss(),
 *       optimizer: new optim.Adam(model.parameters()),
 *       metrics: { accuracy: new metrics.Accuracy() },
 *       batchSize: 64,
 *       epochs: 10,
 *     });
 *
 * With `step` in place of a loss, a batch is what that function makes of it: with several losses, or optimisers.
 *
 * Events turn at least every 50 ms, if a step takes no longer, so that signals and timers are served.
 *
 * @throws {ValueError} for options of another kind, before anything is computed; for an epoch without batches.
 * @throws {CallbackError} if a callback throws; `cause` is what it threw.
 * @throws {FileError} if `resume` is a file that is no checkpoint, or is damaged.
 */
export function fit<O, const M extends Metrics = Metrics>(
  model: Model<O>,
  options: LossOptions<O, M>,
): Promise<History<M>>;
export function fit<B>(model: nn.Module, options: OwnStepOptions<B>): Promise<History>;
export async function fit(
  model: Model<unknown>,
  options: LossOptions<unknown, Metrics> | OwnStepOptions<unknown>,
): Promise<History> {
  check('fit', 'model', aModel, model);
  const own = typeof options === 'object' && options !== null && 'step' in options;
  check<unknown>('fit', 'options', own ? ownStepOptions : lossOptions, options);
  return 'step' in options ? byStep(model, options) : byLoss(model, options);
}

function byLoss(model: Model<unknown>, options: LossOptions<unknown, Metrics>): Promise<History> {
  const { loss, optimizer, metrics = {}, accumulate = 1, eager = false, clipGradNorm, clipGradValue } = options;
  const forward = (batch: Batch): StepResult => {
    const output = model.forward(batch[0]);
    return { loss: lossOf(loss, output, batch), output };
  };
  return train(model, options, {
    step: lossStep(model, loss, optimizer, { accumulate, clipGradNorm, clipGradValue, eager }),
    forward,
    validation: options.validation && {
      evaluator: new Evaluator(model, forward, metrics, eager),
      source: sourceOf('fit', 'validation', options.validation, { batchSize: VALIDATION_BATCH }),
    },
    source: sourceOf('fit', 'train', options.train, batchOptions(options)),
    metrics,
    optimizers: { optimizer },
  });
}

function byStep(model: nn.Module, options: OwnStepOptions<unknown>): Promise<History> {
  const { step, validationStep, optimizer = {}, eager = false } = options;
  if (options.validation && !validationStep)
    throw new ValueError('fit', 'validation takes a validationStep beside step');
  return train(model, options, {
    step: ownStep(step, eager),
    forward: batch => resultOf(step(batch)),
    validation: options.validation &&
      validationStep && {
        evaluator: new Evaluator(model, (batch: unknown) => resultOf(validationStep(batch)), {}, eager),
        source: sourceOf('fit', 'validation', options.validation, { batchSize: VALIDATION_BATCH }),
      },
    source: sourceOf('fit', 'train', options.train, batchOptions(options)),
    metrics: {},
    optimizers: optimizer instanceof optim.Optimizer ? { optimizer } : optimizer,
  });
}

const batchOptions = ({ batchSize, shuffle = true, seed }: RunOptions<unknown>) => ({
  shuffle,
  ...(batchSize !== undefined && { batchSize }),
  ...(seed !== undefined && { seed }),
});

/** What differs between runs by a loss and by a function of one's own. */
interface Made<B> {
  readonly step: Step<B, unknown>;
  /** From a batch to the loss, and no further. */
  forward(batch: B): StepResult;
  readonly validation: { readonly evaluator: Evaluator<B>; readonly source: Source<B> } | undefined;
  readonly source: Source<B>;
  readonly metrics: Metrics;
  readonly optimizers: Readonly<Record<string, optim.Optimizer>>;
}

async function train<B>(model: nn.Module, options: RunOptions<B>, made: Made<B>): Promise<History> {
  const { epochs, signal, schedule, scheduleEvery = 'epoch', generators = [], resume } = options;
  const { source, validation, metrics, optimizers } = made;
  const callbacks = callbacksOf(options);
  if (schedule instanceof optim.ReduceLROnPlateau && scheduleEvery === 'step') {
    throw new ValueError('fit', 'ReduceLROnPlateau goes by epochs: scheduleEvery takes epoch');
  }
  const restoreModes = modesOf(model);
  const run = new RunState({
    model,
    optimizers,
    schedule,
    metrics,
    callbacks,
    generators: generatorsOf(model, [source.generator, validation?.source.generator, ...generators]),
    epochs,
    batches: source.length,
  });
  const breathe = breather();
  const stopped = (): boolean => {
    if (signal?.aborted) run.stop('aborted');
    return run.stopped !== null;
  };
  try {
    if (resume !== undefined) await resumeFrom(run, resume);
    await run.tell('start');
    while ((run.epoch < epochs || run.batch > 0) && !stopped()) {
      model.train();
      if (!(await epochOf(run, made, options, stopped, breathe))) break;
      const trained = { ...run.means, ...computed(metrics) };
      const validated = await validation?.evaluator.run(validation.source, run.epoch, stopped);
      if (validation && stopped()) break;
      finish(run, trained, validated ?? null);
      if (schedule && scheduleEvery === 'epoch') advance(schedule, lossOfEpoch(run));
      await run.tell('epochEnd');
    }
  } finally {
    try {
      await run.tell('end');
    } finally {
      made.step.dispose();
      validation?.evaluator.dispose();
      restoreModes();
    }
  }
  return { epochs: run.history, steps: run.steps, stopped: run.stopped };
}

function callbacksOf({ callbacks = [], progress: shown = true }: RunOptions<unknown>): readonly Callback[] {
  const all = shown ? [...callbacks, progress()] : callbacks;
  for (const [i, { name }] of all.entries()) {
    if (all.findIndex(c => c.name === name) < i) throw new ValueError('fit', `two callbacks have the name ${name}`);
  }
  return all;
}

/** The batches of an epoch, or those that are left of one. Whether it came to its end. */
async function epochOf<B>(
  run: RunState,
  { source, step, metrics, forward }: Made<B>,
  { schedule, scheduleEvery = 'epoch' }: RunOptions<B>,
  stopped: () => boolean,
  breathe: () => Promise<void> | null,
): Promise<boolean> {
  let toSkip = run.batch;
  const resumed = toSkip > 0 ? run.rewind() : null;
  if (!resumed) run.begin();
  await run.tell('epochStart');
  const [before, after] = [run.has('batchStart'), run.has('batchEnd')];
  let started = performance.now();
  const counted = (): void => {
    run.steps++;
    run.lr = rateOf(run.optimizers);
    if (schedule && scheduleEvery === 'step') advance(schedule, NaN);
  };
  for await (const batch of source.epoch(run.epoch)) {
    if (toSkip > 0) {
      if (--toSkip === 0) resumed?.(); // the next one draws what it would have drawn
      continue;
    }
    if (before) await run.tell('batchStart');
    const samples = samplesOf(batch);
    scope(() => {
      const { loss, scores = {}, output } = step.run(batch, samples);
      run.last = numbersOf({ loss, ...scores });
      updateMetrics(metrics, output, batch);
    });
    run.epochMeans.add(run.last, samples);
    run.batch++;
    run.gathering = step.gathered > 0;
    if (!run.gathering) counted();
    run.again = () => forward(batch).loss;
    if (after) {
      run.seconds += (performance.now() - started) / 1000;
      await run.tell('batchEnd');
      started = performance.now();
    }
    run.again = null;
    const turn = breathe();
    if (turn) await turn;
    if (stopped()) break;
  }
  if (run.stopped === null && step.flush()) counted();
  run.gathering = step.gathered > 0;
  run.seconds += (performance.now() - started) / 1000;
  if (run.stopped !== null) return false;
  if (run.batch === 0) {
    throw new ValueError(
      'fit',
      `epoch ${run.epoch} has no batches: an iterable that ends once wants a function that makes it`,
    );
  }
  return true;
}

/** What a plateau is of. */
function lossOfEpoch({ history }: RunState): number {
  const last = history.at(-1);
  return last?.validation?.loss ?? last?.train.loss ?? NaN;
}
/** The learning rate of the first group of the first optimiser. */
const rateOf = (optimizers: Readonly<Record<string, optim.Optimizer>>): number =>
  Object.values(optimizers)[0]?.lr ?? NaN;

/** Notes an epoch that is over. */
function finish(run: RunState, train: Record<string, unknown>, validation: Record<string, unknown> | null): void {
  const { epoch, lr, samples, seconds } = run;
  run.history.push({ epoch, train: scores(train), validation: validation && scores(validation), lr, samples, seconds });
  run.batch = 0;
}
const scores = ({ loss = NaN, ...more }: Record<string, unknown>): Scores => ({ loss: Number(loss), ...more });
