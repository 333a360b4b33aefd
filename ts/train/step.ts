/** A step of training: from a batch to new parameters. */
import {
  capture,
  copy_,
  gradients,
  keep,
  mul_,
  add_,
  noGrad,
  optim,
  scope,
  tensor,
  ValueError,
  zeros,
  Tensor,
  type nn,
  type Captured,
} from 'phyllo';
import { display } from 'phyllo/kinds';
import type { Batch } from './batches';

/** What a model that is fitted computes from the first tensor of a batch. */
export type Model<O = Tensor> = nn.Module & { forward(input: Tensor): O };
/** How far what a model put out is from the targets, averaged over the samples: a function, or a loss of nn. */
export type Loss<O = Tensor> =
  | ((output: O, target: Tensor) => Tensor)
  | ((output: O, ...targets: Tensor[]) => Tensor)
  | { forward(output: O, target: Tensor): Tensor };

/** What a step gives: the loss of its batch, other numbers to be averaged likewise, and what metrics look at. */
export interface StepResult<O = unknown> {
  readonly loss: Tensor;
  readonly scores?: Readonly<Record<string, Tensor>>;
  readonly output?: O;
}

export interface StepOptions {
  /** Batches whose gradients make one step. */
  readonly accumulate: number;
  readonly clipGradNorm: number | undefined;
  readonly clipGradValue: number | undefined;
  readonly eager: boolean;
}

/** What computes the steps of a run. */
export interface Step<B, O> {
  /** Computes a batch of so many samples; the last of an epoch ends a step that is not full. */
  run(batch: B, samples: number): StepResult<O>;
  /** Takes the step that has been gathered, if there is one. Whether there was. */
  flush(): boolean;
  /** Batches gathered since the last step. */
  readonly gathered: number;
  dispose(): void;
}

/** Plans of a step: of full batches, of the last one, and of some lengths of sequences. What is left runs op by op. */
const PLANS = 8;

/** The function, captured unless it is to run op by op. */
function planned<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  eager: boolean,
): [(...args: A) => R, () => void] {
  if (eager) return [f, () => {}];
  const captured: Captured<A, R> = capture(f, { maxPlans: PLANS });
  return [captured, () => captured.dispose()];
}

/** The loss of a batch. */
export function lossOf<O>(loss: Loss<O>, output: O, [, ...targets]: Batch): Tensor {
  if (typeof loss === 'function') {
    const value: unknown = Reflect.apply(loss, undefined, [output, ...targets]);
    if (value instanceof Tensor) return value;
    throw new ValueError('fit', `loss takes to return a tensor of one number, this is ${display(value)}`);
  }
  const [target, ...more] = targets;
  if (target === undefined || more.length > 0) {
    throw new ValueError(
      'fit',
      `the loss takes one target, a batch has ${targets.length}: give a function of all of them`,
    );
  }
  return loss.forward(output, target);
}

/** The step by a loss: gradients of its mean, clipped, and the optimiser's step. */
export function lossStep<O>(
  model: Model<O>,
  loss: Loss<O>,
  optimizer: optim.Optimizer,
  options: StepOptions,
): Step<Batch, O> {
  const parameters = optimizer.paramGroups.flatMap(g => g.params);
  const clip = (): void => {
    if (options.clipGradValue !== undefined) optim.clipGradValue(parameters, options.clipGradValue);
    if (options.clipGradNorm !== undefined) optim.clipGradNorm(parameters, options.clipGradNorm);
  };
  const forward = (batch: Batch): { loss: Tensor; output: O } => {
    const output = model.forward(batch[0]);
    return { loss: lossOf(loss, output, batch), output };
  };
  if (options.accumulate > 1) return gathering(forward, parameters, clip, optimizer, options);
  const [run, dispose] = planned((batch: Batch) => {
    optimizer.zeroGrad();
    const result = forward(batch);
    result.loss.backward();
    clip();
    optimizer.step();
    return result;
  }, options.eager);
  return { run, flush: () => false, gathered: 0, dispose };
}

/**
 * Steps of several batches, with the gradient of the mean over the samples of all: Σ nᵢ ∇Lᵢ / Σ nᵢ for batches of nᵢ samples
 * with mean losses Lᵢ, which is that of the large batch.
 */
function gathering<O>(
  forward: (batch: Batch) => { loss: Tensor; output: O },
  parameters: readonly Tensor[],
  clip: () => void,
  optimizer: optim.Optimizer,
  { accumulate, eager }: StepOptions,
): Step<Batch, O> {
  const sums = parameters.map(p => keep(zeros(p.shape)));
  const scale = keep(tensor(1));
  const [add, disposeAdd] = planned((batch: Batch, samples: number) => {
    const result = forward(batch);
    const found = gradients(
      result.loss,
      parameters.filter(p => p.requiresGrad),
    );
    noGrad(() => {
      let next = 0;
      parameters.forEach((p, i) => {
        if (p.requiresGrad) add_(sums[i]!, found[next++]!.mul(samples));
      });
    });
    return result;
  }, eager);
  const [step, disposeStep] = planned(() => {
    noGrad(() => {
      parameters.forEach((p, i) => {
        p.grad = p.requiresGrad ? sums[i]!.mul(scale) : null;
      });
    });
    clip();
    optimizer.step();
    noGrad(() => sums.forEach(sum => mul_(sum, 0)));
  }, eager);
  let gathered = 0;
  let total = 0;
  const flush = (): boolean => {
    if (gathered === 0) return false;
    scope(() => copy_(scale, tensor(1 / total)));
    scope(step);
    [gathered, total] = [0, 0];
    return true;
  };
  return {
    run(batch, samples) {
      const result = add(batch, samples);
      gathered++;
      total += samples;
      if (gathered === accumulate) flush();
      return result;
    },
    flush,
    get gathered() {
      return gathered;
    },
    dispose() {
      disposeAdd();
      disposeStep();
      for (const t of [...sums, scale]) t.dispose();
    },
  };
}

/** A step that the user wrote: with several losses, or several optimisers. */
export function ownStep<B>(f: (batch: B) => Tensor | Readonly<Record<string, Tensor>>, eager: boolean): Step<B, never> {
  const [run, dispose] = planned((batch: B) => resultOf(f(batch)), eager);
  return { run, flush: () => false, gathered: 0, dispose };
}
/** A number or several by their names, of which `loss` is the loss. */
export function resultOf(result: Tensor | Readonly<Record<string, Tensor>>): StepResult<never> {
  if (result instanceof Tensor) return { loss: result };
  const { loss, ...scores } = result;
  if (!loss) throw new ValueError('fit', 'step takes to return a loss, or numbers by their names, among them loss');
  return { loss, scores };
}
