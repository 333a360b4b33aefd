/** What a classifier takes for what, and the measures that follow. */
import { ValueError } from '../core/errors';
import { aText, check, checkCount, listOf, options as optionsOf, wholeNumber, type Keys } from '../core/kinds';
import { checkConstructor } from '../core/signature';
import { checkLabels, type Labels } from './labels';
import type { Metric } from './metric';
import { aThreshold, judge, type ThresholdOptions } from './outputs';
import {
  anAveraging,
  averageScores,
  ratio,
  scoresOfClass,
  sum,
  type Averaging,
  type ClassScores,
  type Count,
} from './scores';

/** More classes have more counts than JavaScript can hold. */
const MOST = 2 ** 13;

export interface ConfusionOptions extends ThresholdOptions {
  /** What reports and tables call the classes. Default '0', '1', …. */
  readonly classNames?: readonly string[];
}
const keys: Keys<ConfusionOptions> = { threshold: aThreshold, classNames: listOf(aText, 'a list of texts') };

/** Counts of samples by their class, the target (row), and predicted class (column), gathered over batches. */
export class ConfusionMatrix implements Metric<number[][]> {
  readonly name = 'confusionMatrix';
  readonly better = null;
  readonly classNames: readonly string[];
  readonly #counts: number[][];

  /** Labels are 0 to classes − 1. Throws ValueError for fewer than one class, and unless each has a name or none has. */
  constructor(
    readonly classes: number,
    readonly options: ConfusionOptions = {},
  ) {
    checkConstructor<typeof ConfusionMatrix>(
      'ConfusionMatrix',
      [
        ['classes', wholeNumber(1)],
        ['options', optionsOf(keys)],
      ],
      arguments,
    );
    const { classNames = Array.from({ length: classes }, (_, c) => String(c)), threshold } = options;
    if (classes > MOST) throw new ValueError('ConfusionMatrix', `classes takes up to ${MOST}, this is ${classes}`);
    if (classNames.length !== classes) {
      throw new ValueError('ConfusionMatrix', `${classes} classes have ${classNames.length} classNames`);
    }
    if (threshold !== undefined && classes !== 2) {
      throw new ValueError('ConfusionMatrix', `threshold is for 2 classes, these are ${classes}`);
    }
    this.classNames = [...classNames];
    this.#counts = zeros(classes);
  }

  /**
   * Counts the samples of a batch. The output is classes, as many as targets; logits (f32, [n, classes, …]), of which the
   * largest counts and of equal ones the first; or with a threshold, scores in the shape of the targets. Throws, before it
   * counts any, ShapeError if shapes do not fit, IndexError for a label outside the classes, ValueError for NaN.
   */
  update(output: Labels, target: Labels): this {
    const where = 'ConfusionMatrix';
    checkCount(`${where}.update`, 2, arguments);
    const { predicted, actual } = judge(where, output, target, this.options.threshold, this.classes);
    checkLabels(where, 'output', predicted, this.classes);
    checkLabels(where, 'target', actual, this.classes);
    for (let i = 0; i < actual.length; i++) this.#counts[actual[i]!]![predicted[i]!]!++;
    return this;
  }

  /** The counts, as a copy. */
  compute(): number[][] {
    return this.matrix;
  }

  reset(): void {
    for (const row of this.#counts) row.fill(0);
  }

  /** The counts, as a copy. */
  get matrix(): number[][] {
    return this.#counts.map(row => [...row]);
  }

  /** Number of samples. */
  get total(): number {
    return sum(this.#counts.map(sum));
  }

  /** The share of samples predicted as what they are; 0 if there are none. */
  get accuracy(): number {
    return ratio(sum(this.#counts.map((row, c) => row[c]!)), this.total);
  }

  /** The scores of each class. */
  perClass(): ClassScores[] {
    return countsOf(this.#counts).map(count => scoresOfClass(count));
  }

  /** The average of the scores over all classes; `support` is the number of samples. */
  average(averaging: Averaging): ClassScores {
    checkCount('ConfusionMatrix.average', 1, arguments);
    check('ConfusionMatrix', 'averaging', anAveraging, averaging);
    return averageScores(countsOf(this.#counts), averaging);
  }
}

const zeros = (classes: number): number[][] =>
  Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));

/** Of each class, from a confusion matrix: its place on the diagonal, and the sums of its column and row. */
export function countsOf(matrix: readonly (readonly number[])[]): Count[] {
  const columns = matrix.map(() => 0);
  for (const row of matrix) for (const [c, n] of row.entries()) columns[c]! += n;
  return matrix.map((row, c) => ({ hits: row[c]!, predicted: columns[c]!, support: sum(row) }));
}

/**
 * Counts of samples by their class, the target (row), and predicted class (column). Takes, and throws, what
 * {@link ConfusionMatrix} does.
 */
export function confusionMatrix(output: Labels, target: Labels, classes: number): number[][] {
  checkCount('confusionMatrix', 3, arguments);
  return new ConfusionMatrix(classes).update(output, target).matrix;
}
