/** Averages of the weights over the steps or epochs of a run, which the model is left with. */
import { add_, mul_, noGrad, scope, type Tensor } from 'phyllo';
import { aNumber, check, options as optionsOf, wholeNumber } from 'phyllo/kinds';
import type { Callback, Run } from '../callback';
import { copiesOf, copyInto } from '../weights';

export interface ExponentialAverageOptions {
  /** d in a ← d · a + (1 − d) · w after each step, from 0 to 1. Default 0.999. */
  readonly decay?: number;
}
export interface StochasticAverageOptions {
  /** The first epoch whose weights count, from 1. Default 1. */
  readonly from?: number;
}

const parametersOf = ({ model }: Run): Record<string, Tensor> =>
  Object.fromEntries<Tensor>([...model.namedParameters()]);

/** Averages that `update` moves towards the weights; the model has them at the end. */
function averaging(
  name: string,
  events: (update: (run: Run, share: number) => void, count: { n: number }) => Partial<Callback>,
): Callback {
  let averages: Record<string, Tensor> = {};
  const count = { n: 0 };
  const set = (tensors: Readonly<Record<string, Tensor>>): void => {
    const copies = copiesOf(tensors);
    for (const t of Object.values(averages)) t.dispose();
    averages = copies;
  };
  /** a ← a + share · (w − a). */
  const update = (run: Run, share: number): void => {
    const weights = parametersOf(run);
    if (count.n++ === 0) return set(weights);
    scope(() =>
      noGrad(() => {
        for (const [path, a] of Object.entries(averages)) add_(mul_(a, 1 - share), weights[path]!.mul(share));
      }),
    );
  };
  return {
    name,
    ...events(update, count),
    end(run) {
      if (count.n > 0 && run.stopped !== 'aborted') copyInto(name, parametersOf(run), averages);
      for (const t of Object.values(averages)) t.dispose();
      averages = {};
      count.n = 0;
    },
    state: () => ({ values: count.n, tensors: averages }),
    load({ values, tensors }) {
      count.n = Number(values);
      if (count.n > 0) set(tensors);
    },
  };
}
/**
 * The exponential moving average of the parameters over the steps of a run (Polyak and Juditsky 1992): the model is left with
 * it, unless the run is aborted.
 */
export function exponentialAverage(options: ExponentialAverageOptions = {}): Callback {
  check('exponentialAverage', 'options', optionsOf<ExponentialAverageOptions>({ decay: aNumber(0, 1) }), options);
  const { decay = 0.999 } = options;
  let steps = -1;
  return averaging('exponentialAverage', update => ({
    batchEnd(run) {
      if (run.steps === steps) return; // a batch that is gathered for a step
      steps = run.steps;
      update(run, 1 - decay);
    },
  }));
}

/**
 * The mean of the parameters after each epoch from one on (Izmailov et al. 2018): the model is left with it, unless the run is
 * aborted. Batch normalisation's running statistics are those of the last epoch: `updateBatchStatistics` finds its own.
 */
export function stochasticAverage(options: StochasticAverageOptions = {}): Callback {
  check('stochasticAverage', 'options', optionsOf<StochasticAverageOptions>({ from: wholeNumber(1) }), options);
  const { from = 1 } = options;
  return averaging('stochasticAverage', (update, count) => ({
    epochEnd(run) {
      if (run.epoch >= from) update(run, 1 / (count.n + 1));
    },
  }));
}
