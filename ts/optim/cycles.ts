/** Schedules that go up and down. */
import { ValueError } from '../core/errors';
import {
  aBoolean,
  aFunction,
  aNumber,
  check,
  oneOf,
  optional,
  options as optionsOf,
  requires,
  wholeNumber,
} from '../core/kinds';
import { checkConstructor } from '../core/signature';
import type { ParamGroup } from './group';
import { anOptimizer, checkGroups, LRScheduler, ofGroup, perGroup, type PerGroup, type Schedulable } from './scheduler';

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

/** The momentum that goes down as the rate goes up. */
interface MomentumOptions {
  /**
   * Whether momentum cycles, β₁ where there are betas. Default: in the groups that have one, and not 0. With true it is a ValueError
   * if some have none.
   */
  readonly cycleMomentum?: boolean;
  /** Where the rate is highest. Default 0.8 of CyclicLR, 0.85 of OneCycleLR. */
  readonly baseMomentum?: PerGroup<number>;
  /** Where the rate is lowest. Default 0.9 of CyclicLR, 0.95 of OneCycleLR. */
  readonly maxMomentum?: PerGroup<number>;
}
const rate = perGroup(aNumber(0));
const MOMENTUM = { cycleMomentum: aBoolean, baseMomentum: rate, maxMomentum: rate } as const;

/** A schedule that may cycle momenta, too. */
abstract class Cycle extends LRScheduler {
  /** Of each group what its momentum is called in memory, or null where it stays. */
  readonly #names: (string | null)[];
  readonly #cycles: boolean;
  readonly #range: readonly [base: PerGroup<number>, max: PerGroup<number>];

  constructor(
    optimizer: Schedulable,
    { cycleMomentum, baseMomentum, maxMomentum }: MomentumOptions,
    defaults: readonly [base: number, max: number],
  ) {
    super(optimizer);
    const range = [baseMomentum ?? defaults[0], maxMomentum ?? defaults[1]] as const;
    checkGroups(new.target.name, 'baseMomentum', range[0], optimizer);
    checkGroups(new.target.name, 'maxMomentum', range[1], optimizer);
    this.#range = range;
    this.#cycles = cycleMomentum ?? true;
    this.#names = optimizer.paramGroups.map((g, i) => (this.#cycles ? this.#nameOf(g, i) : null));
    if (cycleMomentum && this.#names.includes(null)) {
      const i = this.#names.indexOf(null);
      throw new ValueError(new.target.name, `cycleMomentum takes groups with a momentum above 0, group ${i} has none`);
    }
  }
  #nameOf(group: ParamGroup, i: number): string | null {
    const fits = (name: string): boolean => this.#range.every(m => group.takes(name, ofGroup(m, i)));
    return ['momentum', 'beta1'].find(fits) ?? null;
  }
  /** The momentum of a group at `lastEpoch`. */
  protected abstract momentum(base: number, max: number): number;
  protected override setMore(): void {
    this.optimizer.paramGroups.forEach((g, i) => {
      if (this.#names.length === i) this.#names.push(this.#cycles ? this.#nameOf(g, i) : null); // one that was added
      const name = this.#names[i];
      const [base, max] = this.#range;
      if (name) g.set(name, this.momentum(ofGroup(base, i), ofGroup(max, i)));
    });
  }
}

export interface CyclicOptions extends MomentumOptions {
  /** The lowest rate and the highest, for all groups or each. */
  readonly baseLr: PerGroup<number>;
  readonly maxLr: PerGroup<number>;
  /** Steps up. Default 2000. */
  readonly stepSizeUp?: number;
  /** Steps down. Default: as many as up. */
  readonly stepSizeDown?: number;
  /** Cycles as high as the first, each half as high, or falling by gamma with each step. Default 'triangular'. */
  readonly mode?: 'triangular' | 'triangular2' | 'expRange';
  /** Default 1. */
  readonly gamma?: number;
  /** What heights are multiplied by, instead of by a mode: of the number of the cycle, from 1 on, or of steps done. */
  readonly scaleFn?: (x: number) => number;
  /** What scaleFn is told. Default 'cycle'. */
  readonly scaleMode?: 'cycle' | 'iterations';
}
/** Up from baseLr to maxLr and down again, in straight lines (Smith 2017), and momentum the other way. A step is one batch. */
export class CyclicLR extends Cycle {
  readonly #options: CyclicOptions;

  constructor(optimizer: Schedulable, options: CyclicOptions) {
    const takes = requires(
      optionsOf<CyclicOptions>({
        ...MOMENTUM,
        baseLr: rate,
        maxLr: rate,
        stepSizeUp: wholeNumber(1),
        stepSizeDown: wholeNumber(1),
        mode: oneOf('triangular', 'triangular2', 'expRange'),
        gamma: aNumber(0),
        scaleFn: aFunction(),
        scaleMode: oneOf('cycle', 'iterations'),
      }),
      'baseLr',
      'maxLr',
    );
    checkConstructor<typeof CyclicLR>('CyclicLR', [OF, ['options', takes]], arguments);
    checkGroups('CyclicLR', 'baseLr', options.baseLr, optimizer);
    checkGroups('CyclicLR', 'maxLr', options.maxLr, optimizer);
    super(optimizer, options, [0.8, 0.9]);
    this.#options = { ...options };
    this.restart('current');
  }
  protected override first(_lr: number, _base: number, i: number): number {
    return ofGroup(this.#options.baseLr, i);
  }
  protected next(_lr: number, _base: number, i: number): number {
    const [low, high] = [ofGroup(this.#options.baseLr, i), ofGroup(this.#options.maxLr, i)];
    return low + (high - low) * this.#height();
  }
  protected momentum(base: number, max: number): number {
    return max - (max - base) * this.#height();
  }
  /** How much of the way up, times the scale. */
  #height(): number {
    const { stepSizeUp: up = 2000, stepSizeDown: down = up, mode, gamma = 1, scaleFn, scaleMode } = this.#options;
    const cycle = Math.floor(this.lastEpoch / (up + down));
    const step = this.lastEpoch - cycle * (up + down);
    const height = step <= up ? step / up : 1 - (step - up) / down;
    if (scaleFn) {
      const scale = scaleFn(scaleMode === 'iterations' ? this.lastEpoch : cycle + 1);
      check('CyclicLR', 'what scaleFn returns', aNumber(), scale);
      return height * scale;
    }
    return height * (mode === 'triangular2' ? 0.5 ** cycle : mode === 'expRange' ? gamma ** this.lastEpoch : 1);
  }
}

export interface OneCycleOptions extends MomentumOptions {
  /** The highest rate, for all groups or each. */
  readonly maxLr: PerGroup<number>;
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
/**
 * One cycle: from maxLr / divFactor up to maxLr, then down far below (Smith & Topin 2018), and momentum from maxMomentum down to
 * baseMomentum and up again. A step is one batch.
 */
export class OneCycleLR extends Cycle {
  readonly #options: OneCycleOptions;
  readonly #total: number;

  constructor(optimizer: Schedulable, options: OneCycleOptions) {
    const takes = requires(
      optionsOf<OneCycleOptions>({
        ...MOMENTUM,
        maxLr: rate,
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
    checkGroups('OneCycleLR', 'maxLr', options.maxLr, optimizer);
    super(optimizer, options, [0.85, 0.95]);
    this.#options = { ...options };
    this.#total = total;
    this.restart('current');
  }
  protected override first(lr: number, base: number, i: number): number {
    return this.next(lr, base, i);
  }
  protected next(_lr: number, _base: number, i: number): number {
    if (this.lastEpoch >= this.#total)
      throw new ValueError('OneCycleLR.step', `there are ${this.#total} steps, this is step ${this.lastEpoch + 1}`);
    const { maxLr, divFactor = 25, finalDivFactor = 1e4 } = this.#options;
    const most = ofGroup(maxLr, i);
    const start = most / divFactor;
    return this.#at(start, most, start / finalDivFactor);
  }
  protected momentum(base: number, max: number): number {
    return this.#at(max, base, max);
  }
  /** What goes from `start` to `top` and, in three phases by way of `start`, to `end`. */
  #at(start: number, top: number, end: number): number {
    const { pctStart = 0.3, annealStrategy = 'cos', threePhase = false } = this.#options;
    const between = annealStrategy === 'cos' ? cosine : line;
    const up = pctStart * this.#total - 1;
    const phases: (readonly [until: number, from: number, to: number])[] = threePhase
      ? [
          [up, start, top],
          [2 * up, top, start],
          [this.#total - 1, start, end],
        ]
      : [
          [up, start, top],
          [this.#total - 1, top, end],
        ];
    let begin = 0;
    for (const [until, from, to] of phases) {
      if (this.lastEpoch <= until) return between(from, to, (this.lastEpoch - begin) / (until - begin));
      begin = until;
    }
    return end;
  }
}
