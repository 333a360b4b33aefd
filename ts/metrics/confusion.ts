/** What a classifier takes for what, and the measures that follow. */
import { ShapeError, ValueError } from '../core/errors';
import { check, oneOf, wholeNumber, checkCount } from '../core/kinds';
import { checkConstructor } from '../core/signature';
import { checkLabels, labelsOf, type Labels } from './labels';

/** How well one class is found, or the classes on average. A quotient 0/0 counts as 0. */
export interface ClassScores {
  /** Of the samples predicted as this class, the share that are: TP / (TP + FP). */
  readonly precision: number;
  /** Of the samples of this class, the share predicted as it: TP / (TP + FN). */
  readonly recall: number;
  /** The harmonic mean of both: 2 TP / (2 TP + FP + FN). */
  readonly f1: number;
  /** Number of samples of this class. */
  readonly support: number;
}
/** Each class counts the same, or as much as it has samples. */
export type Averaging = 'macro' | 'weighted';

const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

/** More classes have more counts than JavaScript can hold. */
const MOST = 2 ** 13;

/** Counts of samples by their class, the target (row), and predicted class (column), gathered over batches. */
export class ConfusionMatrix {
  readonly #counts: number[][];

  /** Labels are 0 to classes − 1. Throws ValueError for fewer than one class. */
  constructor(readonly classes: number) {
    checkConstructor<typeof ConfusionMatrix>('ConfusionMatrix', [['classes', wholeNumber(1)]], arguments);
    if (classes > MOST) throw new ValueError('ConfusionMatrix', `classes takes up to ${MOST}, this is ${classes}`);
    this.#counts = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  }

  /**
   * Counts the samples of a batch. Throws, before it counts any, ShapeError if there are not as many predictions as
   * targets, IndexError for a label outside the classes, DTypeError for floats.
   */
  update(predicted: Labels, target: Labels): this {
    checkCount('ConfusionMatrix.update', 2, arguments);
    const columns = labelsOf('ConfusionMatrix', 'predicted', predicted);
    const rows = labelsOf('ConfusionMatrix', 'target', target);
    if (rows.length !== columns.length) {
      throw new ShapeError('ConfusionMatrix', `${columns.length} predictions for ${rows.length} targets`);
    }
    checkLabels('ConfusionMatrix', 'predicted', columns, this.classes);
    checkLabels('ConfusionMatrix', 'target', rows, this.classes);
    for (let i = 0; i < rows.length; i++) this.#counts[rows[i]!]![columns[i]!]!++;
    return this;
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
    return this.#counts.map((row, c) => {
      const hits = row[c]!;
      const support = sum(row);
      const predicted = sum(this.#counts.map(other => other[c]!));
      return {
        precision: ratio(hits, predicted),
        recall: ratio(hits, support),
        f1: ratio(2 * hits, predicted + support),
        support,
      };
    });
  }

  /** The average of the scores over all classes; `support` is the number of samples. */
  average(averaging: Averaging): ClassScores {
    checkCount('ConfusionMatrix.average', 1, arguments);
    check('ConfusionMatrix', 'averaging', oneOf('macro', 'weighted'), averaging);
    const scores = this.perClass();
    const weights = scores.map(({ support }) => (averaging === 'macro' ? 1 : support));
    const mean = (of: 'precision' | 'recall' | 'f1'): number =>
      ratio(sum(scores.map((s, c) => weights[c]! * s[of])), sum(weights));
    return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), support: this.total };
  }
}

/** Counts of samples by their class, the target (row), and predicted class (column). Throws as ConfusionMatrix does. */
export function confusionMatrix(predicted: Labels, target: Labels, classes: number): number[][] {
  checkCount('confusionMatrix', 3, arguments);
  return new ConfusionMatrix(classes).update(predicted, target).matrix;
}
