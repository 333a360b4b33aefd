/** What is found of a class, and at which price, from the strictest threshold to the loosest. */
import { RankingMetric, type Ranking } from './ranking';
import { ratio, sum } from './scores';

/** One class's receiver operating characteristic: a point for each threshold, from (0, 0) at ∞ to (1, 1). */
export interface RocPoints {
  /** Of the samples of other classes, the share with a score of at least the threshold: FP / (FP + TN). */
  readonly falsePositiveRate: readonly number[];
  /** Of the samples of the class, that share: TP / (TP + FN). */
  readonly truePositiveRate: readonly number[];
  /** Falling; at first ∞, which none reaches. */
  readonly thresholds: readonly number[];
  /** Under the polygon. */
  readonly area: number;
}
/** One class's precision over its recall: a point for each threshold, and the last at (0, 1), which has none. */
export interface PrecisionRecallPoints {
  /** Of the samples with a score of at least the threshold, the share of the class: TP / (TP + FP). */
  readonly precision: readonly number[];
  /** Of the samples of the class, the share with such a score: TP / (TP + FN). */
  readonly recall: readonly number[];
  /** Rising. */
  readonly thresholds: readonly number[];
  /** The average precision. */
  readonly area: number;
}
/** The curves of all classes, or of class 1 of two. */
export interface Curves<Points> {
  readonly curves: readonly Points[];
  /** The mean of their areas. */
  readonly area: number;
}
const together = <P extends { readonly area: number }>(curves: readonly P[]): Curves<P> => ({
  curves,
  area: mean(curves.map(({ area }) => area)),
});
const mean = (xs: readonly number[]): number => sum(xs) / xs.length;

/**
 * The area under the receiver operating characteristic, by trapezia: the probability that a sample of the class has a higher
 * score than one of another, of equal scores half. NaN if there are no samples of the class, or of others.
 */
function rocArea({ tp, fp, positives, negatives }: Ranking): number {
  let twice = 0; // in units of one pair of samples: whole numbers, exact to 2^53
  for (let i = 0; i < tp.length; i++) twice += (fp[i]! - (fp[i - 1] ?? 0)) * (tp[i]! + (tp[i - 1] ?? 0));
  return ratio(twice, 2 * positives * negatives, NaN);
}

/** Σ (Rᵢ − Rᵢ₋₁) Pᵢ over the thresholds, from the largest, with precision P and recall R; 0 if there are no samples of the class. */
function averagePrecision({ tp, fp, positives }: Ranking): number {
  return ratio(sum(tp.map((n, i) => (n - (tp[i - 1] ?? 0)) * (n / (n + fp[i]!)))), positives);
}

/** Thresholds that lie on a straight line between their neighbours, and equally far, are left out. */
function roc(ranking: Ranking): RocPoints {
  const { tp, fp, thresholds, positives, negatives } = ranking;
  const bends = (xs: readonly number[], i: number): boolean => xs[i + 1]! - xs[i]! !== xs[i]! - xs[i - 1]!;
  const kept = [...thresholds.keys()].filter(
    i => i === 0 || i === thresholds.length - 1 || bends(tp, i) || bends(fp, i),
  );
  const rate = (xs: readonly number[], all: number): number[] =>
    [0, ...kept.map(i => xs[i]!)].map(x => ratio(x, all, NaN));
  return {
    falsePositiveRate: rate(fp, negatives),
    truePositiveRate: rate(tp, positives),
    thresholds: [Infinity, ...kept.map(i => thresholds[i]!)],
    area: rocArea(ranking),
  };
}

/** Recall is 1 if there are no samples of the class. */
function precisionRecall(ranking: Ranking): PrecisionRecallPoints {
  const { tp, fp, thresholds, positives } = ranking;
  return {
    precision: [1, ...tp.map((n, i) => n / (n + fp[i]!))].reverse(),
    recall: [0, ...tp.map(n => ratio(n, positives, 1))].reverse(),
    thresholds: [...thresholds].reverse(),
    area: averagePrecision(ranking),
  };
}

/**
 * Receiver operating characteristics: the share found of a class over the share of others taken for it. Without samples of
 * the class, or of others, the rates of these are NaN, and so is the area.
 */
export class RocCurve extends RankingMetric<Curves<RocPoints>> {
  readonly name = 'rocCurve';
  readonly better = null;
  compute(): Curves<RocPoints> {
    return together(this.rankings().map(roc));
  }
}

/** Precision over recall. Without samples of the class, recall is 1 and the area 0. */
export class PrecisionRecallCurve extends RankingMetric<Curves<PrecisionRecallPoints>> {
  readonly name = 'precisionRecallCurve';
  readonly better = null;
  compute(): Curves<PrecisionRecallPoints> {
    return together(this.rankings().map(precisionRecall));
  }
}

/**
 * The area under the receiver operating characteristic: the probability that a sample of the class has a higher score than
 * one of another, of equal scores half. Of several classes the mean. NaN if there are no samples of a class, or of others.
 */
export class AreaUnderRoc extends RankingMetric<number> {
  readonly name = 'areaUnderRoc';
  readonly better = 'higher';
  compute(): number {
    return mean(this.rankings().map(rocArea));
  }
}

/**
 * The average precision Σ (Rᵢ − Rᵢ₋₁) Pᵢ over the thresholds, from the largest, with precision P and recall R. Of several
 * classes the mean; 0 of one without samples.
 */
export class AveragePrecision extends RankingMetric<number> {
  readonly name = 'averagePrecision';
  readonly better = 'higher';
  compute(): number {
    return mean(this.rankings().map(averagePrecision));
  }
}
