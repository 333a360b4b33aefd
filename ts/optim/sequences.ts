/** Schedules made of schedules. */
import { ValueError } from '../core/errors';
import { checkCount, listOf, wholeNumber, type Kind } from '../core/kinds';
import { checkConstructor } from '../core/signature';
import { anOptimizer, aScheduler, LRScheduler, type Schedulable } from './scheduler';

const schedules: Kind<readonly LRScheduler[]> = listOf(aScheduler, 'a list of schedules');

/** What schedules of schedules share. */
abstract class Composed extends LRScheduler {
  protected next(lr: number): number {
    return lr;
  }
  override getLastLr(): readonly number[] {
    return this.optimizer.paramGroups.map(g => g.lr);
  }
}

/** All at once: each `step` is one of every schedule, in order, so that their factors multiply. */
export class ChainedScheduler extends Composed {
  constructor(schedulers: readonly LRScheduler[]) {
    checkConstructor<typeof ChainedScheduler>('ChainedScheduler', [['schedulers', schedules]], arguments);
    const [first] = schedulers;
    if (!first) throw new ValueError('ChainedScheduler', 'takes at least one schedule');
    super(first.optimizer, [...schedulers]);
  }
  override step(): void {
    checkCount(`${this.constructor.name}.step`, 0, arguments);
    for (const s of this.schedulers) s.step();
    this.lastEpoch++;
  }
  override restart(from: 'initial' | 'current' = 'initial'): void {
    this.lastEpoch = 0;
    this.schedulers.forEach((s, i) => s.restart(i === 0 ? from : 'current'));
  }
}

/**
 * One after another: schedule i + 1 begins at epoch milestones[i], from the initial rates. A warm-up of 5 epochs, then 95 of decay:
 *
 *     new SequentialLR(o, [new LinearLR(o, 0.01, 1, 5), new CosineAnnealingLR(o, 95)], [5]);
 *
 * Where the decay is to go on during the warm-up, and their factors multiply, it is a `ChainedScheduler` of both.
 */
export class SequentialLR extends Composed {
  private readonly milestones: readonly number[];

  constructor(optimizer: Schedulable, schedulers: readonly LRScheduler[], milestones: readonly number[]) {
    checkConstructor<typeof SequentialLR>(
      'SequentialLR',
      [
        ['optimizer', anOptimizer],
        ['schedulers', schedules],
        ['milestones', listOf(wholeNumber(1), 'a list of epochs')],
      ],
      arguments,
    );
    if (milestones.length !== schedulers.length - 1 || milestones.some((m, i) => i > 0 && m <= milestones[i - 1]!)) {
      const found = `these are ${schedulers.length} and [${milestones.join(', ')}]`;
      throw new ValueError(
        'SequentialLR',
        `takes schedules and the ascending epochs where all but the first begin, ${found}`,
      );
    }
    super(optimizer, [...schedulers]);
    this.milestones = [...milestones];
    this.restart();
  }
  override step(): void {
    checkCount(`${this.constructor.name}.step`, 0, arguments);
    const next = this.lastEpoch + 1;
    const i = this.milestones.filter(m => m <= next).length;
    if (i > 0 && this.milestones[i - 1] === next) this.schedulers[i]?.restart();
    else this.schedulers[i]?.step();
    this.lastEpoch = next;
  }
  override restart(): void {
    this.lastEpoch = 0;
    this.schedulers[0]?.restart();
  }
}
