/** Every loss against its formula in float64, in every reduction. */
import { tensor, type Tensor } from 'phyllo';
import { describe, expect, test } from 'vitest';
import * as crossEntropies from '../../ts/ops/cross-entropy';
import * as elementwise from '../../ts/ops/loss';

const losses = { ...elementwise, ...crossEntropies };

// Three samples of four: predictions, and targets near and far from them.
const X = [0.5, -2, 3, 0.1, 4, -0.3, 1, 2, -1, 0.25, -3, 0.7];
const T = [0.75, 1, 2.8, 0.1, -1, -0.2, 1.5, 2.1, 2, 0.5, -3.2, 0.6];
const P = [0.5, 0.1, 0.9, 0.25, 0.01, 0.6, 0.3, 0.99, 0.2, 0.7, 0.45, 0.8];
const Q = [1, 0, 0.9, 0.5, 0, 1, 0.25, 1, 0, 1, 0.4, 0];
const rows = (data: readonly number[]): number[][] => [0, 4, 8].map(i => data.slice(i, i + 4));
const matrix = (data: readonly number[]): Tensor => tensor(rows(data));

const REDUCTIONS = ['none', 'sum', 'mean', 'cost', undefined] as const;
type Reduction = (typeof REDUCTIONS)[number];
interface Case {
  readonly found: (reduction: Reduction) => Tensor;
  /** The loss of each element, or of each sample. */
  readonly each: readonly number[];
  /** What the mean divides by, if that is not their number. */
  readonly weight?: number;
}
const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
/** What the losses of three samples become. */
function reduced({ each, weight = each.length }: Case, reduction: Reduction): readonly number[] {
  if (reduction === 'none') return each;
  if (reduction === 'sum') return [total(each)];
  return reduction === 'cost' ? [(3 * total(each)) / each.length] : [total(each) / weight];
}

type Loss<O> = (x: Tensor, t: Tensor, options?: O & { readonly reduction?: Reduction }) => Tensor;
/** A loss of elements by itself. */
const elements = <O>(
  loss: Loss<O>,
  options: O,
  f: (x: number, t: number, at: number) => number,
  [x, t] = [X, T],
): Case => ({
  found: reduction => loss(matrix(x), matrix(t), { ...options, reduction }),
  each: x.map((v, i) => f(v, t[i]!, i)),
});

const logSoftmax = (row: readonly number[]): number[] => {
  const norm = Math.log(total(row.map(Math.exp)));
  return row.map(v => v - norm);
};
const softmax = (data: readonly number[]): number[] => rows(data).flatMap(row => logSoftmax(row).map(Math.exp));
const logits = rows(X).map(logSoftmax);
const LABELS = [2, 0, 3];
const labels = (): Tensor => tensor(Int32Array.from(LABELS));
const WEIGHT = [1, 2, 0.5, 3];
const of = (i: number): number => -logits[i]![LABELS[i]!]!;
const samples = [0, 1, 2];
/** Of class indices, all options: −w·log p, with a share s of the target spread evenly, sample 1 left out. */
const smooth = (s: number) => (i: number) =>
  i === 1 ? 0 : (1 - s) * WEIGHT[LABELS[i]!]! * of(i) - (s / 4) * total(logits[i]!.map((v, c) => WEIGHT[c]! * v));
const indices = { weight: tensor(WEIGHT), ignoreIndex: LABELS[1]!, labelSmoothing: 0.2 };
/** −Σ q log p of rows that sum to 1. */
const SHARES = softmax(T);
const soft = (weight: readonly number[], q: readonly number[] = SHARES) =>
  samples.map(i => -total(logits[i]!.map((v, c) => weight[c]! * q[4 * i + c]! * v)));
const ONES = [1, 1, 1, 1];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const entropy = (p: number, t: number, weight = 1): number =>
  -(weight * t * Math.max(-100, Math.log(p)) + (1 - t) * Math.max(-100, Math.log(1 - p)));
const POSITIVE = [1, 3, 0.5, 2];

/** A square up to β, a straight line beyond. */
const straight = (beta: number) => (x: number, t: number) => {
  const d = Math.abs(x - t);
  return d < beta ? d ** 2 / (2 * beta) : d - beta / 2;
};

/** A loss without a case does not compile. */
const cases: Readonly<Record<keyof typeof losses, readonly [Case, ...Case[]]>> = {
  mseLoss: [elements(losses.mseLoss, {}, (x, t) => (x - t) ** 2)],
  l1Loss: [elements(losses.l1Loss, {}, (x, t) => Math.abs(x - t))],
  smoothL1Loss: [
    elements(losses.smoothL1Loss, {}, straight(1)),
    elements(losses.smoothL1Loss, { beta: 0.25 }, straight(0.25)),
    elements(losses.smoothL1Loss, { beta: 0 }, straight(0)),
  ],
  huberLoss: [
    elements(losses.huberLoss, {}, (x, t) => (Math.abs(x - t) < 1 ? (x - t) ** 2 / 2 : Math.abs(x - t) - 0.5)),
    elements(losses.huberLoss, { delta: 2 }, (x, t) => {
      return Math.abs(x - t) < 2 ? (x - t) ** 2 / 2 : 2 * (Math.abs(x - t) - 1);
    }),
  ],
  binaryCrossEntropy: [
    elements(losses.binaryCrossEntropy, {}, (p, t) => entropy(p, t), [P, Q]),
    elements(losses.binaryCrossEntropy, {}, (p, t) => entropy(p, t), [P.map(Math.round), Q]),
  ],
  binaryCrossEntropyWithLogits: [
    elements(losses.binaryCrossEntropyWithLogits, {}, (x, t) => entropy(sigmoid(x), t), [X, Q]),
    elements(
      losses.binaryCrossEntropyWithLogits,
      { posWeight: tensor(POSITIVE) },
      (x, t, i) => entropy(sigmoid(x), t, POSITIVE[i % 4]),
      [X, Q],
    ),
  ],
  crossEntropy: [
    { found: reduction => losses.crossEntropy(matrix(X), labels(), { reduction }), each: samples.map(of) },
    {
      found: reduction => losses.crossEntropy(matrix(X), labels(), { ...indices, reduction }),
      each: samples.map(smooth(0.2)),
      weight: WEIGHT[LABELS[0]!]! + WEIGHT[LABELS[2]!]!,
    },
    {
      found: reduction => losses.crossEntropy(matrix(softmax(X)), labels(), { input: 'probabilities', reduction }),
      each: samples.map(of),
    },
    { found: reduction => losses.crossEntropy(matrix(X), matrix(SHARES), { reduction }), each: soft(ONES) },
    {
      found: reduction =>
        losses.crossEntropy(matrix(X), matrix(SHARES), { weight: tensor(WEIGHT), labelSmoothing: 0.2, reduction }),
      each: soft(
        WEIGHT,
        SHARES.map(q => 0.8 * q + 0.2 / 4),
      ),
    },
  ],
  nllLoss: [
    { found: reduction => losses.nllLoss(tensor(logits), labels(), { reduction }), each: samples.map(of) },
    {
      found: reduction => losses.nllLoss(tensor(logits), labels(), { ...indices, reduction }),
      each: samples.map(smooth(0.2)),
      weight: WEIGHT[LABELS[0]!]! + WEIGHT[LABELS[2]!]!,
    },
  ],
};

describe.each(REDUCTIONS)('reduction %s:', reduction => {
  const all = Object.entries(cases).flatMap(([name, list]) => list.map((c, i) => [`${name} ${i}`, c] as const));
  test.each(all)('%s', (_, c) => {
    const found = Array.from(c.found(reduction).toArray());
    const expected = reduced(c, reduction);
    expect(found).toHaveLength(expected.length);
    found.forEach((y, i) => {
      expect(Math.abs(y - expected[i]!)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(expected[i]!)));
    });
  });
});

test('−100 is a label that does not count, if none is named; others that are no class are refused by the name of the loss', () => {
  const x = matrix(X);
  const [some, all] = [tensor(Int32Array.of(2, -100, 3)), tensor(Int32Array.of(2, 0, 3))];
  const numbers = (t: Tensor): number[] => Array.from(t.toArray());
  for (const reduction of ['none', 'mean', 'sum'] as const) {
    const named = losses.crossEntropy(x, some, { ignoreIndex: -100, reduction });
    expect(numbers(losses.crossEntropy(x, some, { reduction }))).toEqual(numbers(named));
    expect(numbers(losses.crossEntropy(x, all, { reduction }))).not.toEqual(numbers(named));
  }
  const wrong = tensor(Int32Array.of(2, -100, 4));
  expect(() => losses.crossEntropy(x, wrong)).toThrow(/^crossEntropy: target: /);
  expect(() => losses.nllLoss(x, wrong)).toThrow(/^nllLoss: target: /);
  expect(() => losses.nllLoss(x, tensor([1, 2, 3]))).toThrow(/^nllLoss: target looks like class indices but is f32/);
});
