/** What a model is worth on samples that it does not learn from, and what it says of them. */
import { capture, concat, keep, noGrad, scope, Tensor, ValueError, type nn } from 'phyllo';
import { aBoolean, check, options as optionsOf, requires, type Kind } from 'phyllo/kinds';
import { aBatchSize, aLoss, aModel, metricsByName } from './arguments';
import { samplesOf, someBatches, sourceOf, type Batch, type Batches, type Source } from './batches';
import { breather } from './breathe';
import { Means } from './means';
import type { Metrics, Scores } from './metric';
import { lossOf, type Loss, type Model, type StepResult } from './step';
import { modesOf } from './weights';

/** Samples in a batch where nobody learns: memory is all that speaks against more. */
const BATCH = 256;
/** Plans of a forward pass: full batches, the last one, and some lengths of sequences. */
const PLANS = 8;

export interface PredictOptions {
  /** Samples in a batch, of a dataset or tensors. Default 256. */
  readonly batchSize?: number;
  /** Run ops as they come, without a plan. Default false. */
  readonly eager?: boolean;
}
export interface EvaluateOptions<O, M extends Metrics> extends PredictOptions {
  /** A mean over the samples of a batch. */
  readonly loss: Loss<O>;
  readonly metrics?: M;
}

/** Evaluation mode while f runs; then each module is in the mode that it was in. */
async function evaluating<T>(model: nn.Module, f: () => Promise<T>): Promise<T> {
  const restoreModes = modesOf(model);
  model.eval();
  try {
    return await f();
  } finally {
    restoreModes();
  }
}

/** Evaluates a model again and again by the same plans. */
export class Evaluator<B> {
  private readonly forward: ((batch: B) => StepResult) & { dispose?: () => void };

  constructor(
    private readonly model: nn.Module,
    forward: (batch: B) => StepResult,
    private readonly metrics: Metrics,
    eager: boolean,
  ) {
    const quiet = (batch: B): StepResult => noGrad(() => forward(batch));
    this.forward = eager ? quiet : capture(quiet, { maxPlans: PLANS });
  }

  /** The loss, the scores of the step, and the metrics, of all batches. */
  run(source: Source<B>, epoch: number, stopped: () => boolean = () => false): Promise<Record<string, unknown>> {
    const { metrics } = this;
    const means = new Means();
    const breathe = breather();
    for (const metric of Object.values(metrics)) metric.reset();
    return evaluating(this.model, async () => {
      for await (const batch of source.epoch(epoch)) {
        scope(() => {
          const { loss, scores = {}, output } = this.forward(batch);
          means.add(numbersOf({ loss, ...scores }), samplesOf(batch));
          updateMetrics(metrics, output, batch);
        });
        await breathe();
        if (stopped()) break;
      }
      return { ...means.values, ...computed(metrics) };
    });
  }
  dispose(): void {
    this.forward.dispose?.();
  }
}

/** Lets metrics see what a model put out, and the targets. */
export function updateMetrics(metrics: Metrics, output: unknown, batch: unknown): void {
  const list = Object.entries(metrics);
  if (list.length === 0) return;
  const [, target] = Array.isArray(batch) ? batch : [];
  for (const [name, metric] of list) {
    if (!(output instanceof Tensor && target instanceof Tensor)) {
      throw new ValueError('fit', `metrics.${name} takes a tensor that the model puts out, and one of targets`);
    }
    noGrad(() => metric.update(output, target));
  }
}
export const computed = (metrics: Metrics): Record<string, unknown> =>
  Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metric.compute()]));
export const numbersOf = (tensors: Readonly<Record<string, Tensor>>): Record<string, number> =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.item()]));

const evaluateOptions = <O, M extends Metrics>(): Kind<EvaluateOptions<O, M>> =>
  requires(
    optionsOf<EvaluateOptions<O, M>>({
      batchSize: aBatchSize,
      eager: aBoolean,
      loss: aLoss(),
      metrics: metricsByName(),
    }),
    'loss',
  );

/**
 * The mean loss and the metrics of a model on samples, in evaluation mode and without gradients; the model's mode is as it was
 * afterwards.
 *
 * @throws {ValueError} for arguments of another kind, and for no samples.
 */
export async function evaluate<O, const M extends Metrics = Metrics>(
  model: Model<O>,
  data: Batches<Batch>,
  options: EvaluateOptions<O, M>,
): Promise<Scores<M>>;
export async function evaluate(
  model: Model<unknown>,
  data: Batches<Batch>,
  options: EvaluateOptions<unknown, Metrics>,
): Promise<object> {
  check('evaluate', 'model', aModel, model);
  check('evaluate', 'data', someBatches, data);
  check('evaluate', 'options', evaluateOptions<unknown, Metrics>(), options);
  const { loss, metrics = {}, eager = false } = options;
  const forward = (batch: Batch): StepResult => {
    const output = model.forward(batch[0]);
    return { loss: lossOf(loss, output, batch), output };
  };
  const evaluator = new Evaluator(model, forward, metrics, eager);
  try {
    return await evaluator.run(sourceOf('evaluate', 'data', data, { batchSize: options.batchSize ?? BATCH }), 1);
  } finally {
    evaluator.dispose();
  }
}

const predictOptions: Kind<PredictOptions | undefined> = optionsOf<PredictOptions>({
  batchSize: aBatchSize,
  eager: aBoolean,
});

/**
 * What a model puts out for samples, batch by batch and in their order; each lives until the next one. Of batches with
 * targets it looks at the first tensor.
 *
 * @throws {ValueError} for arguments of another kind, and for no samples.
 */
export async function* predictions<O>(
  model: Model<O>,
  data: Batches<Tensor | readonly Tensor[]>,
  options: PredictOptions = {},
): AsyncGenerator<O, void, undefined> {
  check('predictions', 'model', aModel, model);
  check('predictions', 'data', someBatches, data);
  check('predictions', 'options', predictOptions, options);
  const { batchSize = BATCH, eager = false } = options;
  const source = sourceOf('predictions', 'data', data, { batchSize });
  const forward = (x: Tensor): O => noGrad(() => model.forward(x));
  const captured = eager ? null : capture(forward, { maxPlans: PLANS });
  const restoreModes = modesOf(model);
  const breathe = breather();
  try {
    for await (const batch of source.epoch(1)) {
      const x = batch instanceof Tensor ? batch : batch[0];
      if (!(x instanceof Tensor)) throw new ValueError('predictions', 'a batch has no tensor');
      model.eval();
      const output = (captured ?? forward)(x);
      restoreModes(); // as others know it, while they have their turn
      yield output;
      await breathe();
    }
  } finally {
    captured?.dispose();
  }
}

/**
 * What a model puts out for samples, in their order: the batches of {@link predictions} in one tensor.
 *
 * @throws {ValueError} as `predictions` does.
 */
export async function predict(
  model: Model,
  data: Batches<Tensor | readonly Tensor[]>,
  options: PredictOptions = {},
): Promise<Tensor> {
  const outputs: Tensor[] = [];
  for await (const output of predictions(model, data, options)) outputs.push(keep(output));
  if (outputs.length === 0) throw new ValueError('predict', 'data has no samples');
  try {
    return noGrad(() => concat(outputs, 0));
  } finally {
    for (const output of outputs) output.dispose();
  }
}
