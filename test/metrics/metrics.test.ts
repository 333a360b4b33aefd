/** Metrics against scikit-learn's numbers and counts made by hand. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError, IndexError, memory, ShapeError, tensor, ValueError, zeros } from '../../ts/index';
import { accuracy, topKAccuracy } from '../../ts/metrics/accuracy';
import { ConfusionMatrix, confusionMatrix } from '../../ts/metrics/confusion';

/** Class 3 neither occurs nor is predicted. */
const actual = [0, 1, 2, 2, 0, 4, 1, 0, 2, 2, 0, 4];
const predicted = [0, 2, 2, 1, 0, 0, 1, 1, 2, 2, 0, 4];

const i32 = (...data: number[]): ReturnType<typeof tensor> => tensor(Int32Array.from(data));
const u8 = (...data: number[]): ReturnType<typeof tensor> => tensor(Uint8Array.from(data));

/** Arrays of n. */
const exactly = <T>(n: number, element: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(element, { minLength: n, maxLength: n });

describe('ConfusionMatrix', () => {
  // scikit-learn 1.9.1: confusion_matrix, precision_recall_fscore_support(labels=range(5), zero_division=0).
  test("scikit-learn's numbers", () => {
    const m = new ConfusionMatrix(5).update(predicted, actual);
    expect(m.matrix).toEqual([
      [3, 1, 0, 0, 0],
      [0, 1, 1, 0, 0],
      [0, 1, 3, 0, 0],
      [0, 0, 0, 0, 0],
      [1, 0, 0, 0, 1],
    ]);
    const close = (x: number): unknown => expect.closeTo(x, 14);
    const scores = m.perClass();
    expect(scores.map(s => s.precision)).toEqual([0.75, 0.3333333333333333, 0.75, 0, 1].map(close));
    expect(scores.map(s => s.recall)).toEqual([0.75, 0.5, 0.75, 0, 0.5].map(close));
    expect(scores.map(s => s.f1)).toEqual([0.75, 0.4, 0.75, 0, 0.6666666666666666].map(close));
    expect(scores.map(s => s.support)).toEqual([4, 2, 4, 0, 2]);
    expect(m.average('macro')).toEqual({
      precision: close(0.5666666666666667),
      recall: close(0.5),
      f1: close(0.5133333333333333),
      support: 12,
    });
    expect(m.average('weighted')).toEqual({
      precision: close(0.7222222222222222),
      recall: close(0.6666666666666666),
      f1: close(0.6777777777777777),
      support: 12,
    });
    expect(m.accuracy).toBeCloseTo(0.6666666666666666, 14);
    expect(m.total).toBe(12);
  });

  test('tensors and arrays of any kind', () => {
    const expected = [
      [1, 1],
      [0, 2],
    ];
    expect(confusionMatrix([0, 1, 1, 1], [0, 0, 1, 1], 2)).toEqual(expected);
    expect(confusionMatrix(u8(0, 1, 1, 1), i32(0, 0, 1, 1), 2)).toEqual(expected);
    expect(confusionMatrix(Int8Array.of(0, 1, 1, 1), tensor([false, false, true, true]), 2)).toEqual(expected);
    expect(
      confusionMatrix(
        tensor([
          [0, 1],
          [1, 1],
        ]).to('i32'),
        i32(0, 0, 1, 1).reshape([2, 2]),
        2,
      ),
    ).toEqual(expected);
    expect(confusionMatrix([0, 1, 1, 1], i32(0, 1, 0, 1).reshape([2, 2]).t(), 2)).toEqual(expected);
  });

  test('batches add up to the whole, and the marginals to the labels', () => {
    const samples = fc
      .integer({ min: 1, max: 6 })
      .chain(classes =>
        fc.tuple(
          fc.constant(classes),
          fc.array(fc.tuple(fc.nat(classes - 1), fc.nat(classes - 1)), { maxLength: 40 }),
          fc.nat(40),
        ),
      );
    fc.assert(
      fc.property(samples, ([classes, pairs, cut]) => {
        const columns = (part: typeof pairs): [number[], number[]] => [part.map(p => p[1]), part.map(p => p[0])];
        const m = new ConfusionMatrix(classes);
        m.update(...columns(pairs.slice(0, cut))).update(...columns(pairs.slice(cut)));
        expect(m.matrix).toEqual(confusionMatrix(...columns(pairs), classes));
        const count = (a: number, p: number): number => pairs.filter(([x, y]) => x === a && y === p).length;
        m.matrix.forEach((row, a) => row.forEach((n, p) => expect(n).toBe(count(a, p))));
        const hits = pairs.filter(([x, y]) => x === y).length;
        expect(m.accuracy).toBe(pairs.length === 0 ? 0 : hits / pairs.length);
        expect(m.accuracy).toBe(accuracy(...columns(pairs)));
        m.perClass().forEach(({ precision, recall, f1 }) => {
          const harmonic = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
          expect(f1).toBeCloseTo(harmonic, 12);
        });
        expect(m.average('weighted').recall).toBeCloseTo(m.accuracy, 12);
      }),
    );
  });

  test('nothing counted', () => {
    const m = new ConfusionMatrix(2).update([], i32());
    const none = { precision: 0, recall: 0, f1: 0, support: 0 };
    expect(m.perClass()).toEqual([none, none]);
    expect([m.average('macro'), m.average('weighted')]).toEqual([none, none]);
    expect([m.accuracy, m.total]).toEqual([0, 0]);
  });

  test('the matrix is a copy', () => {
    const m = new ConfusionMatrix(1).update([0], [0]);
    m.matrix[0]![0] = 9;
    expect(m.matrix).toEqual([[1]]);
  });

  test.each<[string, number[], number[], string]>([
    ['target', [0, 3], [0, 0], 'target 3 at position 1 is outside [0, 3)'],
    ['predicted', [0, 0, 0], [0, 1, -1], 'output -1 at position 2 is outside [0, 3)'],
    ['half', [0.5], [0], 'target 0.5 at position 0'],
    ['no number', [0], [NaN], 'output NaN at position 0'],
  ])('a label outside the classes counts nothing: %s', (_, a, p, message) => {
    const m = new ConfusionMatrix(3);
    expect(() => m.update(p, a)).toThrow(IndexError);
    expect(() => m.update(p, a)).toThrow(message);
    expect(m.total).toBe(0);
  });

  test('what it does not take', () => {
    expect(() => confusionMatrix([0, 1], [0], 2)).toThrow(ShapeError);
    expect(() => confusionMatrix([0], tensor([0]), 2)).toThrow(DTypeError);
    for (const classes of [0, -1, 1.5, NaN]) expect(() => new ConfusionMatrix(classes)).toThrow(ValueError);
    expect(() => new ConfusionMatrix(2).average(JSON.parse('"median"'))).toThrow(ValueError);
  });
});

describe('accuracy', () => {
  test('of classes', () => {
    expect(accuracy(predicted, actual)).toBe(8 / 12);
    expect(accuracy(i32(1, 2, 3, 4), u8(1, 2, 3, 5))).toBe(0.75);
    expect(accuracy(tensor([true]), [1])).toBe(1);
    expect(accuracy([], [])).toBe(0);
  });

  test('of logits: the largest, of equal ones the first, as argmax', () => {
    const logits = tensor([
      [1, 2, 0],
      [3, 3, 1],
      [0, 0, 0],
      [-1, -2, -0.5],
    ]);
    expect(accuracy(logits, [1, 0, 0, 2])).toBe(1);
    expect(accuracy(logits, i32(1, 1, 1, 1))).toBe(0.25);
    expect(accuracy(zeros([0, 3]), [])).toBe(0);
    expect(accuracy(zeros([2, 1]), u8(0, 0))).toBe(1);
    expect(
      accuracy(
        tensor([
          [1, 0],
          [2, 3],
        ]).t(),
        [1, 1],
      ),
    ).toBe(1);
  });

  test('equals what argmax and a comparison give, with ties and infinities', () => {
    const value = fc.constantFrom(-Infinity, -1, -0, 0, 1, 2, Infinity);
    const sizes = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 6 }));
    const samples = sizes.chain(([n, classes]) =>
      fc.tuple(exactly(n, exactly(classes, value)), exactly(n, fc.nat(classes - 1))),
    );
    fc.assert(
      fc.property(samples, ([rows, target]) => {
        const logits = tensor(rows);
        const best = logits.argmax(1);
        expect(accuracy(logits, target)).toBe(accuracy(best, target));
        expect(topKAccuracy(logits, target, 1)).toBe(accuracy(best, target));
        logits.dispose();
        best.dispose();
      }),
    );
  });

  test('what it does not take', () => {
    expect(() => accuracy([1], [1, 2])).toThrow(ShapeError);
    expect(() => accuracy(zeros([2, 3]), [1])).toThrow('output [2, 3] is not [n, classes, …] for 1 targets');
    expect(() => accuracy(zeros([2]), [1, 1])).toThrow(ShapeError);
    expect(() => accuracy(zeros([1, 2, 3]), [1])).toThrow(ShapeError);
    expect(() => accuracy(zeros([1, 3]), [3])).toThrow(IndexError);
    expect(() => accuracy(zeros([1, 3]), zeros([1]))).toThrow(DTypeError);
  });

  test('leaves nothing in memory', () => {
    const [logits, target] = [
      tensor([
        [1, 2],
        [2, 1],
      ]),
      i32(0, 1),
    ];
    const before = memory().blocks;
    accuracy(logits, target);
    topKAccuracy(logits.t(), target, 2);
    confusionMatrix(target, target, 2);
    expect(memory().blocks).toBe(before);
  });
});

describe('topKAccuracy', () => {
  test('is the target among the k largest?', () => {
    const logits = tensor([
      [0.1, 0.4, 0.2, 0.3],
      [4, 3, 2, 1],
    ]);
    const rank = (k: number): number => topKAccuracy(logits, [2, 1], k); // third and second
    expect([1, 2, 3, 4].map(rank)).toEqual([0, 0.5, 1, 1]);
  });

  test('equals sorting', () => {
    const samples = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.nat(6))
      .chain(([classes, n]) =>
        fc.tuple(
          exactly(n, exactly(classes, fc.integer({ min: -3, max: 3 }))),
          exactly(n, fc.nat(classes - 1)),
          fc.integer({ min: 1, max: classes }),
          fc.constant(classes),
        ),
      );
    fc.assert(
      fc.property(samples, ([rows, target, k, classes]) => {
        const sorted = rows.map(row => row.map((_, c) => c).sort((a, b) => row[b]! - row[a]!));
        const hits = target.filter((c, i) => sorted[i]!.slice(0, k).includes(c)).length;
        const logits = tensor(rows.flat(), { shape: [rows.length, classes] });
        expect(topKAccuracy(logits, target, k)).toBe(rows.length === 0 ? 0 : hits / rows.length);
        logits.dispose();
      }),
    );
  });

  test('what it does not take', () => {
    for (const k of [0, 4, 1.5, NaN]) expect(() => topKAccuracy(zeros([1, 3]), [0], k)).toThrow(ValueError);
    expect(() => topKAccuracy(i32(0), [0], 1)).toThrow(DTypeError);
    expect(() => topKAccuracy(zeros([1, 3]), [-1], 1)).toThrow(IndexError);
    expect(() => topKAccuracy(zeros([3]), [0], 1)).toThrow(ShapeError);
  });
});
