/** A schedule that goes by what training achieves. */
import {
  aNumber,
  anyNumber,
  check,
  checkCount,
  either,
  listOf,
  oneOf,
  orNull,
  options as optionsOf,
  requires,
  wholeNumber,
  type Kind,
} from '../core/kinds';
import { checkConstructor } from '../core/signature';
import { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { anOptimizer, checkGroups, ofGroup, perGroup, type PerGroup, type Schedulable } from './scheduler';

export interface PlateauOptions {
  /** Whether the metric is to fall or to rise. Default 'min'. */
  readonly mode?: 'min' | 'max';
  /** By what rates are multiplied, from 0 to below 1. Default 0.1. */
  readonly factor?: number;
  /** How many epochs without an improvement are let pass. Default 10. */
  readonly patience?: number;
  /** What counts as an improvement: more than this. Default 1e-4. */
  readonly threshold?: number;
  /** Whether `threshold` is a share of the best metric or a difference from it. Default 'rel'. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** How many epochs after a reduction none counts as bad. Default 0. */
  readonly cooldown?: number;
  /** The lowest rate, for all groups or each. Default 0. */
  readonly minLr?: PerGroup<number>;
  /** A rate that would change by no more stays. Default 1e-8. */
  readonly eps?: number;
}
/** What it needs to go on: plain numbers, for JSON. The rates themselves are in the optimiser's state. */
export interface PlateauState {
  readonly lastEpoch: number;
  /** The best metric so far, null before the first. */
  readonly best: number | null;
  readonly badEpochs: number;
  /** How many epochs of the cooldown are left. */
  readonly cooling: number;
  readonly lastLrs: readonly number[];
}
const aState: Kind<PlateauState> = requires(
  optionsOf<PlateauState>({
    lastEpoch: wholeNumber(0),
    best: orNull(aNumber()),
    badEpochs: wholeNumber(0),
    cooling: wholeNumber(0),
    lastLrs: listOf(aNumber(), 'a list of numbers'),
  }),
  'lastEpoch',
  'best',
  'badEpochs',
  'cooling',
  'lastLrs',
);
const aMetric: Kind<number | Tensor> = either(anyNumber, aTensor);

/** Reduces rates where a metric has not improved for more than `patience` epochs. What is no number is no improvement. */
export class ReduceLROnPlateau {
  /** Epochs done. */
  lastEpoch = 0;
  readonly #options: Required<PlateauOptions>;
  #best: number;
  #badEpochs = 0;
  #cooling = 0;
  #lastLrs: readonly number[];

  constructor(
    readonly optimizer: Schedulable,
    options: PlateauOptions = {},
  ) {
    const takes = optionsOf<PlateauOptions>({
      mode: oneOf('min', 'max'),
      factor: aNumber(0, 1 - Number.EPSILON / 2),
      patience: wholeNumber(0),
      threshold: aNumber(0),
      thresholdMode: oneOf('rel', 'abs'),
      cooldown: wholeNumber(0),
      minLr: perGroup(aNumber(0)),
      eps: aNumber(0),
    });
    const OF = ['optimizer', anOptimizer] as const;
    checkConstructor<typeof ReduceLROnPlateau>('ReduceLROnPlateau', [OF, ['options', takes]], arguments);
    const { mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = 'rel' } = options;
    const { cooldown = 0, minLr = 0, eps = 1e-8 } = options;
    checkGroups('ReduceLROnPlateau', 'minLr', minLr, optimizer);
    this.#options = { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps };
    this.#best = mode === 'min' ? Infinity : -Infinity;
    this.#lastLrs = optimizer.paramGroups.map(g => g.lr);
  }

  /**
   * Ends an epoch.
   *
   * @param metric a number, or a tensor of one element; of data that were not trained on.
   */
  step(metric: number | Tensor): void {
    checkCount('ReduceLROnPlateau.step', 1, arguments);
    check('ReduceLROnPlateau.step', 'metric', aMetric, metric);
    const value = metric instanceof Tensor ? metric.item() : metric;
    const { patience, cooldown, factor, minLr, eps } = this.#options;
    this.lastEpoch++;
    if (this.#improves(value)) {
      this.#best = value;
      this.#badEpochs = 0;
    } else this.#badEpochs++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#badEpochs = 0;
    }
    const groups = this.optimizer.paramGroups;
    if (this.#badEpochs > patience) {
      groups.forEach((g, i) => {
        const lr = Math.max(g.lr * factor, ofGroup(minLr, i));
        if (g.lr - lr > eps) g.lr = lr;
      });
      this.#cooling = cooldown;
      this.#badEpochs = 0;
    }
    this.#lastLrs = groups.map(g => g.lr);
  }
  #improves(value: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const best = this.#best;
    if (mode === 'min') return value < (thresholdMode === 'rel' ? best * (1 - threshold) : best - threshold);
    return value > (thresholdMode === 'rel' ? best * (1 + threshold) : best + threshold);
  }

  /** The rates after the last step, of each group. */
  getLastLr(): readonly number[] {
    return this.#lastLrs;
  }
  /** Where it is: the optimiser's state has the rates. */
  stateDict(): PlateauState {
    return {
      lastEpoch: this.lastEpoch,
      best: Number.isFinite(this.#best) ? this.#best : null,
      badEpochs: this.#badEpochs,
      cooling: this.#cooling,
      lastLrs: [...this.#lastLrs],
    };
  }
  /**
   * Goes on from there.
   *
   * @throws {ValueError} for what is no state of such a schedule.
   */
  loadStateDict(state: PlateauState): void {
    checkCount('ReduceLROnPlateau.loadStateDict', 1, arguments);
    check('ReduceLROnPlateau.loadStateDict', 'state', aState, state);
    this.lastEpoch = state.lastEpoch;
    this.#best = state.best ?? (this.#options.mode === 'min' ? Infinity : -Infinity);
    this.#badEpochs = state.badEpochs;
    this.#cooling = state.cooling;
    this.#lastLrs = [...state.lastLrs];
  }
}
