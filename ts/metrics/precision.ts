/** How much of what is predicted as a class is of it (precision), how much of the class is found (recall), and both (F1). */
import { checkCount, oneOf, options as optionsOf, wholeNumber, type Keys } from '../core/kinds';
import { ValueError } from '../core/errors';
import { checkConstructor } from '../core/signature';
import { checkLabels, type Labels } from './labels';
import type { Metric } from './metric';
import { aThreshold, judge, type ThresholdOptions } from './outputs';
import { aZeroDivision, averageOf, scoreOf, type Averaging, type Count, type Score } from './scores';

export interface ScoreOptions extends ThresholdOptions {
  /** Over which classes: 'binary' is class 1 of two. Default 'macro', with a threshold 'binary'. */
  readonly average?: Averaging | 'binary';
  /** What 0/0 counts as: 0, 1, or NaN, with which a class where it comes up is left out of the average. Default 0. */
  readonly zeroDivision?: number;
}
const keys: Keys<ScoreOptions> = {
  threshold: aThreshold,
  average: oneOf('macro', 'weighted', 'micro', 'binary'),
  zeroDivision: aZeroDivision,
};

/** Counts by class: what the three scores are made of. */
abstract class ClassScore implements Metric {
  abstract readonly name: Score;
  readonly better = 'higher';
  readonly #hits: Float64Array;
  readonly #predicted: Float64Array;
  readonly #support: Float64Array;

  /**
   * Labels are 0 to classes − 1.
   *
   * @throws {ValueError} for fewer than one class; and, unless there are two, for a threshold and the average 'binary'.
   */
  constructor(
    readonly classes: number,
    readonly options: ScoreOptions = {},
  ) {
    const where = new.target.name;
    const takes = [
      ['classes', wholeNumber(1)],
      ['options', optionsOf(keys)],
    ] as const;
    checkConstructor<typeof ClassScore>(where, takes, arguments);
    const { threshold, average } = options;
    if (classes !== 2 && (threshold !== undefined || average === 'binary')) {
      const what = threshold === undefined ? "average 'binary'" : 'threshold';
      throw new ValueError(where, `${what} is for 2 classes, these are ${classes}`);
    }
    this.#hits = new Float64Array(classes);
    this.#predicted = new Float64Array(classes);
    this.#support = new Float64Array(classes);
  }

  /**
   * Counts a batch. The output is logits (f32, [n, classes, …]), of which the largest counts and of equal ones the first;
   * with a threshold, scores in the shape of the targets; or classes, as many as targets. Throws, before it counts any,
   * ShapeError if shapes do not fit, IndexError for a label outside the classes, ValueError for NaN.
   */
  update(output: Labels, target: Labels): void {
    const where = this.constructor.name;
    checkCount(`${where}.update`, 2, arguments);
    const { predicted, actual } = judge(where, output, target, this.options.threshold, this.classes);
    checkLabels(where, 'output', predicted, this.classes);
    checkLabels(where, 'target', actual, this.classes);
    for (let i = 0; i < actual.length; i++) {
      const [p, a] = [predicted[i]!, actual[i]!];
      this.#predicted[p]!++;
      this.#support[a]!++;
      if (p === a) this.#hits[a]!++;
    }
  }

  /** Over the classes, from 0 to 1. */
  compute(): number {
    const { threshold, zeroDivision = 0, average = threshold === undefined ? 'macro' : 'binary' } = this.options;
    if (average === 'binary') return this.perClass()[1]!;
    return averageOf(this.name, this.#counts(), average, zeroDivision);
  }

  /** Of each class, from 0 to 1. */
  perClass(): number[] {
    return this.#counts().map(count => scoreOf(this.name, count, this.options.zeroDivision ?? 0));
  }

  reset(): void {
    for (const counts of [this.#hits, this.#predicted, this.#support]) counts.fill(0);
  }

  #counts(): Count[] {
    return Array.from(this.#hits, (hits, c) => ({ hits, predicted: this.#predicted[c]!, support: this.#support[c]! }));
  }
}

/** Of the samples predicted as a class, the share that are of it: TP / (TP + FP). */
export class Precision extends ClassScore {
  readonly name = 'precision';
}
/** Of the samples of a class, the share predicted as it: TP / (TP + FN). */
export class Recall extends ClassScore {
  readonly name = 'recall';
}
/** The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN). */
export class F1 extends ClassScore {
  readonly name = 'f1';
}
