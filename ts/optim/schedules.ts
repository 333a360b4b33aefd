/** Schedules by formulas. */
import { ValueError } from '../core/errors';
import { aFunction, aNumber, check, listOf, optional, wholeNumber, type Kind } from '../core/kinds';
import { checkConstructor, type Signature } from '../core/signature';
import { anOptimizer, checkGroups, LRScheduler, ofGroup, perGroup, type PerGroup, type Schedulable } from './scheduler';

type Takes<A extends readonly unknown[]> = Signature<[optimizer: Schedulable, ...A]>;
const OF = ['optimizer', anOptimizer] as const;
const GAMMA = ['gamma', optional(aNumber(0))] as const;
const epochs: Kind<number> = wholeNumber(1);
type Factor = (epoch: number) => number;
const FACTOR = ['factor', perGroup<Factor>(aFunction())] as const;

/**
 * α_t = α₀ · f(t), f for all groups or one for each, t counting the calls of `step`, which throws ValueError where f returns no finite number. A rate that was
 * set by hand is written over.
 */
export class LambdaLR extends LRScheduler {
  constructor(
    optimizer: Schedulable,
    private readonly factor: PerGroup<Factor>,
  ) {
    checkConstructor<typeof LambdaLR>('LambdaLR', [OF, FACTOR], arguments);
    checkGroups('LambdaLR', 'factor', factor, optimizer);
    super(optimizer);
    this.restart('current');
  }
  protected next(_lr: number, base: number, i: number): number {
    const factor = ofGroup(this.factor, i)(this.lastEpoch);
    check(this.constructor.name, 'what factor returns', aNumber(), factor);
    return base * factor;
  }
  protected override first(lr: number, base: number, i: number): number {
    return this.next(lr, base, i);
  }
}

/** α_t = α_{t−1} · f(t), f for all groups or one for each. */
export class MultiplicativeLR extends LRScheduler {
  constructor(
    optimizer: Schedulable,
    private readonly factor: PerGroup<Factor>,
  ) {
    checkConstructor<typeof MultiplicativeLR>('MultiplicativeLR', [OF, FACTOR], arguments);
    checkGroups('MultiplicativeLR', 'factor', factor, optimizer);
    super(optimizer);
    this.restart('current');
  }
  protected next(lr: number, _base: number, i: number): number {
    const factor = ofGroup(this.factor, i)(this.lastEpoch);
    check(this.constructor.name, 'what factor returns', aNumber(), factor);
    return lr * factor;
  }
}

/** Times γ every `stepSize` epochs. */
export class StepLR extends LRScheduler {
  constructor(
    optimizer: Schedulable,
    private readonly stepSize: number,
    private readonly gamma: number = 0.1,
  ) {
    const takes: Takes<[stepSize: number, gamma?: number]> = [OF, ['stepSize', epochs], GAMMA];
    checkConstructor<typeof StepLR>('StepLR', takes, arguments);
    super(optimizer);
    this.restart('current');
  }
  protected next(lr: number): number {
    return this.lastEpoch % this.stepSize === 0 ? lr * this.gamma : lr;
  }
}

/** Times γ at each of the epochs named. */
export class MultiStepLR extends LRScheduler {
  private readonly milestones: readonly number[];
  constructor(
    optimizer: Schedulable,
    milestones: readonly number[],
    private readonly gamma: number = 0.1,
  ) {
    const list = listOf(wholeNumber(), 'a list of epochs');
    checkConstructor<typeof MultiStepLR>('MultiStepLR', [OF, ['milestones', list], GAMMA], arguments);
    super(optimizer);
    this.milestones = [...milestones];
    this.restart('current');
  }
  protected next(lr: number): number {
    return lr * this.gamma ** this.milestones.filter(m => m === this.lastEpoch).length;
  }
}

/** Times γ every epoch. */
export class ExponentialLR extends LRScheduler {
  constructor(
    optimizer: Schedulable,
    private readonly gamma: number,
  ) {
    checkConstructor<typeof ExponentialLR>('ExponentialLR', [OF, ['gamma', aNumber(0)]], arguments);
    super(optimizer);
    this.restart('current');
  }
  protected next(lr: number): number {
    return lr * this.gamma;
  }
}

/** Down along half a cosine to `etaMin` in tMax epochs, and up again (Loshchilov & Hutter 2017, without restarts). */
export class CosineAnnealingLR extends LRScheduler {
  constructor(
    optimizer: Schedulable,
    private readonly tMax: number,
    private readonly etaMin: number = 0,
  ) {
    checkConstructor<typeof CosineAnnealingLR>(
      'CosineAnnealingLR',
      [OF, ['tMax', epochs], ['etaMin', optional(aNumber(0))]],
      arguments,
    );
    super(optimizer);
    if (!(etaMin <= Math.min(...this.bases))) {
      throw new ValueError('CosineAnnealingLR', `etaMin ${etaMin} is above the learning rate`);
    }
    this.restart('current');
  }
  protected next(lr: number, base: number): number {
    const { etaMin, tMax, lastEpoch: t } = this;
    const height = (epoch: number): number => 1 + Math.cos((Math.PI * epoch) / tMax);
    // At the bottom of the curve before, no quotient says how far it goes up.
    if ((t - 1 - tMax) % (2 * tMax) === 0) return lr + ((base - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
    return (height(t) / height(t - 1)) * (lr - etaMin) + etaMin;
  }
}

/** From α₀ · startFactor in equal steps to α₀ · endFactor at epoch `totalIters`, and so on: a warm-up. */
export class LinearLR extends LRScheduler {
  constructor(
    optimizer: Schedulable,
    private readonly startFactor: number = 1 / 3,
    private readonly endFactor: number = 1,
    private readonly totalIters: number = 5,
  ) {
    const above = aNumber(Number.MIN_VALUE, 1);
    const takes: Takes<[startFactor?: number, endFactor?: number, totalIters?: number]> = [
      OF,
      ['startFactor', optional(above)],
      ['endFactor', optional(aNumber(0, 1))],
      ['totalIters', optional(epochs)],
    ];
    checkConstructor<typeof LinearLR>('LinearLR', takes, arguments);
    super(optimizer);
    this.restart('current');
  }
  protected override first(lr: number): number {
    return lr * this.startFactor;
  }
  protected next(lr: number): number {
    const { startFactor, endFactor, totalIters, lastEpoch: t } = this;
    if (t > totalIters) return lr;
    return lr * (1 + (endFactor - startFactor) / (totalIters * startFactor + (t - 1) * (endFactor - startFactor)));
  }
}

/** α₀ · factor before epoch `totalIters`, α₀ from then on. */
export class ConstantLR extends LRScheduler {
  constructor(
    optimizer: Schedulable,
    private readonly factor: number = 1 / 3,
    private readonly totalIters: number = 5,
  ) {
    const takes: Takes<[factor?: number, totalIters?: number]> = [
      OF,
      ['factor', optional(aNumber(Number.MIN_VALUE, 1))],
      ['totalIters', optional(epochs)],
    ];
    checkConstructor<typeof ConstantLR>('ConstantLR', takes, arguments);
    super(optimizer);
    this.restart('current');
  }
  protected override first(lr: number): number {
    return lr * this.factor;
  }
  protected next(lr: number): number {
    return this.lastEpoch === this.totalIters ? lr / this.factor : lr;
  }
}

/** Down to 0 at epoch `totalIters`, as (1 − t / totalIters)^power. */
export class PolynomialLR extends LRScheduler {
  constructor(
    optimizer: Schedulable,
    private readonly totalIters: number = 5,
    private readonly power: number = 1,
  ) {
    const takes: Takes<[totalIters?: number, power?: number]> = [
      OF,
      ['totalIters', optional(epochs)],
      ['power', optional(aNumber(0))],
    ];
    checkConstructor<typeof PolynomialLR>('PolynomialLR', takes, arguments);
    super(optimizer);
    this.restart('current');
  }
  protected next(lr: number): number {
    const { totalIters, power, lastEpoch: t } = this;
    if (t > totalIters) return lr;
    return lr * ((1 - t / totalIters) / (1 - (t - 1) / totalIters)) ** power;
  }
}
