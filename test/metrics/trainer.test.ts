/** The trainer's view of metrics: what `evaluate` says of batches of any size is what the metrics say of all at once. */
import { crossEntropy, Generator, nn, noGrad, randint, randn, scope, TensorDataset } from 'phyllo';
import { expect, test } from 'vitest';
import * as metrics from '../../ts/metrics/index';
import { evaluate } from '../../ts/train/evaluate';

test.each([1, 7, 40])('batches of %i', async batchSize => {
  const from = { generator: new Generator(4) };
  const model = new nn.Linear(5, 3, from);
  const [x, t] = [randn([40, 5], from), randint(0, 3, [40], from)];
  const all = (): Readonly<Record<'accuracy' | 'f1' | 'area' | 'perplexity', metrics.Metric>> => ({
    accuracy: new metrics.Accuracy(),
    f1: new metrics.F1(3),
    area: new metrics.AreaUnderRoc(3),
    perplexity: new metrics.Perplexity(),
  });
  const confusion = new metrics.ConfusionMatrix(3);
  const found = await evaluate(model, new TensorDataset(x, t), {
    batchSize,
    loss: crossEntropy,
    metrics: { ...all(), confusion },
  });
  scope(() => {
    const logits = noGrad(() => model.forward(x));
    for (const [name, metric] of Object.entries(all())) {
      metric.update(logits, t);
      expect(found).toMatchObject({ [name]: expect.closeTo(metric.compute(), 5) });
    }
    expect(found.confusion).toEqual(metrics.confusionMatrix(logits, t, 3));
    expect(found.loss).toBeCloseTo(Math.log(found.perplexity), 5);
    expect(metrics.report(confusion).accuracy).toBe(found.accuracy);
  });
});
