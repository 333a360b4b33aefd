/** Whether gradients reach all layers, whether a model can learn at all, and where a step makes NaN. */
import { AnomalyError, copy_, detectAnomaly, keep, type nn, noGrad, type optim, scope, type Tensor } from 'phyllo';
import {
  aFunction,
  checkArguments,
  checkCount,
  kind,
  listOf,
  aTensor,
  options as optionsOf,
  requires,
  wholeNumber,
  type Kind,
} from 'phyllo/kinds';
import { aModel } from './activations';
import { report, type Report } from './report';

export interface GradientNorm {
  /** Of the parameter. */
  readonly path: string;
  /** Euclidean, of its gradient; null where there is none. */
  readonly gradient: number | null;
  readonly parameter: number;
  /** gradient / parameter: a step of lr times this is the relative change. */
  readonly ratio: number | null;
  /** `vanishing` below a millionth of the parameter's norm, `exploding` above 1000 times it, or not finite. */
  readonly verdict: 'none' | 'vanishing' | 'fine' | 'exploding';
}
/** The norms of gradients by parameter, after a `backward`. */
export function gradientNorms(model: nn.Module): Report<GradientNorm> {
  checkCount('gradientNorms', 1, arguments);
  checkArguments('gradientNorms', [['model', aModel]], [model]);
  const norm = (t: Tensor): number => Math.sqrt(Array.from(t.toArray()).reduce((s, v) => s + v * v, 0));
  const layers = [...model.namedParameters()].map(([path, p]): GradientNorm => {
    const parameter = norm(p);
    if (p.grad === null) return { path, gradient: null, parameter, ratio: null, verdict: 'none' };
    const gradient = norm(p.grad);
    // A bias begins at 0: against 1.
    const ratio = gradient / (parameter > 0 ? parameter : 1);
    const verdict = !(ratio <= 1e3) ? 'exploding' : ratio < 1e-6 ? 'vanishing' : 'fine';
    return { path, gradient, parameter, ratio, verdict };
  });
  return report(layers, ['parameter', 'gradient', 'of', 'ratio', ''], l => [
    l.path,
    l.gradient?.toPrecision(3) ?? '–',
    l.parameter.toPrecision(3),
    l.ratio?.toPrecision(3) ?? '–',
    l.verdict,
  ]);
}

export interface OverfitOptions {
  /** Of output and target. */
  readonly loss: (output: Tensor, target: Tensor) => Tensor;
  readonly optimizer: Pick<optim.Optimizer, 'zeroGrad' | 'step'>;
  /** Input and target. */
  readonly batch: readonly Tensor[];
  /** Default 100. */
  readonly steps?: number;
}
export interface Overfit {
  readonly losses: readonly number[];
  readonly first: number;
  readonly last: number;
  /** The loss fell to a tenth or less. */
  readonly fits: boolean;
  toString(): string;
}
const isOptimizer = (v: unknown): boolean =>
  typeof v === 'object' && v !== null && 'step' in v && 'zeroGrad' in v && typeof v.step === 'function';
const overfitOptions: Kind<OverfitOptions> = requires(
  optionsOf<OverfitOptions>({
    loss: aFunction(),
    optimizer: kind('an optimiser', isOptimizer),
    batch: listOf(aTensor, 'a list of tensors, input and target'),
    steps: wholeNumber(1),
  }),
  'loss',
  'optimizer',
  'batch',
);
/**
 * Trains on one batch again and again. A network that cannot learn a batch by heart will not learn anything: then look for
 * a wrong loss, labels that are not those of the inputs, frozen parameters or a learning rate that does not fit. The model
 * is trained by it: pass a copy, `model.clone()` and an optimiser of its parameters, where it is to stay.
 */
export function overfitOneBatch(model: nn.Module & { forward(x: Tensor): Tensor }, options: OverfitOptions): Overfit {
  checkCount('overfitOneBatch', 2, arguments);
  checkArguments(
    'overfitOneBatch',
    [
      ['model', aModel],
      ['options', overfitOptions],
    ],
    [model, options],
  );
  const { loss, optimizer, batch, steps = 100 } = options;
  const [x, target] = batch;
  if (!x || !target || batch.length !== 2)
    listOf(aTensor, 'two tensors, input and target').refuse('overfitOneBatch', 'batch', batch.length);
  const losses: number[] = [];
  for (let i = 0; i <= steps; i++) {
    scope(() => {
      optimizer.zeroGrad();
      const value = loss(model.forward(x!), target!);
      losses.push(value.item());
      if (i === steps) return;
      value.backward();
      optimizer.step();
    });
  }
  const [first, last] = [losses[0]!, losses.at(-1)!];
  const fits = last <= first / 10;
  return {
    losses,
    first,
    last,
    fits,
    toString: () =>
      `loss of one batch ${first.toPrecision(4)} → ${last.toPrecision(4)} in ${steps} steps: ${fits ? 'it can be learnt' : 'it is not learnt'}`,
  };
}

const aStep: Kind<(...batch: never[]) => unknown> = aFunction();
/**
 * The first number that becomes NaN or infinite in a step of training: op, layer and line (see `detectAnomaly`); null if
 * there is none. For after the fact: parameters, buffers and gradients are put back, so that it can be asked of the model as
 * it was before a step whose loss was NaN. What optimisers and generators have beside goes on.
 */
export function findAnomaly<B extends readonly Tensor[]>(
  model: nn.Module,
  step: (...batch: NoInfer<B>) => unknown,
  ...batch: B
): AnomalyError | null {
  checkArguments(
    'findAnomaly',
    [
      ['model', aModel],
      ['step', aStep],
      ['batch', listOf(aTensor, 'tensors')],
    ],
    [model, step, batch],
  );
  const copy = (t: Tensor): Tensor => keep(noGrad(() => t.clone()));
  const states = [...model.parameters(), ...model.buffers()].map(t => ({
    t,
    was: copy(t),
    grad: t.grad && copy(t.grad),
  }));
  try {
    scope(() => void detectAnomaly(() => step(...batch)));
    return null;
  } catch (e) {
    if (e instanceof AnomalyError) return e;
    throw e;
  } finally {
    for (const { t, was, grad } of states) {
      noGrad(() => copy_(t, was));
      if (t.requiresGrad) t.grad = grad;
      was.dispose();
    }
  }
}
