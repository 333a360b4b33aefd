/** Learning rates that change from epoch to epoch: each `step()` sets those of every group for the next epoch. */
import { ValueError } from '../core/errors';
import { checkInteger, checkNumber } from '../core/options';
import type { ParamGroup } from './optimizer';

interface Schedulable {
  readonly groups: readonly ParamGroup[];
}

/** α_t = α₀ · f(t), t counting the calls of `step`. */
export class LambdaLR {
  private readonly initial: readonly number[];
  /** Epochs done. */
  epoch = 0;

  constructor(private readonly optimizer: Schedulable, private readonly factor: (epoch: number) => number) {
    this.initial = optimizer.groups.map(g => g.lr);
    this.set();
  }

  step(): void {
    this.epoch++;
    this.set();
  }
  private set(): void {
    this.optimizer.groups.forEach((g, i) => (g.lr = this.rate(this.initial[i]!)));
  }
  protected rate(initial: number): number {
    return initial * this.factor(this.epoch);
  }
}

/** Times γ every `stepSize` epochs. */
export class StepLR extends LambdaLR {
  constructor(optimizer: Schedulable, stepSize: number, gamma = 0.1) {
    checkInteger('StepLR', 'stepSize', stepSize, 1);
    checkNumber('StepLR', 'gamma', gamma, 0);
    super(optimizer, t => gamma ** Math.floor(t / stepSize));
  }
}

/** Times γ at each of the epochs named. */
export class MultiStepLR extends LambdaLR {
  constructor(optimizer: Schedulable, milestones: readonly number[], gamma = 0.1) {
    milestones.forEach(m => checkInteger('MultiStepLR', 'milestones', m));
    checkNumber('MultiStepLR', 'gamma', gamma, 0);
    super(optimizer, t => gamma ** milestones.filter(m => m <= t).length);
  }
}

/** Times γ every epoch. */
export class ExponentialLR extends LambdaLR {
  constructor(optimizer: Schedulable, gamma: number) {
    checkNumber('ExponentialLR', 'gamma', gamma, 0);
    super(optimizer, t => gamma ** t);
  }
}

/** Down along half a cosine to `etaMin` in tMax epochs, and up again (Loshchilov & Hutter 2017, without restarts). */
export class CosineAnnealingLR extends LambdaLR {
  constructor(optimizer: Schedulable, private readonly tMax: number, private readonly etaMin: number = 0) {
    checkInteger('CosineAnnealingLR', 'tMax', tMax, 1);
    checkNumber('CosineAnnealingLR', 'etaMin', etaMin, 0);
    super(optimizer, () => 1);
    if (!(etaMin <= Math.min(...optimizer.groups.map(g => g.lr)))) {
      throw new ValueError('CosineAnnealingLR', `etaMin ${etaMin} is above the learning rate`);
    }
  }
  protected override rate(initial: number): number {
    if (this.epoch === 0) return initial;
    return this.etaMin + ((initial - this.etaMin) * (1 + Math.cos((Math.PI * this.epoch) / this.tMax))) / 2;
  }
}
