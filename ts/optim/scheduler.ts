/** Learning rates that change from epoch to epoch: each `step()` sets those of every group for the next epoch. */
import { ValueError } from '../core/errors';
import { aFunction, aNumber, kind, listOf, wholeNumber, type Kind } from '../core/kinds';
import { checkArguments } from '../core/signature';
import { Optimizer } from './optimizer';

type Schedulable = Pick<Optimizer<object>, 'groups'>;
const anOptimizer: Kind<Schedulable> = kind('an optimizer', v => v instanceof Optimizer);

/** α_t = α₀ · f(t), t counting the calls of `step`. */
export class LambdaLR {
  private readonly initial: readonly number[];
  /** Epochs done. */
  epoch = 0;

  constructor(
    private readonly optimizer: Schedulable,
    private readonly factor: (epoch: number) => number,
  ) {
    checkArguments(
      'LambdaLR',
      [
        ['optimizer', anOptimizer],
        ['factor', aFunction()],
      ],
      [optimizer, factor],
    );
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
    checkArguments(
      'StepLR',
      [
        ['optimizer', anOptimizer],
        ['stepSize', wholeNumber(1)],
        ['gamma', aNumber(0)],
      ],
      [optimizer, stepSize, gamma],
    );
    super(optimizer, t => gamma ** Math.floor(t / stepSize));
  }
}

/** Times γ at each of the epochs named. */
export class MultiStepLR extends LambdaLR {
  constructor(optimizer: Schedulable, milestones: readonly number[], gamma = 0.1) {
    checkArguments(
      'MultiStepLR',
      [
        ['optimizer', anOptimizer],
        ['milestones', listOf(wholeNumber(), 'a list of epochs')],
        ['gamma', aNumber(0)],
      ],
      [optimizer, milestones, gamma],
    );
    super(optimizer, t => gamma ** milestones.filter(m => m <= t).length);
  }
}

/** Times γ every epoch. */
export class ExponentialLR extends LambdaLR {
  constructor(optimizer: Schedulable, gamma: number) {
    checkArguments(
      'ExponentialLR',
      [
        ['optimizer', anOptimizer],
        ['gamma', aNumber(0)],
      ],
      [optimizer, gamma],
    );
    super(optimizer, t => gamma ** t);
  }
}

/** Down along half a cosine to `etaMin` in tMax epochs, and up again (Loshchilov & Hutter 2017, without restarts). */
export class CosineAnnealingLR extends LambdaLR {
  constructor(
    optimizer: Schedulable,
    private readonly tMax: number,
    private readonly etaMin: number = 0,
  ) {
    checkArguments(
      'CosineAnnealingLR',
      [
        ['optimizer', anOptimizer],
        ['tMax', wholeNumber(1)],
        ['etaMin', aNumber(0)],
      ],
      [optimizer, tMax, etaMin],
    );
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
