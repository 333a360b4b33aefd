/** Every metric, and every member of the confusion matrix, against counting. */
import { crossEntropy, Generator, randint, randn, scope, softmax, tensor, type Tensor } from 'phyllo';
import { expect, test } from 'vitest';
import * as metrics from '../../ts/metrics/index';
import type { Metric } from '../../ts/metrics/index';

const [N, CLASSES] = [60, 4];
const from = { generator: new Generator(2) };
const scores = randn([N, CLASSES], from);
const target = randint(0, CLASSES, [N], from);
const probabilities = softmax(scores, 1);
const rowsOf = (t: Tensor): number[][] =>
  Array.from({ length: N }, (_, i) => Array.from(t.toArray().slice(CLASSES * i, CLASSES * (i + 1))));
const rows = rowsOf(scores);
const shares = rows.map(row => row.map(x => Math.exp(x) / row.reduce((s, y) => s + Math.exp(y), 0)));
const actual = Array.from(target.toArray());
const predicted = rows.map(row => row.indexOf(Math.max(...row)));
const classes = [0, 1, 2, 3];
const numbers = randn([N, CLASSES], from);
/** The samples of which f is true. */
const count = (f: (actual: number, predicted: number) => boolean): number =>
  actual.filter((a, i) => f(a, predicted[i]!)).length;
const table = classes.map(a => classes.map(p => count((x, y) => x === a && y === p)));

const NAMES = ['ant', 'bee', 'cat', 'dog'];
const made = (): metrics.ConfusionMatrix =>
  new metrics.ConfusionMatrix(CLASSES, { classNames: NAMES }).update(predicted, target);
/** By definition: what was found of the class, what of the found is of it, and 2PR / (P + R). */
const expected = classes.map(c => {
  const precision = table[c]![c]! / count((_, p) => p === c);
  const recall = table[c]![c]! / count(a => a === c);
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall), support: count(a => a === c) };
});
type Score = 'precision' | 'recall' | 'f1';
const close = (x: number): unknown => expect.closeTo(x, 12);
const near = (x: number): unknown => expect.closeTo(x, 5);
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const average = (key: Score, weight: (c: number) => number): unknown =>
  close(classes.reduce((s, c) => s + weight(c) * expected[c]![key], 0) / classes.reduce((s, c) => s + weight(c), 0));
const averages = (weight: (c: number) => number): unknown => ({
  precision: average('precision', weight),
  recall: average('recall', weight),
  f1: average('f1', weight),
  support: N,
});
const hits = count((a, p) => a === p);
const perClass = expected.map(({ precision, recall, f1, support }) => ({
  precision: close(precision),
  recall: close(recall),
  f1: close(f1),
  support,
}));

/** A member without a row does not compile. */
const MEMBERS: Readonly<Record<keyof metrics.ConfusionMatrix, () => void>> = {
  name: () => expect(made().name).toBe('confusionMatrix'),
  better: () => expect(made().better).toBe(null),
  classes: () => expect(made().classes).toBe(4),
  classNames() {
    expect(made().classNames).toEqual(NAMES);
    expect(new metrics.ConfusionMatrix(3).classNames).toEqual(['0', '1', '2']);
  },
  options: () => expect(made().options).toEqual({ classNames: NAMES }),
  update: () => expect(made().update([0, 0], [3, 3]).matrix[3]![0]).toBe(table[3]![0]! + 2),
  compute: () => expect(made().compute()).toEqual(table),
  reset() {
    const m = made();
    m.reset();
    expect(m.total).toBe(0);
    expect(m.update(predicted, target).matrix).toEqual(table);
  },
  matrix: () => expect(made().matrix).toEqual(table),
  total: () => expect(made().total).toBe(N),
  accuracy: () => expect(made().accuracy).toBe(hits / N),
  perClass: () => expect(made().perClass()).toEqual(perClass),
  average() {
    expect(made().average('macro')).toEqual(averages(() => 1));
    expect(made().average('weighted')).toEqual(averages(c => expected[c]!.support));
    const share = close(hits / N);
    expect(made().average('micro')).toEqual({ precision: share, recall: share, f1: share, support: N });
  },
};

/** What it says after two batches; and after a reset the same. */
function after<R>(metric: Metric<R>, output: Tensor = scores, of: Tensor = target): R {
  const take = (): void => {
    metric.update(output.slice(0, 0, 20), of.slice(0, 0, 20));
    metric.update(output.slice(0, 20, N), of.slice(0, 20, N));
  };
  scope(take);
  metric.reset();
  scope(take);
  return metric.compute();
}
function checkScore(name: Score, Type: typeof metrics.F1 | typeof metrics.Recall | typeof metrics.Precision): void {
  const macro = new Type(CLASSES);
  expect(after<number>(macro)).toEqual(average(name, () => 1));
  expect(macro.perClass()).toEqual(expected.map(s => close(s[name])));
  expect(after<number>(new Type(CLASSES, { average: 'weighted' }))).toEqual(average(name, c => expected[c]!.support));
  expect(after<number>(new Type(CLASSES, { average: 'micro' }))).toEqual(close(hits / N));
}

/** Over all pairs of a sample of the class and one of another: how often the first has the higher score, of equals half. */
function area(c: number): number {
  const [of, others] = [actual.flatMap((a, i) => (a === c ? [shares[i]![c]!] : [])), [] as number[]];
  for (const [i, a] of actual.entries()) if (a !== c) others.push(shares[i]![c]!);
  return mean(of.flatMap(x => others.map(y => (x > y ? 1 : x === y ? 0.5 : 0))));
}
/** Over the samples of the class: among those with at least its score, the share of the class. */
function precisionOf(c: number): number {
  const isOf = (i: number): boolean => actual[i] === c;
  const all = [...actual.keys()];
  return mean(
    all.filter(isOf).map(i => {
      const found = all.filter(j => shares[j]![c]! >= shares[i]![c]!);
      return found.filter(isOf).length / found.length;
    }),
  );
}
const differences = Array.from(scores.toArray(), (y, i) => y - numbers.toArray()[i]!);

/** A metric without a row does not compile. */
const METRICS: Readonly<Record<keyof typeof metrics, () => void>> = {
  accuracy() {
    expect(metrics.accuracy(scores, target)).toBe(hits / N);
    expect(metrics.accuracy(predicted, target)).toBe(hits / N);
  },
  Accuracy: () => expect(after(new metrics.Accuracy())).toBe(hits / N),
  topKAccuracy() {
    for (const k of [1, 2, 3, 4]) {
      const among = (row: readonly number[], c: number): boolean => row.filter(x => x > row[c]!).length < k;
      const share = rows.filter((row, i) => among(row, actual[i]!)).length / N;
      expect(metrics.topKAccuracy(scores, target, k)).toBe(share);
      expect(after(new metrics.TopKAccuracy(k))).toBe(share);
    }
  },
  TopKAccuracy: () => expect(new metrics.TopKAccuracy(5).name).toBe('top5Accuracy'),
  confusionMatrix: () => expect(metrics.confusionMatrix(predicted, actual, CLASSES)).toEqual(table),
  ConfusionMatrix: () => expect(after(new metrics.ConfusionMatrix(CLASSES))).toEqual(table),
  Precision: () => checkScore('precision', metrics.Precision),
  Recall: () => checkScore('recall', metrics.Recall),
  F1: () => checkScore('f1', metrics.F1),
  AreaUnderRoc: () => expect(after(new metrics.AreaUnderRoc(CLASSES))).toEqual(close(mean(classes.map(area)))),
  AveragePrecision: () =>
    expect(after(new metrics.AveragePrecision(CLASSES))).toEqual(close(mean(classes.map(precisionOf)))),
  RocCurve() {
    const { curves, ...all } = after(new metrics.RocCurve(CLASSES, { input: 'probabilities' }), probabilities);
    expect(all.area).toEqual(close(mean(classes.map(area))));
    expect(curves.map(c => c.area)).toEqual(classes.map(area).map(close));
    for (const [c, { thresholds, truePositiveRate, falsePositiveRate }] of curves.entries()) {
      const above = (t: number, of: boolean): number =>
        mean(rowsOf(probabilities).flatMap((row, i) => ((actual[i] === c) === of ? [Number(row[c]! >= t)] : [])));
      expect(truePositiveRate).toEqual(thresholds.map(t => close(above(t, true))));
      expect(falsePositiveRate).toEqual(thresholds.map(t => close(above(t, false))));
    }
  },
  PrecisionRecallCurve() {
    const { curves, ...all } = after(new metrics.PrecisionRecallCurve(CLASSES));
    expect(all.area).toEqual(close(mean(classes.map(precisionOf))));
    for (const [c, { thresholds, recall, precision }] of curves.entries()) {
      expect([recall.at(-1), precision.at(-1), thresholds.length]).toEqual([0, 1, recall.length - 1]);
      expect(recall[0]).toBe(1);
      expect(precision[0]).toBe(expected[c]!.support / N);
    }
  },
  CalibrationError() {
    const bins = Array.from({ length: 10 }, () => ({ right: [] as number[], said: [] as number[] }));
    for (const [i, row] of shares.entries()) {
      const p = Math.max(...row);
      const bin = bins[Math.ceil(10 * p) - 1]!;
      bin.said.push(p);
      bin.right.push(Number(predicted[i] === actual[i]));
    }
    const filled = bins.filter(({ said }) => said.length > 0);
    const distances = filled.map(({ said, right }) => Math.abs(mean(said) - mean(right)));
    const error = new metrics.CalibrationError({ bins: 10 });
    expect(after(error)).toEqual(near(distances.reduce((s, d, b) => s + (d * filled[b]!.said.length) / N, 0)));
    expect(error.perBin().map(({ samples }) => samples)).toEqual(bins.map(({ said }) => said.length));
    expect(error.perBin().map(({ accuracy }) => accuracy)).toEqual(bins.map(({ right }) => mean(right)));
    expect(error.perBin().map(({ confidence }) => confidence)).toEqual(
      bins.map(({ said }) => (said.length > 0 ? near(mean(said)) : NaN)),
    );
    expect(after(new metrics.CalibrationError({ bins: 10, error: 'maximal' }))).toEqual(near(Math.max(...distances)));
  },
  MeanSquaredError: () =>
    expect(after(new metrics.MeanSquaredError(), scores, numbers)).toEqual(close(mean(differences.map(d => d * d)))),
  MeanAbsoluteError: () =>
    expect(after(new metrics.MeanAbsoluteError(), scores, numbers)).toEqual(close(mean(differences.map(Math.abs)))),
  R2Score() {
    const each = classes.map(c => {
      const t = rowsOf(numbers).map(row => row[c]!);
      const spread = mean(t.map(x => (x - mean(t)) ** 2));
      return 1 - mean(differences.filter((_, i) => i % CLASSES === c).map(d => d * d)) / spread;
    });
    expect(after(new metrics.R2Score(), scores, numbers)).toEqual(close(mean(each)));
  },
  Perplexity() {
    const surprise = (of: readonly number[]): number => Math.exp(-mean(of.map(i => Math.log(shares[i]![actual[i]!]!))));
    expect(after(new metrics.Perplexity())).toEqual(near(surprise([...actual.keys()])));
    const counted = [...actual.keys()].filter(i => actual[i] !== 2);
    expect(after(new metrics.Perplexity({ ignoreIndex: 2 }))).toEqual(near(surprise(counted)));
  },
  MeanLoss() {
    const loss = after(new metrics.MeanLoss(crossEntropy));
    expect(loss).toEqual(near(-mean(shares.map((row, i) => Math.log(row[actual[i]!]!)))));
    expect(new metrics.MeanLoss(crossEntropy, 'crossEntropy').name).toBe('crossEntropy');
  },
  report() {
    const of = metrics.report(made());
    const named = perClass.map((s, c) => ({ name: NAMES[c], ...s }));
    expect(of.classes).toEqual(named);
    expect(of).toMatchObject({ accuracy: hits / N, macro: averages(() => 1) });
    expect(of.weighted).toEqual(averages(c => expected[c]!.support));
    const same = metrics.report({ actual, predicted: tensor(Int32Array.from(predicted)), classNames: NAMES });
    expect(`${same}`).toBe(`${of}`);
    const line = of.toString(4).split('\n')[2]!.trim().split(/\s+/);
    const { precision, recall, f1, support } = expected[0]!;
    expect(line).toEqual(['ant', ...[precision, recall, f1].map(x => x.toFixed(4)), `${support}`]);
    expect(metrics.report({ actual: [0, 2], predicted: [2, 2] }).classes.map(({ name }) => name)).toEqual([
      '0',
      '1',
      '2',
    ]);
  },
  confusionTable() {
    const cells = (line: string): string[] => line.trim().split(/\s+/);
    const [top, head, ...body] = metrics.confusionTable(made()).split('\n');
    expect(cells(top!)).toEqual(['predicted']);
    expect(cells(head!)).toEqual(['actual', ...NAMES, 'total']);
    const sums = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
    const shown = (n: number): string => (n === 0 ? '·' : `${n}`);
    expect(body.map(cells)).toEqual([
      ...table.map((row, c) => [NAMES[c], ...row.map(shown), `${sums(row)}`]),
      ['total', ...classes.map(c => `${sums(table.map(row => row[c]!))}`), `${N}`],
    ]);
    expect(new Set([head, ...body].map(line => line!.length)).size).toBe(1);
    expect(metrics.confusionTable(new metrics.ConfusionMatrix(1))).toContain('·');
  },
};

const members = Object.entries(MEMBERS).map(([name, row]): [string, () => void] => [`ConfusionMatrix#${name}`, row]);
test.each([...Object.entries(METRICS), ...members])('%s', (_, row) => {
  expect(hits).toBeGreaterThan(5);
  expect(new Set(table.flat()).size).toBeGreaterThan(3);
  row();
});
