/** `evaluate`, `predict` and `predictions`: the numbers do not depend on the batches. */
import { crossEntropy, Generator, keep, nn, randn, tensor, TensorDataset, ValueError, type Tensor } from 'phyllo';
import { evaluate, predict, predictions } from 'phyllo/train';
import type { Metric } from 'phyllo/metrics';
import { describe, expect, test } from 'vitest';

const model = keep(
  new nn.Sequential(
    new nn.Linear(4, 6, { generator: new Generator(1) }),
    new nn.BatchNorm1d(6),
    new nn.Dropout(0.5),
    new nn.ReLU(),
    new nn.Linear(6, 3, { generator: new Generator(2) }),
  ),
);
const samples = (n: number): [Tensor, Tensor] => [
  keep(randn([n, 4], { generator: new Generator(3) })),
  keep(tensor(Int32Array.from({ length: n }, (_, i) => (i * 11) % 3))),
];
class Largest implements Metric {
  readonly name = 'largest';
  readonly better = null;
  private most = -Infinity;
  update(output: Tensor): void {
    this.most = Math.max(this.most, output.max().item());
  }
  compute(): number {
    return this.most;
  }
  reset(): void {
    this.most = -Infinity;
  }
}

describe.each([1, 2, 7, 64, 1000, 10_000])('%d samples', n => {
  const [x, t] = samples(n);
  /** The whole at once, in evaluation mode. */
  const logits = ((): Tensor => {
    model.eval();
    const y = keep(model.forward(x).detach());
    model.train();
    return y;
  })();
  const loss = keep(crossEntropy(logits, t)).item();

  test.each([1, 3, 64, 256, Infinity].filter(b => n / b <= 1000))('in batches of %d', async batchSize => {
    for (const eager of [false, true]) {
      const scores = await evaluate(model, [x, t], {
        loss: crossEntropy,
        metrics: { largest: new Largest() },
        batchSize,
        eager,
      });
      expect(scores.loss).toBeCloseTo(loss, 5);
      expect(scores.largest).toBeCloseTo(logits.max().item(), 5);
      const all = await predict(model, new TensorDataset(x, t), { batchSize, eager });
      expect(all.shape).toEqual([n, 3]);
      const [found, whole] = [all.toArray(), logits.toArray()];
      let far = 0;
      for (let i = 0; i < whole.length; i++) far = Math.max(far, Math.abs(found[i]! - whole[i]!));
      expect(far).toBeLessThan(1e-5);
    }
    expect(model.modules().every(m => m.training)).toBe(true);
  });
});

test('predictions stream, in order, and may be left early', async () => {
  const [x] = samples(10);
  const seen: number[] = [];
  for await (const y of predictions(model, [x], { batchSize: 4 })) {
    seen.push(y.shape[0]!);
    if (seen.length === 2) break;
  }
  expect(seen).toEqual([4, 4]);
});

test('no samples, and what is no model, are errors', async () => {
  const [x] = samples(0);
  await expect(predict(model, [x])).rejects.toThrow('data has no samples');
  await expect(evaluate(model, [x, x], { loss: crossEntropy })).rejects.toThrow(ValueError);
  await expect(evaluate(Object(3), [x], { loss: crossEntropy })).rejects.toThrow('model takes a module');
  await expect(predict(model, [x], Object({ batch: 1 }))).rejects.toThrow('there is no option batch');
});
