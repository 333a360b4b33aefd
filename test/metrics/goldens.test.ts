/**
 * All metrics against scikit-learn's values of 200 small random samples, which come at once and in batches, some of them empty:
 * test/goldens/metrics.py says how they were made.
 */
import { readFileSync } from 'node:fs';
import { scope, tensor, type Tensor } from 'phyllo';
import { expect, test } from 'vitest';
import {
  Accuracy,
  AreaUnderRoc,
  AveragePrecision,
  CalibrationError,
  ConfusionMatrix,
  F1,
  MeanAbsoluteError,
  MeanSquaredError,
  Perplexity,
  Precision,
  PrecisionRecallCurve,
  R2Score,
  Recall,
  report,
  RocCurve,
  TopKAccuracy,
  type Averaging,
  type Metric,
  type RankingOptions,
} from '../../ts/metrics/index';
import { randomFrom } from '../ops/harness';

/** null: NaN. */
type Figure = number | null;
type Scores = readonly Figure[];
interface Several extends Readonly<Record<Averaging, Scores>> {
  readonly classes: number;
  readonly parts: readonly number[];
  readonly target: readonly number[];
  readonly accuracy: number;
  readonly confusion: readonly number[];
  readonly perClass: readonly Scores[];
  readonly calibration: Scores;
  readonly perplexity: number;
  readonly aucs: Scores;
  readonly averagePrecision: number;
  readonly auc?: Figure;
  readonly top2?: number;
}
type Points = readonly (readonly (Figure | 'inf')[])[];
interface Two {
  readonly parts: readonly number[];
  readonly target: readonly number[];
  readonly accuracy: number;
  readonly binary: Scores;
  readonly roc: Points;
  readonly precisionRecall: Points;
  readonly auc: Figure;
  readonly averagePrecision: number;
  readonly calibration: Scores;
}
interface Numbers {
  readonly outputs: number;
  readonly output: readonly number[];
  readonly target: readonly number[];
  readonly meanSquaredError: number;
  readonly meanAbsoluteError: number;
  readonly r2: number;
}
interface Case {
  readonly zeroDivision: Figure;
  readonly several: Several;
  readonly two: Two;
  readonly numbers: Numbers;
}
interface Goldens {
  readonly report: {
    readonly actual: readonly number[];
    readonly predicted: readonly number[];
    readonly classNames: readonly string[];
    readonly two: string;
    readonly four: string;
  };
  readonly cases: readonly Case[];
}
const file = new URL('../goldens/metrics.json', import.meta.url);
const goldens: Goldens = JSON.parse(readFileSync(file, 'utf8'));

const near = (digits: number, expected: Figure | 'inf'): unknown =>
  expected === null ? NaN : expected === 'inf' ? Infinity : expect.closeTo(expected, digits);
const close = (expected: Figure): unknown => near(6, expected);

/** Rows of f32, `width` numbers each; width 0: a number each. */
const rows = (numbers: readonly number[], width: number): Tensor =>
  tensor(Float32Array.from(numbers), { shape: width === 0 ? [numbers.length] : [numbers.length / width, width] });
const labels = (numbers: readonly number[]): Tensor => tensor(Int32Array.from(numbers));

const random = randomFrom(3);
/** [0, …, n]: where batches begin and end; none to all of the samples are in one. */
function cuts(n: number): number[] {
  const inner = Array.from({ length: Math.floor(random() * 4) }, () => Math.floor(random() * (n + 1)));
  return [0, ...inner.sort((a, b) => a - b), n];
}

/** What the metric says of all samples, of which it must say the same batch by batch, and after a reset. */
function found<R>(metric: Metric<R>, output: Tensor, target: Tensor): R {
  metric.update(output, target);
  const whole = metric.compute();
  expect(metric.compute()).toEqual(whole);
  metric.reset();
  const at = cuts(target.shape[0]!);
  for (const [i, end] of at.slice(1).entries()) {
    metric.update(output.slice(0, at[i]!, end), target.slice(0, at[i]!, end));
  }
  const same: unknown =
    typeof whole === 'number' && !Number.isInteger(whole) && !Number.isNaN(whole) ? expect.closeTo(whole, 12) : whole;
  expect(metric.compute()).toEqual(same);
  return whole;
}

const options = ({ zeroDivision }: Case): { zeroDivision: number } => ({ zeroDivision: zeroDivision ?? NaN });
const NAMES = ['precision', 'recall', 'f1'] as const;

function checkSeveral(c: Case): void {
  const { classes, parts, target, ...expected } = c.several;
  const shares = parts.map(n => n / 64);
  const [logits, probabilities, t] = [rows(parts.map(Math.log), classes), rows(shares, classes), labels(target)];
  expect(found(new Accuracy(), logits, t)).toEqual(close(expected.accuracy));
  expect(found(new ConfusionMatrix(classes), logits, t).flat()).toEqual(expected.confusion);
  for (const [i, Score] of [Precision, Recall, F1].entries()) {
    for (const average of ['macro', 'weighted', 'micro'] as const) {
      const score = new Score(classes, { average, ...options(c) });
      expect(found(score, logits, t)).toEqual(close(expected[average][i]!));
      expect(score.perClass()).toEqual(expected.perClass[i]!.map(close));
    }
  }
  expect(found(new CalibrationError({ bins: 5 }), logits, t)).toEqual(close(expected.calibration[0]!));
  const maximal = new CalibrationError({ bins: 5, error: 'maximal', input: 'probabilities' });
  expect(found(maximal, probabilities, t)).toEqual(close(expected.calibration[1]!));
  expect(found(new Perplexity(), logits, t)).toEqual(near(4, expected.perplexity));
  const given: RankingOptions = { input: 'probabilities' };
  const areas = found(new RocCurve(classes, given), probabilities, t).curves.map(({ area }) => area);
  expect(areas).toEqual(expected.aucs.map(close));
  const averages = found(new AveragePrecision(classes, given), probabilities, t);
  expect(averages).toEqual(close(expected.averagePrecision));
  expect(found(new PrecisionRecallCurve(classes, given), probabilities, t).area).toBe(averages);
  if (expected.auc !== undefined) {
    expect(found(new AreaUnderRoc(classes, given), probabilities, t)).toEqual(close(expected.auc));
  }
  if (expected.top2 !== undefined) expect(found(new TopKAccuracy(2), logits, t)).toEqual(close(expected.top2));

  const confusion = new ConfusionMatrix(classes).update(logits, t);
  const { macro, weighted, ...rest } = report(confusion, options(c));
  expect(rest.accuracy).toEqual(close(expected.accuracy));
  expect(NAMES.map(name => macro[name])).toEqual(expected.macro.map(close));
  expect(NAMES.map(name => weighted[name])).toEqual(expected.weighted.map(close));
  expect(NAMES.map(name => rest.classes.map(scores => scores[name]))).toEqual(expected.perClass.map(s => s.map(close)));
}

function checkTwo(c: Case): void {
  const { parts, target, ...expected } = c.two;
  const shares = parts.map(n => n / 64);
  const [scores, t] = [rows(shares, 0), labels(target)];
  const threshold = 0.5;
  expect(found(new Accuracy({ threshold }), scores, t)).toEqual(close(expected.accuracy));
  const binary = [Precision, Recall, F1].map(Score => new Score(2, { threshold, ...options(c) }));
  expect(binary.map(score => found(score, scores, t))).toEqual(expected.binary.map(close));
  const roc = found(new RocCurve(), scores, t);
  expect(roc.area).toEqual(close(expected.auc));
  const { falsePositiveRate, truePositiveRate, thresholds } = roc.curves[0]!;
  const points = (columns: Points): unknown => columns.map(column => column.map(x => near(3, x)));
  expect([falsePositiveRate, truePositiveRate, thresholds.map(x => 64 * x)]).toEqual(points(expected.roc));
  const curve = found(new PrecisionRecallCurve(), scores, t).curves[0]!;
  expect([curve.precision, curve.recall, curve.thresholds.map(x => 64 * x)]).toEqual(points(expected.precisionRecall));
  expect(curve.area).toEqual(close(expected.averagePrecision));
  expect(found(new AreaUnderRoc(), scores, t)).toEqual(close(expected.auc));
  expect(found(new AveragePrecision(), scores, t)).toEqual(close(expected.averagePrecision));
  for (const [i, error] of (['expected', 'maximal'] as const).entries()) {
    const metric = new CalibrationError({ bins: 5, error, input: 'probabilities' });
    expect(found(metric, scores, t)).toEqual(close(expected.calibration[i]!));
  }
}

function checkNumbers({ numbers: { outputs, output, target, ...expected } }: Case): void {
  const eighths = (list: readonly number[]): Tensor =>
    rows(
      list.map(n => n / 8),
      outputs,
    );
  const [y, t] = [eighths(output), eighths(target)];
  expect(found(new MeanSquaredError(), y, t)).toEqual(close(expected.meanSquaredError));
  expect(found(new MeanAbsoluteError(), y, t)).toEqual(close(expected.meanAbsoluteError));
  expect(found(new R2Score(), y, t)).toEqual(close(expected.r2));
}

test.each(goldens.cases.map((c, i): [number, Case] => [i, c]))('sample %i', (_, c) => {
  for (const check of [checkSeveral, checkTwo, checkNumbers]) scope(() => check(c));
});

test('the report as text', () => {
  const { two, four, ...given } = goldens.report;
  expect(`${report(given)}\n`).toBe(two);
  expect(`${report(given).toString(4)}\n`).toBe(four);
});
