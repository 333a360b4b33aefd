/** A right call of every metric: part of right.ts. */
import { crossEntropy, metrics, ones, tensor, type Tensor } from 'phyllo';
import { call, each, finite, labels, on, optional, plain, whole, type Make } from './arguments';

const logits = (): Tensor => ones([2, 3]);
const scores = (): Tensor => ones([2]);
const index = (...numbers: number[]): Tensor => tensor(Int32Array.from(numbers));
const targets = (): Tensor => index(0, 1);
const confusion = (): metrics.ConfusionMatrix => new metrics.ConfusionMatrix(2).update([0, 1], [1, 1]);

const RANKINGS = ['AreaUnderRoc', 'AveragePrecision', 'PrecisionRecallCurve', 'RocCurve'] as const;
const numbers = (metric: () => object): Make => {
  return () => on(metric(), plain(scores()), plain(scores()));
};

export const RIGHT_METRICS: Readonly<Record<string, Make>> = {
  'metrics.accuracy': () => call(labels([0, 1]), labels(targets())),
  'metrics.Accuracy': () => call(optional(finite({ threshold: 0.5 }))),
  'metrics.Accuracy#update': () => on(new metrics.Accuracy(), labels(logits()), labels(targets())),
  'metrics.topKAccuracy': () => call(plain(logits()), labels(targets()), whole(1)),
  'metrics.TopKAccuracy': () => call(whole(2)),
  'metrics.TopKAccuracy#update': () => on(new metrics.TopKAccuracy(2), plain(logits()), labels(targets())),
  'metrics.confusionMatrix': () => call(labels([0, 1]), labels([0, 1]), whole(2)),
  'metrics.ConfusionMatrix': () => call(whole(2), optional({ value: { classNames: ['a', 'b'] }, also: 'text' })),
  'metrics.ConfusionMatrix#update': () => on(new metrics.ConfusionMatrix(2), labels([0, 1]), labels([1, 1])),
  'metrics.ConfusionMatrix#average': () => on(new metrics.ConfusionMatrix(2), plain('macro')),
  'metrics.confusionTable': () => call(plain(confusion())),
  'metrics.report': () => call(plain(confusion()), optional(whole({ zeroDivision: 1 }))),
  ...each('metrics.Precision metrics.Recall metrics.F1', () =>
    call(whole(2), optional(finite({ average: 'binary', threshold: 0.5, zeroDivision: 1 }))),
  ),
  'metrics.Precision#update': () => on(new metrics.Precision(3), labels(logits()), labels(targets())),
  'metrics.Recall#update': () => on(new metrics.Recall(2, { threshold: 0 }), plain(scores()), labels(targets())),
  'metrics.F1#update': () => on(new metrics.F1(3), labels([1, 0]), labels(targets())),
  ...Object.fromEntries(
    RANKINGS.flatMap((name): [string, Make][] => [
      [`metrics.${name}`, () => call(optional(whole(3)), optional(plain({ input: 'probabilities' })))],
      [`metrics.${name}#update`, () => on(new metrics[name](3), plain(logits()), labels(targets()))],
    ]),
  ),
  'metrics.CalibrationError': () => call(optional(whole({ bins: 5, error: 'maximal', input: 'logits' }))),
  'metrics.CalibrationError#update': () => on(new metrics.CalibrationError(), plain(logits()), labels(targets())),
  'metrics.MeanSquaredError': () => call(),
  'metrics.MeanAbsoluteError': () => call(),
  'metrics.R2Score': () => call(),
  'metrics.MeanSquaredError#update': numbers(() => new metrics.MeanSquaredError()),
  'metrics.MeanAbsoluteError#update': numbers(() => new metrics.MeanAbsoluteError()),
  'metrics.R2Score#update': numbers(() => new metrics.R2Score()),
  'metrics.Perplexity': () => call(optional(whole({ ignoreIndex: -1 }))),
  'metrics.Perplexity#update': () => on(new metrics.Perplexity(), plain(logits()), plain(targets())),
  'metrics.MeanLoss': () => call({ value: crossEntropy, also: 'function' }, optional({ value: 'loss', also: 'text' })),
  'metrics.MeanLoss#update': () => on(new metrics.MeanLoss(crossEntropy), plain(logits()), plain(targets())),
};
