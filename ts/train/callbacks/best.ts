/** The best epoch: its weights are kept, and training ends when none better comes. */
import { ValueError, type Tensor } from 'phyllo';
import { aBoolean, aNumber, aText, check, oneOf, options as optionsOf, wholeNumber, type Kind } from 'phyllo/kinds';
import type { Callback, Run } from '../callback';
import { scoreOf } from '../history';
import { copiesOf, copyInto, weightsOf } from '../weights';

export interface BestOptions {
  /** The number that an epoch goes by, by its path in the history. Default `validation.loss`. */
  readonly monitor?: string;
  /** Which is better. Default: lower for what ends in `loss` or `Error`, higher for others. */
  readonly mode?: 'min' | 'max';
  /** An epoch that is better by no more than this is not better. Default 0. */
  readonly minDelta?: number;
}
export interface EarlyStoppingOptions extends BestOptions {
  /** Epochs in a row without a better one that end the run. Default 10. */
  readonly patience?: number;
  /** Leave the model with the weights of its best epoch. Default true. */
  readonly restoreBest?: boolean;
}

const bestKeys = { monitor: aText, mode: oneOf('min', 'max'), minDelta: aNumber(0) } as const;
const bestOptions: Kind<BestOptions | undefined> = optionsOf<BestOptions>(bestKeys);
const stoppingOptions: Kind<EarlyStoppingOptions | undefined> = optionsOf<EarlyStoppingOptions>({
  ...bestKeys,
  patience: wholeNumber(1),
  restoreBest: aBoolean,
});

/** Which epoch is the best so far. */
export class Best {
  /** Counted from 1; 0 before there is one. */
  epoch: number = 0;
  score: number = NaN;
  private readonly monitor: string;
  private readonly higher: boolean;
  private readonly minDelta: number;

  constructor(
    private readonly where: string,
    { monitor = 'validation.loss', mode, minDelta = 0 }: BestOptions,
  ) {
    this.monitor = monitor;
    this.higher = mode === undefined ? !/(loss|Error)$/.test(monitor) : mode === 'max';
    this.minDelta = minDelta;
  }
  /** Whether the last epoch of the run is better than all before. NaN is never better. */
  takes(run: Run): boolean {
    const epoch = run.history.at(-1);
    if (!epoch) return false;
    const score = scoreOf(epoch, this.monitor);
    if (score === undefined) {
      throw new ValueError(this.where, `there is no number ${this.monitor} in the history: is there a validation set?`);
    }
    const gain = this.higher ? score - this.score : this.score - score;
    if (Number.isNaN(score) || !(Number.isNaN(this.score) || gain > this.minDelta)) return false;
    this.epoch = epoch.epoch;
    this.score = score;
    return true;
  }
  state(): object {
    return { epoch: this.epoch, score: this.score };
  }
  load(values: unknown): void {
    this.epoch = Number(Reflect.get(Object(values), 'epoch'));
    this.score = Number(Reflect.get(Object(values), 'score'));
  }
}

/** Keeps the weights of the best epoch, and leaves the model with them. `bestEpoch` says which one that is. */
export interface BestWeights extends Callback {
  readonly bestEpoch: number;
  readonly bestScore: number;
}

/**
 * Leaves the model with the weights, and buffers, of its best epoch.
 *
 * @throws {ValueError} as a run's epoch ends, if there is no such number in the history.
 */
export function bestWeights(options: BestOptions = {}): BestWeights {
  check('bestWeights', 'options', bestOptions, options);
  return keeping('bestWeights', new Best('bestWeights', options));
}

function keeping(name: string, best: Best, more: Partial<Callback> = {}): BestWeights {
  let kept: Record<string, Tensor> = {};
  const take = (tensors: Readonly<Record<string, Tensor>>): void => {
    const copies = copiesOf(tensors);
    for (const t of Object.values(kept)) t.dispose();
    kept = copies;
  };
  return {
    name,
    get bestEpoch() {
      return best.epoch;
    },
    get bestScore() {
      return best.score;
    },
    async epochEnd(run) {
      if (best.takes(run)) take(weightsOf(run.model));
      await more.epochEnd?.(run);
    },
    end(run) {
      if (best.epoch > 0) copyInto(name, weightsOf(run.model), kept);
      for (const t of Object.values(kept)) t.dispose();
      kept = {};
    },
    state: () => ({ values: best.state(), tensors: kept }),
    load({ values, tensors }) {
      best.load(values);
      if (best.epoch > 0) take(tensors);
    },
  };
}

/**
 * Ends the run when no epoch has been better for `patience` epochs, and leaves the model with the weights of the best one.
 *
 * @throws {ValueError} as a run's epoch ends, if there is no such number in the history.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): BestWeights {
  check('earlyStopping', 'options', stoppingOptions, options);
  const { patience = 10, restoreBest = true, ...rest } = options;
  const best = new Best('earlyStopping', rest);
  const stop = (run: Run): void => {
    const since = run.epoch - best.epoch;
    if (best.epoch > 0 ? since >= patience : run.epoch >= patience) {
      run.stop(`no better epoch than ${best.epoch} for ${since} epochs`);
    }
  };
  if (restoreBest) return keeping('earlyStopping', best, { epochEnd: stop });
  return {
    name: 'earlyStopping',
    get bestEpoch() {
      return best.epoch;
    },
    get bestScore() {
      return best.score;
    },
    epochEnd(run) {
      best.takes(run);
      stop(run);
    },
    state: () => ({ values: best.state() }),
    load: ({ values }) => best.load(values),
  };
}
