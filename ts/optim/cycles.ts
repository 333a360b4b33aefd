/** Schedules that go up and down. */
import { ValueError } from '../core/errors';
import { aBoolean, aNumber, oneOf, optional, options as optionsOf, requires, wholeNumber } from '../core/kinds';
import { checkConstructor } from '../core/signature';
import { anOptimizer, LRScheduler, type Schedulable } from './scheduler';

const OF = ['optimizer', anOptimizer] as const;
/** From a to b along half a cosine, or a line: `done` from 0 to 1. */
const cosine = (a: number, b: number, done: number): number => b + ((a - b) * (1 + Math.cos(Math.PI * done))) / 2;
const line = (a: number, b: number, done: number): number => a + (b - a) * done;

/** Down along half a cosine to `etaMin` in t0 epochs, then from the top again, each time in tMult times as many (Loshchilov & Hutter 2017). */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  constructor(
    optimizer: Schedulable,
    private readonly t0: number,
    private readonly tMult: number = 1,
    private readonly etaMin: number = 0,
  ) {
    checkConstructor<typeof CosineAnnealingWarmRestarts>(
      'CosineAnnealingWarmRestarts',
      [OF, ['t0', wholeNumber(1)], ['tMult', optional(wholeNumber(1))], ['etaMin', optional(aNumber(0))]],
      arguments,
    );
    super(optimizer);
    this.restart('current');
  }
  protected next(_lr: number, base: number): number {
    let [epoch, length] = [this.lastEpoch, this.t0];
    while (epoch >= length) [epoch, length] = [epoch - length, length * this.tMult];
    return cosine(base, this.etaMin, epoch / length);
  }
}

export interface CyclicOptions {
  readonly baseLr: number;
  readonly maxLr: number;
  /** Steps up. Default 2000. */
  readonly stepSizeUp?: number;
  /** Steps down. Default: as many as up. */
  readonly stepSizeDown?: number;
  /** Cycles as high as the first, each half as high, or falling by gamma with each step. Default 'triangular'. */
  readonly mode?: 'triangular' | 'triangular2' | 'expRange';
  /** Default 1. */
  readonly gamma?: number;
}
/** Up from baseLr to maxLr and down again, in straight lines (Smith 2017). A step is one batch. */
export class CyclicLR extends LRScheduler {
  readonly #options: CyclicOptions;

  constructor(optimizer: Schedulable, options: CyclicOptions) {
    const rate = aNumber(0);
    const takes = requires(
      optionsOf<CyclicOptions>({
        baseLr: rate,
        maxLr: rate,
        stepSizeUp: wholeNumber(1),
        stepSizeDown: wholeNumber(1),
        mode: oneOf('triangular', 'triangular2', 'expRange'),
        gamma: rate,
      }),
      'baseLr',
      'maxLr',
    );
    checkConstructor<typeof CyclicLR>('CyclicLR', [OF, ['options', takes]], arguments);
    super(optimizer);
    this.#options = { ...options };
    this.restart('current');
  }
  protected override first(): number {
    return this.#options.baseLr;
  }
  protected next(): number {
    const { baseLr, maxLr, stepSizeUp: up = 2000, stepSizeDown: down = up, mode, gamma = 1 } = this.#options;
    const cycle = Math.floor(this.lastEpoch / (up + down));
    const step = this.lastEpoch - cycle * (up + down);
    const height = (maxLr - baseLr) * (step <= up ? step / up : 1 - (step - up) / down);
    return (
      baseLr + height * (mode === 'triangular2' ? 0.5 ** cycle : mode === 'expRange' ? gamma ** this.lastEpoch : 1)
    );
  }
}

export interface OneCycleOptions {
  readonly maxLr: number;
  /** Steps in all; else epochs · stepsPerEpoch. */
  readonly totalSteps?: number;
  readonly epochs?: number;
  readonly stepsPerEpoch?: number;
  /** The share of steps that go up. Default 0.3. */
  readonly pctStart?: number;
  /** Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** The first rate is maxLr / divFactor. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the first / finalDivFactor. Default 10⁴. */
  readonly finalDivFactor?: number;
  /** Down to the first rate in as many steps as up, then to the last; by default at once. */
  readonly threePhase?: boolean;
}
/** One cycle: from maxLr / divFactor up to maxLr, then down far below (Smith & Topin 2018). A step is one batch. */
export class OneCycleLR extends LRScheduler {
  readonly #options: OneCycleOptions;
  readonly #total: number;

  constructor(optimizer: Schedulable, options: OneCycleOptions) {
    const takes = requires(
      optionsOf<OneCycleOptions>({
        maxLr: aNumber(0),
        totalSteps: wholeNumber(1),
        epochs: wholeNumber(1),
        stepsPerEpoch: wholeNumber(1),
        pctStart: aNumber(0, 1),
        annealStrategy: oneOf('cos', 'linear'),
        divFactor: aNumber(Number.MIN_VALUE),
        finalDivFactor: aNumber(Number.MIN_VALUE),
        threePhase: aBoolean,
      }),
      'maxLr',
    );
    checkConstructor<typeof OneCycleLR>('OneCycleLR', [OF, ['options', takes]], arguments);
    const { totalSteps, epochs, stepsPerEpoch } = options;
    const total = totalSteps ?? (epochs ?? NaN) * (stepsPerEpoch ?? NaN);
    if (!Number.isFinite(total)) throw new ValueError('OneCycleLR', 'takes totalSteps, or epochs and stepsPerEpoch');
    super(optimizer);
    this.#options = { ...options };
    this.#total = total;
    this.restart('current');
  }
  protected override first(): number {
    return this.#at(0);
  }
  protected next(): number {
    if (this.lastEpoch >= this.#total)
      throw new ValueError('OneCycleLR.step', `there are ${this.#total} steps, this is step ${this.lastEpoch + 1}`);
    return this.#at(this.lastEpoch);
  }
  #at(step: number): number {
    const { maxLr, pctStart = 0.3, annealStrategy = 'cos', divFactor = 25, threePhase = false } = this.#options;
    const between = annealStrategy === 'cos' ? cosine : line;
    const start = maxLr / divFactor;
    const end = start / (this.#options.finalDivFactor ?? 1e4);
    const up = pctStart * this.#total - 1;
    const phases: (readonly [until: number, from: number, to: number])[] = threePhase
      ? [
          [up, start, maxLr],
          [2 * up, maxLr, start],
          [this.#total - 1, start, end],
        ]
      : [
          [up, start, maxLr],
          [this.#total - 1, maxLr, end],
        ];
    let begin = 0;
    for (const [until, from, to] of phases) {
      if (step <= until) return between(from, to, (step - begin) / (until - begin));
      begin = until;
    }
    return end;
  }
}
