/** Precision, recall and F1, of a class or of all, from counts. */
import { kind, oneOf, type Kind } from '../core/kinds';

/** How well one class is found, or the classes on average. A quotient 0/0 counts as 0, or as `zeroDivision` says. */
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
/** Of one class. */
export interface Count {
  /** Samples of the class that were predicted as it: TP. */
  readonly hits: number;
  /** Samples that were predicted as it: TP + FP. */
  readonly predicted: number;
  /** Samples of it: TP + FN. */
  readonly support: number;
}

/**
 * 'macro': each class counts the same, samples of it or not. 'weighted': each as much as it has samples. 'micro': the counts
 * of all classes are summed first; where each sample has one class, that is the accuracy.
 */
export type Averaging = 'macro' | 'weighted' | 'micro';
export const anAveraging: Kind<Averaging> = oneOf('macro', 'weighted', 'micro');

/** What 0/0 may count as. */
export const aZeroDivision: Kind<number> = kind('0, 1 or NaN', v => v === 0 || v === 1 || Number.isNaN(v));

export type Score = 'precision' | 'recall' | 'f1';
/** Each is a quotient of counts. */
const QUOTIENTS: Readonly<Record<Score, (count: Count) => readonly [a: number, b: number]>> = {
  precision: ({ hits, predicted }) => [hits, predicted],
  recall: ({ hits, support }) => [hits, support],
  f1: ({ hits, predicted, support }) => [2 * hits, predicted + support],
};

export const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
export const ratio = (a: number, b: number, zeroDivision: number = 0): number => (b === 0 ? zeroDivision : a / b);

/** The score of one class. */
export function scoreOf(score: Score, count: Count, zeroDivision: number): number {
  return ratio(...QUOTIENTS[score](count), zeroDivision);
}

/** The score of all classes; those of which it is NaN are left out. NaN if none remains. */
export function averageOf(score: Score, counts: readonly Count[], averaging: Averaging, zeroDivision: number): number {
  if (averaging === 'micro') return scoreOf(score, total(counts), zeroDivision);
  const terms = counts
    .map(count => ({ value: scoreOf(score, count, zeroDivision), weight: averaging === 'macro' ? 1 : count.support }))
    .filter(({ value }) => !Number.isNaN(value));
  const weights = sum(terms.map(({ weight }) => weight));
  if (weights === 0) return ratio(sum(terms.map(({ value }) => value)), terms.length, NaN); // samples of none of them
  return sum(terms.map(({ value, weight }) => weight * value)) / weights;
}

function total(counts: readonly Count[]): Count {
  return {
    hits: sum(counts.map(c => c.hits)),
    predicted: sum(counts.map(c => c.predicted)),
    support: sum(counts.map(c => c.support)),
  };
}

/** The scores of one class. */
export function scoresOfClass(count: Count, zeroDivision: number = 0): ClassScores {
  const of = (score: Score): number => scoreOf(score, count, zeroDivision);
  return { precision: of('precision'), recall: of('recall'), f1: of('f1'), support: count.support };
}
/** The scores of all classes; `support` is the number of samples. */
export function averageScores(counts: readonly Count[], averaging: Averaging, zeroDivision: number = 0): ClassScores {
  const of = (score: Score): number => averageOf(score, counts, averaging, zeroDivision);
  return { precision: of('precision'), recall: of('recall'), f1: of('f1'), support: sum(counts.map(c => c.support)) };
}
