/** Learning rates that change from epoch to epoch: each `step()` sets those of every group for the next epoch. */
import { ValueError } from '../core/errors';
import { aFunction, aNumber, check, kind, listOf, optional, wholeNumber, type Kind } from '../core/kinds';
import { checkConstructor } from '../core/signature';
import { Optimizer } from './optimizer';

type Schedulable = Pick<Optimizer<object>, 'groups'>;
const anOptimizer: Kind<Schedulable> = kind('an optimizer', v => v instanceof Optimizer);

/** α_t = α₀ · f(t), t counting the calls of `step`, which throws ValueError where f returns no finite number. */
export class LambdaLR {
  private readonly initial: readonly number[];
  /** Epochs done. */
  epoch = 0;

  constructor(
    private readonly optimizer: Schedulable,
    private readonly factor: (epoch: number) => number,
  ) {
    checkConstructor<typeof LambdaLR>(
      'LambdaLR',
      [
        ['optimizer', anOptimizer],
        ['factor', aFunction()],
      ],
      arguments,
    );
    this.initial = optimizer.groups.map(g => g.lr);
    this.set();
  }

  step(): void {
    const { epoch } = this;
    this.epoch++;
    try {
      this.set();
    } catch (e) {
      this.epoch = epoch;
      throw e;
    }
  }
  private set(): void {
    const rates = this.initial.map(initial => this.rate(initial)); // all, before the first is set: `factor` may throw
    this.optimizer.groups.forEach((g, i) => (g.lr = rates[i]!));
  }
  protected rate(initial: number): number {
    const factor = this.factor(this.epoch);
    check(this.constructor.name, 'what factor returns', aNumber(), factor);
    return initial * factor;
  }
}

/** Times γ every `stepSize` epochs. */
export class StepLR extends LambdaLR {
  constructor(optimizer: Schedulable, stepSize: number, gamma = 0.1) {
    checkConstructor<typeof StepLR>(
      'StepLR',
      [
        ['optimizer', anOptimizer],
        ['stepSize', wholeNumber(1)],
        ['gamma', optional(aNumber(0))],
      ],
      arguments,
    );
    super(optimizer, t => gamma ** Math.floor(t / stepSize));
  }
}

/** Times γ at each of the epochs named. */
export class MultiStepLR extends LambdaLR {
  constructor(optimizer: Schedulable, milestones: readonly number[], gamma = 0.1) {
    checkConstructor<typeof MultiStepLR>(
      'MultiStepLR',
      [
        ['optimizer', anOptimizer],
        ['milestones', listOf(wholeNumber(), 'a list of epochs')],
        ['gamma', optional(aNumber(0))],
      ],
      arguments,
    );
    const epochs = [...milestones];
    super(optimizer, t => gamma ** epochs.filter(m => m <= t).length);
  }
}

/** Times γ every epoch. */
export class ExponentialLR extends LambdaLR {
  constructor(optimizer: Schedulable, gamma: number) {
    checkConstructor<typeof ExponentialLR>(
      'ExponentialLR',
      [
        ['optimizer', anOptimizer],
        ['gamma', aNumber(0)],
      ],
      arguments,
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
    checkConstructor<typeof CosineAnnealingLR>(
      'CosineAnnealingLR',
      [
        ['optimizer', anOptimizer],
        ['tMax', wholeNumber(1)],
        ['etaMin', optional(aNumber(0))],
      ],
      arguments,
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
