/**
 * Learning rates that change from epoch to epoch: each `step()` derives those of every group for the next epoch from those
 * of this one, as PyTorch does. So a rate that is set by hand stays in what follows, and several schedules of one
 * optimiser compose.
 */
import { ValueError } from '../core/errors';
import {
  aNumber,
  check,
  checkCount,
  either,
  kind,
  listOf,
  oneOf,
  options as optionsOf,
  requires,
  wholeNumber,
  type Kind,
} from '../core/kinds';
import type { ParamGroup } from './group';
import { Optimizer } from './optimizer';

export type Schedulable = Pick<Optimizer<object>, 'paramGroups'>;
export const anOptimizer: Kind<Schedulable> = kind('an optimizer', v => v instanceof Optimizer);

/** One for all groups, or a list with one for each. */
export type PerGroup<T> = T | readonly T[];
export function perGroup<T>(of: Kind<T>): Kind<PerGroup<T>> {
  return either(of, listOf(of, 'a list with one for each group'));
}
const isList = <T>(v: PerGroup<T>): v is readonly T[] => Array.isArray(v);
/** Throws ValueError if a list is not as long as there are groups. */
export function checkGroups(where: string, name: string, v: PerGroup<unknown>, { paramGroups }: Schedulable): void {
  const { length } = paramGroups;
  if (isList(v) && v.length !== length) {
    throw new ValueError(where, `${name} takes one for all groups or each of ${length}, these are ${v.length}`);
  }
}
/** That of group i; of a group that was added since, the last. */
export function ofGroup<T>(v: PerGroup<T>, i: number): T {
  return isList(v) ? v[Math.min(i, v.length - 1)]! : v;
}

/** The rate of a group before its first schedule. */
const initial: WeakMap<ParamGroup, number> = new WeakMap();
export function initialRate(group: ParamGroup): number {
  const known = initial.get(group);
  if (known !== undefined) return known;
  const { lr } = group;
  initial.set(group, lr);
  return lr;
}

/** What a schedule needs to go on: plain numbers, for JSON. The rates themselves are in the optimiser's state. */
export interface SchedulerState {
  readonly lastEpoch: number;
  /** Of each group, the rate before any schedule and the one set last. */
  readonly baseLrs: readonly number[];
  readonly lastLrs: readonly number[];
  /** Of a schedule of schedules, theirs. */
  readonly schedulers?: readonly SchedulerState[];
}
const rates: Kind<readonly number[]> = listOf(aNumber(), 'a list of numbers');
const aState: Kind<SchedulerState> = requires(
  optionsOf<SchedulerState>({
    lastEpoch: wholeNumber(0),
    baseLrs: rates,
    lastLrs: rates,
    schedulers: kind('a list of states', v => Array.isArray(v) && v.every(s => aState.fits(s))),
  }),
  'lastEpoch',
  'baseLrs',
  'lastLrs',
);

/** The base of schedules: a subclass says the rates of the next epoch. */
export abstract class LRScheduler {
  /** Epochs done. */
  lastEpoch = 0;
  private lastLrs: readonly number[] = [];
  /** The rates of the groups before any schedule: α₀. */
  protected bases: number[];

  /** @param schedulers those that it is made of, all of one optimiser. */
  constructor(
    readonly optimizer: Schedulable,
    protected readonly schedulers: readonly LRScheduler[] = [],
  ) {
    if (schedulers.some(s => s.optimizer !== optimizer)) {
      throw new ValueError(this.constructor.name, 'takes schedules of one optimizer');
    }
    this.bases = optimizer.paramGroups.map(initialRate);
  }

  /** The rate of group i for epoch `lastEpoch`, from 1 on; lr is that of the epoch before. */
  protected abstract next(lr: number, base: number, i: number): number;
  /** The rate of group i for epoch 0. */
  protected first(lr: number, _base: number, _i: number): number {
    return lr;
  }
  /** Sets what else goes with the rates, after these. */
  protected setMore(): void {}

  /** Sets the rates for the next epoch. */
  step(): void {
    checkCount(`${this.constructor.name}.step`, 0, arguments);
    const { lastEpoch } = this;
    this.lastEpoch++;
    try {
      this.set((lr, base, i) => this.next(lr, base, i));
    } catch (e) {
      this.lastEpoch = lastEpoch;
      throw e;
    }
  }
  /** Begins, with the rates of epoch 0: from the rates before any schedule, or from those that there are. */
  restart(from: 'initial' | 'current' = 'initial'): void {
    check(`${this.constructor.name}.restart`, 'from', oneOf('initial', 'current'), from);
    checkCount(`${this.constructor.name}.restart`, 1, arguments);
    this.lastEpoch = 0;
    this.set((lr, base, i) => this.first(from === 'initial' ? base : lr, base, i));
  }
  private set(rate: (lr: number, base: number, i: number) => number): void {
    const groups = this.optimizer.paramGroups;
    for (const g of groups.slice(this.bases.length)) this.bases.push(initialRate(g)); // groups that were added
    const lrs = groups.map((g, i) => rate(g.lr, this.bases[i]!, i)); // all, before the first is set: a function may throw
    groups.forEach((g, i) => (g.lr = lrs[i]!));
    this.lastLrs = lrs;
    this.setMore();
  }

  /** The rates that it set last, of each group. */
  getLastLr(): readonly number[] {
    return this.lastLrs;
  }

  /** Where it is: the optimiser's state has the rates. */
  stateDict(): SchedulerState {
    const own = { lastEpoch: this.lastEpoch, baseLrs: [...this.bases], lastLrs: [...this.lastLrs] };
    return this.schedulers.length === 0 ? own : { ...own, schedulers: this.schedulers.map(s => s.stateDict()) };
  }
  /**
   * Goes on from there.
   *
   * @throws {ValueError} for what is no state of such a schedule.
   */
  loadStateDict(state: SchedulerState): void {
    const where = `${this.constructor.name}.loadStateDict`;
    checkCount(where, 1, arguments);
    this.checkState(where, state);
    this.load(state);
  }
  private checkState(where: string, state: SchedulerState): void {
    check(where, 'state', aState, state);
    const groups = this.optimizer.paramGroups.length;
    if (state.baseLrs.length !== groups) {
      throw new ValueError(where, `takes the rates of ${groups} groups, these are ${state.baseLrs.length}`);
    }
    const { schedulers = [] } = state;
    if (this.schedulers.length !== schedulers.length) {
      const found = `these are ${schedulers.length}`;
      throw new ValueError(where, `takes the states of ${this.schedulers.length} schedules, ${found}`);
    }
    schedulers.forEach((s, i) => this.schedulers[i]?.checkState(where, s));
  }
  private load({ lastEpoch, baseLrs, lastLrs, schedulers = [] }: SchedulerState): void {
    this.lastEpoch = lastEpoch;
    this.bases = [...baseLrs];
    this.lastLrs = [...lastLrs];
    schedulers.forEach((s, i) => this.schedulers[i]?.load(s));
  }
}
export const aScheduler: Kind<LRScheduler> = kind('a schedule', v => v instanceof LRScheduler);
