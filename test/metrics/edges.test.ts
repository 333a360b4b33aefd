/** What all metrics share, and where there is little to go by: nothing, ties, one class, NaN, shapes that do not fit. */
import {
  capture,
  CaptureError,
  crossEntropy,
  DTypeError,
  IndexError,
  manualSeed,
  memory,
  ones,
  randint,
  randn,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import {
  Accuracy,
  AreaUnderRoc,
  AveragePrecision,
  CalibrationError,
  confusionMatrix,
  ConfusionMatrix,
  F1,
  MeanAbsoluteError,
  MeanLoss,
  MeanSquaredError,
  Perplexity,
  Precision,
  PrecisionRecallCurve,
  R2Score,
  Recall,
  report,
  RocCurve,
  topKAccuracy,
  TopKAccuracy,
  type Metric,
} from '../../ts/metrics/index';

manualSeed(5);
const i32 = (...data: number[]): Tensor => tensor(Int32Array.from(data));
const f32 = (...data: number[]): Tensor => tensor(Float32Array.from(data));

const about = (x: unknown): unknown => (typeof x === 'number' && !Number.isNaN(x) ? expect.closeTo(x, 6) : x);

/** Each with what it says of nothing, for [n, 3] and [n] classes. */
const OF_CLASSES: readonly [make: () => Metric<unknown>, nothing: unknown][] = [
  [() => new Accuracy(), 0],
  [() => new TopKAccuracy(2), 0],
  [
    () => new ConfusionMatrix(3),
    [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
  ],
  [() => new Precision(3), 0],
  [() => new Recall(3, { average: 'weighted', zeroDivision: 1 }), 1],
  [() => new F1(3, { average: 'micro', zeroDivision: NaN }), NaN],
  [() => new AreaUnderRoc(3), NaN],
  [() => new AveragePrecision(3), 0],
  [() => new CalibrationError(), NaN],
  [() => new CalibrationError({ error: 'maximal' }), NaN],
  [() => new Perplexity(), NaN],
];
/** For [n] and [n]. */
const OF_TWO: readonly [make: () => Metric<unknown>, nothing: unknown][] = [
  [() => new Accuracy({ threshold: 0.5 }), 0],
  [() => new F1(2, { threshold: 0 }), 0],
  [() => new AreaUnderRoc(), NaN],
  [() => new AveragePrecision(), 0],
  [
    () => new RocCurve(),
    { area: NaN, curves: [{ area: NaN, falsePositiveRate: [NaN], truePositiveRate: [NaN], thresholds: [Infinity] }] },
  ],
  [() => new PrecisionRecallCurve(), { area: 0, curves: [{ area: 0, precision: [1], recall: [0], thresholds: [] }] }],
  [() => new CalibrationError(), NaN],
];
const OF_NUMBERS: typeof OF_TWO = [
  [() => new MeanSquaredError(), NaN],
  [() => new MeanAbsoluteError(), NaN],
  [() => new R2Score(), NaN],
];
const named = (list: typeof OF_TWO): [string, () => Metric<unknown>, unknown][] =>
  list.map(([make, nothing]) => [make().name, make, nothing]);

describe('of several classes', () => {
  test.each(named(OF_CLASSES))('%s', (_, make, nothing) => {
    const metric = make();
    expect(metric.compute()).toEqual(nothing);
    metric.update(zeros([0, 3]), i32());
    expect(metric.compute()).toEqual(nothing);
    const [x, t] = [randn([5, 3], { requiresGrad: true }), randint(0, 3, [5])];
    metric.update(x, t);
    const found = metric.compute();
    // Nothing that is refused is counted.
    const bad =
      (logits: Tensor, target: Tensor): (() => void) =>
      () =>
        metric.update(logits, target);
    const odd = f32(1, 2, 3, 4, NaN, 6).reshape([2, 3]);
    expect(bad(odd, i32(0, 1))).toThrow(ValueError);
    expect(bad(odd, i32(0, 1))).toThrow(`output [2, 3] is NaN at [1, 1]`);
    expect(bad(zeros([2, 3]), i32(0, 3))).toThrow(IndexError);
    expect(bad(zeros([2, 3]), i32(0, 3))).toThrow('target 3 at position 1 is outside [0, 3)');
    expect(bad(zeros([2, 3]), i32(-1, 0))).toThrow(IndexError);
    expect(bad(zeros([2, 3]), i32(0, 1, 2))).toThrow(ShapeError);
    expect(bad(zeros([2, 3]), zeros([2]))).toThrow(DTypeError);
    expect(bad(zeros([2, 3, 2]), zeros([2]).to('i32'))).toThrow('output [2, 3, 2] is not [n, classes, …]');
    expect(bad(zeros([3, 3, 2]), zeros([2, 3]).to('i32'))).toThrow(ShapeError);
    expect(metric.compute()).toEqual(found);
    metric.reset();
    expect(metric.compute()).toEqual(nothing);
    metric.update(x, t.reshape([5, 1]));
    expect(metric.compute()).toEqual(found);
    // The same samples, [n, classes, h, w].
    metric.reset();
    const image = x.detach().reshape([1, 5, 3]).permute([0, 2, 1]).reshape([1, 3, 5, 1]);
    metric.update(image, t.reshape([1, 5, 1]));
    expect(metric.compute()).toEqual(about(found)); // softmax rounds otherwise
  });

  test('inner dimensions belong to their samples', () => {
    const x = randn([4, 3, 5, 2]);
    const t = randint(0, 3, [4, 5, 2]);
    const flat = x.permute([0, 2, 3, 1]).reshape([40, 3]);
    for (const [make] of OF_CLASSES) {
      const [whole, rows] = [make(), make()];
      whole.update(x, t);
      rows.update(flat, t.flatten());
      expect(whole.compute()).toEqual(about(rows.compute()));
    }
  });
});

describe('of two classes', () => {
  test.each(named(OF_TWO))('%s', (_, make, nothing) => {
    const metric = make();
    expect(metric.compute()).toEqual(nothing);
    metric.update(zeros([0]), i32());
    expect(metric.compute()).toEqual(nothing);
    const [x, t] = [f32(0.25, 0.75, 0.5, 0.75, 1), f32(0, 1, 1, 0, 1)];
    metric.update(x, t);
    const found = metric.compute();
    expect(() => metric.update(f32(0, 1, NaN), i32(0, 1, 1))).toThrow('output [3] is NaN at [2]');
    expect(() => metric.update(zeros([2]), i32(0, 2))).toThrow('target 2 at position 1 is outside [0, 2)');
    expect(() => metric.update(zeros([2]), f32(0, 0.5))).toThrow(IndexError);
    expect(() => metric.update(zeros([2]), i32(0))).toThrow(ShapeError);
    expect(metric.compute()).toEqual(found);
    metric.reset();
    metric.update(x.reshape([5, 1]), t.to('u8').reshape([5, 1]));
    expect(metric.compute()).toEqual(found);
  });

  test('one class only, and equal scores only', () => {
    const of = (metric: Metric<unknown>, x: Tensor, t: Tensor): unknown => {
      metric.update(x, t);
      return metric.compute();
    };
    const x = f32(0.5, 0.25);
    expect(of(new AreaUnderRoc(), x, i32(1, 1))).toBe(NaN);
    expect(of(new AreaUnderRoc(), x, i32(0, 0))).toBe(NaN);
    expect(of(new AveragePrecision(), x, i32(1, 1))).toBe(1);
    expect(of(new AveragePrecision(), x, i32(0, 0))).toBe(0);
    expect(of(new AreaUnderRoc(), zeros([4]), i32(0, 1, 1, 0))).toBe(0.5);
    expect(of(new AreaUnderRoc(), f32(-0, 0), i32(0, 1))).toBe(0.5);
    expect(of(new AreaUnderRoc(), f32(-Infinity, Infinity), i32(0, 1))).toBe(1);
    expect(of(new RocCurve(), zeros([3]), i32(0, 1, 1))).toEqual({
      area: 0.5,
      curves: [{ area: 0.5, falsePositiveRate: [0, 1], truePositiveRate: [0, 1], thresholds: [Infinity, 0] }],
    });
    // A class without samples: its area is NaN, and so is the mean.
    expect(of(new AreaUnderRoc(3), randn([3, 3]), i32(0, 1, 1))).toBe(NaN);
  });

  test('a sigmoid or none', () => {
    const logits = f32(-2, 0, 3, 1);
    const [a, b] = [new CalibrationError(), new CalibrationError({ input: 'probabilities' })];
    a.update(logits, i32(0, 1, 1, 0));
    b.update(logits.sigmoid(), i32(0, 1, 1, 0));
    expect(a.compute()).toBeCloseTo(b.compute(), 6);
    expect(() => b.update(f32(0.5, 1.5), i32(0, 1))).toThrow('probabilities from 0 to 1, that of sample 1 is 1.5');
    expect(() => a.update(f32(Infinity, 1).reshape([1, 2]), i32(0))).toThrow('output [1, 2] is Infinity at [0, 0]');
  });
});

describe('of numbers', () => {
  test.each(named(OF_NUMBERS))('%s', (_, make, nothing) => {
    const metric = make();
    metric.update(zeros([0, 2]), zeros([0, 2]));
    expect(metric.compute()).toEqual(nothing);
    metric.update(ones([2, 2]), f32(0, 1, 2, 3).reshape([2, 2]));
    const found = metric.compute();
    expect(() => metric.update(f32(1, NaN), f32(1, 1))).toThrow('output [2] is NaN at [1]');
    expect(() => metric.update(f32(1, 1), f32(NaN, 1))).toThrow('target [2] is NaN at [0]');
    expect(() => metric.update(zeros([2]), zeros([2, 1]))).toThrow('output [2] has not the shape of target [2, 1]');
    expect(() => metric.update(i32(1), i32(1))).toThrow(DTypeError);
    expect(metric.compute()).toEqual(found);
    metric.reset();
    expect(metric.compute()).toEqual(nothing);
  });

  test('sums are of float64', () => {
    const [r2, mse] = [new R2Score(), new MeanSquaredError()];
    const t = Array.from({ length: 1000 }, (_, i) => 1e6 + (i % 2));
    for (const m of [r2, mse]) for (let k = 0; k < 10; k++) m.update(f32(...t.map(x => x + 0.5)), f32(...t));
    expect(mse.compute()).toBe(0.25);
    expect(r2.compute()).toBeCloseTo(0, 9); // the variance is ¼
  });

  test('other outputs than before', () => {
    const metric = new R2Score();
    metric.update(zeros([2, 3]), ones([2, 3]));
    expect(() => metric.update(zeros([2, 2]), ones([2, 2]))).toThrow('output has 2 numbers a sample, before it had 3');
    expect(() => metric.update(tensor(1), tensor(1))).toThrow(ShapeError);
  });

  test('R² of equal targets, and of one sample', () => {
    const of = (y: number[], t: number[]): number => {
      const metric = new R2Score();
      metric.update(f32(...y), f32(...t));
      return metric.compute();
    };
    expect([of([1, 1], [1, 1]), of([1, 2], [1, 1]), of([1], [2])]).toEqual([1, 0, NaN]);
  });
});

describe('losses', () => {
  test('batches of different sizes count by their samples', () => {
    const [x, t] = [randn([7, 3]), randint(0, 3, [7])];
    const [loss, perplexity] = [new MeanLoss(crossEntropy), new Perplexity()];
    for (const [a, b] of [
      [0, 1],
      [1, 7],
    ] as const) {
      loss.update(x.slice(0, a, b), t.slice(0, a, b));
      perplexity.update(x.slice(0, a, b), t.slice(0, a, b));
    }
    expect(loss.compute()).toBeCloseTo(crossEntropy(x, t).item(), 6);
    expect(perplexity.compute()).toBeCloseTo(Math.exp(crossEntropy(x, t).item()), 5);
    expect(perplexity.better).toBe('lower');
    loss.reset();
    loss.update(zeros([0, 3]), i32());
    expect(loss.compute()).toBe(NaN);
  });

  test('ignored targets do not count', () => {
    const metric = new Perplexity();
    metric.update(randn([2, 3]), i32(-100, -100));
    expect(metric.compute()).toBe(NaN);
    metric.update(zeros([3, 4]), i32(1, -100, 2));
    expect(metric.compute()).toBeCloseTo(4, 6);
    expect(() => metric.update(zeros([1, 4]), i32(-1))).toThrow(IndexError);
  });

  test('what is no loss of a batch', () => {
    const [x, t] = [randn([2, 3]), i32(0, 1)];
    const each = new MeanLoss((y, u) => crossEntropy(y, u, { reduction: 'none' }));
    expect(() => each.update(x, t)).toThrow('loss takes one number for a batch, this has [2]');
    expect(() => new MeanLoss(() => tensor(NaN)).update(x, t)).toThrow('MeanLoss: the loss is NaN');
  });
});

describe('what they share', () => {
  test('names and directions', () => {
    const all = [...OF_CLASSES, ...OF_TWO, ...OF_NUMBERS].map(([make]) => make());
    expect(new Set(all.map(({ name, better }) => `${name} ${better}`))).toEqual(
      new Set([
        'accuracy higher',
        'top2Accuracy higher',
        'confusionMatrix null',
        'precision higher',
        'recall higher',
        'f1 higher',
        'areaUnderRoc higher',
        'averagePrecision higher',
        'rocCurve null',
        'precisionRecallCurve null',
        'expectedCalibrationError lower',
        'maximalCalibrationError lower',
        'perplexity lower',
        'meanSquaredError lower',
        'meanAbsoluteError lower',
        'r2Score higher',
      ]),
    );
  });

  test('they leave nothing in memory, and no graph', () => {
    const [x, t, y] = [randn([4, 3], { requiresGrad: true }).mul(2), i32(0, 1, 2, 0), randn([4])];
    const binary = i32(0, 1, 1, 0);
    const { blocks } = memory();
    for (const [make] of OF_CLASSES) make().update(x, t);
    for (const [make] of OF_TWO) make().update(y.sigmoid(), binary);
    for (const [make] of OF_NUMBERS) make().update(x, x);
    new MeanLoss(crossEntropy).update(x, t);
    expect(memory().blocks).toBe(blocks + OF_TWO.length); // the sigmoids
  });

  test('a plan cannot read them', () => {
    const metric = new Accuracy();
    const step = capture((x: Tensor, t: Tensor) => {
      metric.update(x, t);
      return x.mul(2);
    });
    expect(() => step(randn([2, 3]), i32(0, 1))).toThrow(CaptureError);
  });

  test('counts are exact beyond those of float32', () => {
    const metric = new Accuracy();
    const [x, t] = [Uint8Array.from({ length: 2 ** 20 }), Uint8Array.from({ length: 2 ** 20 })];
    t[0] = 1;
    for (let i = 0; i < 32; i++) metric.update(x, t);
    expect(metric.compute()).toBe(1 - 2 ** -20);
  });
});

describe('what they do not take', () => {
  test('a threshold for scores of two classes', () => {
    expect(() => new Accuracy().update(f32(1, 2), i32(0, 1))).toThrow('scores of two classes need a threshold');
    expect(() => new F1(3, { threshold: 0.5 })).toThrow('F1: threshold is for 2 classes, these are 3');
    expect(() => new F1(3, { average: 'binary' })).toThrow("F1: average 'binary' is for 2 classes, these are 3");
    expect(() => new ConfusionMatrix(3, { threshold: 0 })).toThrow(ValueError);
    expect(() => new Accuracy({ threshold: NaN })).toThrow(ValueError);
    expect(confusionMatrix(f32(1, 2, 3, 4).reshape([2, 2]), [1, 0], 2)).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test('logits of other classes', () => {
    expect(() => new ConfusionMatrix(2).update(zeros([1, 3]), i32(0))).toThrow('logits of 3 classes, these are 2');
    expect(() => new F1(2).update(f32(0, 0, 1).reshape([1, 3]), i32(0))).toThrow('logits of 3 classes, these are 2');
    expect(() => new F1(4).update(zeros([1, 3]), i32(0))).toThrow(ShapeError);
    expect(() => new AreaUnderRoc(2).update(zeros([1, 3]), i32(0))).toThrow('scores of 3 classes, these are 2');
    expect(() => topKAccuracy(zeros([1, 3]), i32(0), 4)).toThrow('k takes 1 to the 3 classes, this is 4');
    expect(() => new Accuracy().update(zeros([2, 0]), i32(0, 0))).toThrow(ShapeError);
    expect(() => new Accuracy().update(zeros([2, 3]).to('f16'), i32(0, 0))).toThrow(DTypeError);
  });

  test('classes without names', () => {
    expect(() => new ConfusionMatrix(2, { classNames: ['a'] })).toThrow('2 classes have 1 classNames');
    expect(() => report({ actual: [0, 1], predicted: [0, 1], classNames: ['a'] })).toThrow(IndexError);
    expect(() => report({ actual: [0, -1], predicted: [0, 1] })).toThrow('actual -1 at position 1 is outside [0, 2)');
    expect(() => report({ actual: [0], predicted: [0, 1] })).toThrow(ShapeError);
    expect(() => report(new ConfusionMatrix(2), { zeroDivision: 2 })).toThrow('zeroDivision takes 0, 1 or NaN');
    expect(() => report(new ConfusionMatrix(2)).toString(-1)).toThrow(ValueError);
    const misspelt = { actual: [0], predicted: [0], names: ['a'] };
    expect(() => report(misspelt)).toThrow('takes actual, predicted, classNames, not names');
  });
});
