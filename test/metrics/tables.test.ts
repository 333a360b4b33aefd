/** Every metric, and every member of the confusion matrix, against counting. */
import { Generator, randint, randn } from 'phyllo';
import { expect, test } from 'vitest';
import * as metrics from '../../ts/metrics/index';

const [N, CLASSES] = [60, 4];
const from = { generator: new Generator(2) };
const scores = randn([N, CLASSES], from);
const target = randint(0, CLASSES, [N], from);
const rows = Array.from({ length: N }, (_, i) => Array.from(scores.toArray().slice(CLASSES * i, CLASSES * (i + 1))));
const actual = Array.from(target.toArray());
const predicted = rows.map(row => row.indexOf(Math.max(...row)));
const classes = [0, 1, 2, 3];
/** The samples of which f is true. */
const count = (f: (actual: number, predicted: number) => boolean): number =>
  actual.filter((a, i) => f(a, predicted[i]!)).length;
const table = classes.map(a => classes.map(p => count((x, y) => x === a && y === p)));

const made = (): metrics.ConfusionMatrix => new metrics.ConfusionMatrix(CLASSES).update(predicted, target);
/** By definition: what was found of the class, what of the found is of it, and 2PR / (P + R). */
const expected = classes.map(c => {
  const precision = table[c]![c]! / count((_, p) => p === c);
  const recall = table[c]![c]! / count(a => a === c);
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall), support: count(a => a === c) };
});
const close = (x: number): unknown => expect.closeTo(x, 12);
const average = (key: 'precision' | 'recall' | 'f1', weight: (c: number) => number): unknown =>
  close(classes.reduce((s, c) => s + weight(c) * expected[c]![key], 0) / classes.reduce((s, c) => s + weight(c), 0));
const averages = (weight: (c: number) => number): unknown => ({
  precision: average('precision', weight),
  recall: average('recall', weight),
  f1: average('f1', weight),
  support: N,
});
const hits = count((a, p) => a === p);

/** A member without a row does not compile. */
const MEMBERS: Readonly<Record<keyof metrics.ConfusionMatrix, () => void>> = {
  classes: () => expect(made().classes).toBe(4),
  update: () => expect(made().update([0, 0], [3, 3]).matrix[3]![0]).toBe(table[3]![0]! + 2),
  matrix: () => expect(made().matrix).toEqual(table),
  total: () => expect(made().total).toBe(N),
  accuracy: () => expect(made().accuracy).toBe(hits / N),
  perClass() {
    const all = expected.map(({ precision, recall, f1, support }) => ({
      precision: close(precision),
      recall: close(recall),
      f1: close(f1),
      support,
    }));
    expect(made().perClass()).toEqual(all);
  },
  average() {
    expect(made().average('macro')).toEqual(averages(() => 1));
    expect(made().average('weighted')).toEqual(averages(c => expected[c]!.support));
  },
};
/** A metric without a row does not compile. */
const METRICS: Readonly<Record<keyof typeof metrics, () => void>> = {
  accuracy() {
    expect(metrics.accuracy(scores, target)).toBe(hits / N);
    expect(metrics.accuracy(predicted, target)).toBe(hits / N);
  },
  topKAccuracy() {
    for (const k of [1, 2, 3, 4]) {
      const among = (row: readonly number[], c: number): boolean => row.filter(x => x > row[c]!).length < k;
      expect(metrics.topKAccuracy(scores, target, k)).toBe(rows.filter((row, i) => among(row, actual[i]!)).length / N);
    }
  },
  confusionMatrix: () => expect(metrics.confusionMatrix(predicted, actual, CLASSES)).toEqual(table),
  ConfusionMatrix() {
    const half = N / 2;
    const m = new metrics.ConfusionMatrix(CLASSES).update(predicted.slice(0, half), actual.slice(0, half));
    expect(m.update(predicted.slice(half), actual.slice(half)).matrix).toEqual(table);
  },
};

const members = Object.entries(MEMBERS).map(([name, row]): [string, () => void] => [`ConfusionMatrix#${name}`, row]);
test.each([...Object.entries(METRICS), ...members])('%s', (_, row) => {
  expect(hits).toBeGreaterThan(5);
  expect(new Set(table.flat()).size).toBeGreaterThan(3);
  row();
});
