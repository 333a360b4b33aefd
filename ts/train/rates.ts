/** The learning-rate range test (Smith 2017): steps with growing rates show where the loss falls fastest. */
import { scope, type optim, type Tensor } from 'phyllo';
import { aNumber, check, options as optionsOf, requires, wholeNumber, type Kind } from 'phyllo/kinds';
import { aLoss, aModel, anOptimizer } from './arguments';
import { someBatches, sourceOf, type Batch, type Batches } from './batches';
import { breather } from './breathe';
import { under } from './checkpoint';
import { lossStep, type Loss, type Model } from './step';
import { copiesOf, copyInto, modesOf, weightsOf } from './weights';

export interface RateOptions<O> {
  readonly train: Batches<Batch>;
  readonly loss: Loss<O>;
  readonly optimizer: optim.Optimizer;
  /** The first rate and the last; between them each is the same multiple of the one before. Default 10⁻⁷ and 10. */
  readonly low?: number;
  readonly high?: number;
  /** Default 100. The test ends before, where the loss is four times its least, or no number. */
  readonly steps?: number;
  /** Of a dataset or tensors. Default 32. */
  readonly batchSize?: number;
}
export interface RateTest {
  readonly rates: readonly number[];
  /** The loss at each rate, averaged with those before (0.9 of the average goes on), without the bias of its start. */
  readonly losses: readonly number[];
  /** The rate where the loss falls fastest by the logarithm of the rate; NaN if it never falls. */
  readonly suggestion: number;
}

const rateOptions: Kind<RateOptions<unknown>> = requires(
  optionsOf<RateOptions<unknown>>({
    train: someBatches,
    loss: aLoss(),
    optimizer: anOptimizer,
    low: aNumber(Number.MIN_VALUE),
    high: aNumber(Number.MIN_VALUE),
    steps: wholeNumber(3),
    batchSize: wholeNumber(1),
  }),
  'train',
  'loss',
  'optimizer',
);
/** How much of the average of the losses before goes on. */
const SMOOTH = 0.9;

/** Tries learning rates on some batches; the model and the optimiser are as before afterwards. */
export async function rateTest<O>(model: Model<O>, options: RateOptions<O>): Promise<RateTest>;
export async function rateTest(model: Model<unknown>, options: RateOptions<unknown>): Promise<RateTest> {
  check('rateTest', 'model', aModel, model);
  check<unknown>('rateTest', 'options', rateOptions, options);
  const { loss, optimizer, low = 1e-7, high = 10, steps = 100, batchSize = 32 } = options;
  const source = sourceOf('rateTest', 'batches', options.train, { batchSize, shuffle: true });
  const before = copiesOf(statesOf(model, optimizer));
  const restoreModes = modesOf(model);
  const step = lossStep(model, loss, optimizer, {
    accumulate: 1,
    clipGradNorm: undefined,
    clipGradValue: undefined,
    eager: false,
  });
  const [rates, losses]: [number[], number[]] = [[], []];
  const breathe = breather();
  let average = 0;
  try {
    model.train();
    for (let epoch = 1; rates.length < steps; epoch++) {
      const done = rates.length;
      for await (const batch of source.epoch(epoch)) {
        const rate = low * (high / low) ** (rates.length / (steps - 1));
        optimizer.lr = rate;
        const value = scope(() => step.run(batch, 1).loss.item());
        average = SMOOTH * average + (1 - SMOOTH) * value;
        rates.push(rate);
        losses.push(average / (1 - SMOOTH ** rates.length));
        await breathe();
        if (rates.length === steps || !(losses.at(-1)! <= 4 * Math.min(...losses))) break;
      }
      if (rates.length === done || !(losses.at(-1)! <= 4 * Math.min(...losses))) break;
    }
  } finally {
    step.dispose();
    copyInto('rateTest', statesOf(model, optimizer), before);
    for (const t of Object.values(before)) t.dispose();
    optimizer.zeroGrad();
    restoreModes();
  }
  return { rates, losses, suggestion: steepest(rates, losses) };
}

function statesOf(model: Model<unknown>, optimizer: optim.Optimizer): Record<string, Tensor> {
  return Object.fromEntries([...under('model', weightsOf(model)), ...under('optimizer', optimizer.stateDict())]);
}

/** Steps whose average is of too few losses to tell a slope by. */
const SKIPPED = 10;
/** Where the difference over two steps is least. */
function steepest(rates: readonly number[], losses: readonly number[]): number {
  let [best, at] = [0, -1];
  for (let i = SKIPPED; i + 1 < losses.length; i++) {
    const slope = losses[i + 1]! - losses[i - 1]!;
    if (slope < best) [best, at] = [slope, i];
  }
  return rates[at] ?? NaN;
}
