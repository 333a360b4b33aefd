/**
 * What the contract leaves to a backend: memory that cannot be read at once, blocks that are buffers of their own, kernels
 * that run later than they are called.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Backend } from '../../ts/backend/backend';
import { reference } from '../../ts/backend/reference/backend';
import { backward } from '../../ts/autodiff/backward';
import { checkpoint } from '../../ts/autodiff/checkpoint';
import { BackendError, DisposedError, IndexError } from '../../ts/core/errors';
import { useBackend } from '../../ts/core/runtime';
import { scope } from '../../ts/core/scope';
import type { Tensor } from '../../ts/core/tensor';
import { DataLoader } from '../../ts/data/loader';
import { randomSplit, TensorDataset } from '../../ts/data/dataset';
import { capture } from '../../ts/graph/capture';
import { writeIdx } from '../../ts/io/idx';
import { encodeSafetensors } from '../../ts/io/safetensors';
import { accuracy, ConfusionMatrix, topKAccuracy } from '../../ts/metrics/index';
import { nn, optim } from '../../ts/api';
import { add, mul } from '../../ts/ops/arithmetic';
import { arange, full, tensor } from '../../ts/ops/creation';
import { dropout } from '../../ts/ops/dropout';
import { embedding } from '../../ts/ops/embedding';
import { gather } from '../../ts/ops/picking';
import { allclose, equal } from '../../ts/ops/logic';
import { crossEntropy } from '../../ts/ops/cross-entropy';
import { mseLoss } from '../../ts/ops/loss';
import { Generator, manualSeed } from '../../ts/ops/generator';
import { permutation, randn } from '../../ts/ops/random';
import { sum } from '../../ts/ops/reduce';
import { exact } from '../backends';
import { buffers, withoutReadSync } from './buffers';
import { evaluate, evaluateLater, pointOf, type Layout } from '../ops/harness';
import { all, samples } from '../ops/samples';
import { differences } from './differences';

vi.setConfig({ testTimeout: 30_000 });

const KINDS: readonly { readonly name: string; readonly make: () => Backend; readonly layouts: readonly Layout[] }[] = [
  { name: 'the reference without readSync', make: () => withoutReadSync(reference()), layouts: ['dense'] },
  { name: 'buffers and a queue', make: buffers, layouts: ['dense', 'sliced'] },
];

describe.each(KINDS)('$name', ({ make, layouts }) => {
  const backend = make();

  test.each(Object.keys(samples))('%s: values, gradients and gradients of these as on the reference', async name => {
    for (const { op, index, sample } of all) {
      if (op !== name) continue;
      const point = pointOf(sample, index);
      useBackend(exact);
      const expected = evaluate(sample, point);
      useBackend(backend);
      if (sample.reads && backend.readSync === undefined) {
        expect(() => evaluate(sample, point)).toThrow(BackendError);
        continue;
      }
      for (const layout of layouts) {
        const actual = await evaluateLater(sample, point, layout);
        expect(differences(actual.outputs, expected.outputs, layout), `${name} #${index} ${layout}`).toEqual([]);
        expect(differences(actual.first, expected.first, layout), `${name} #${index} ${layout}`).toEqual([]);
        expect(differences(actual.second, expected.second, layout), `${name} #${index} ${layout}`).toEqual([]);
      }
    }
  });

  describe('nothing reads at once', () => {
    beforeEach(() => useBackend(backend));
    afterEach(() => useBackend(exact));

    /** Trains a small classifier; returns the losses and a last prediction. */
    async function train(planned: boolean): Promise<number[]> {
      const generator = new Generator(3);
      manualSeed(5);
      const x = randn([20, 1, 6, 6], { generator });
      const t = tensor(Int32Array.from({ length: 20 }, (_, i) => i % 3));
      const model = new nn.Sequential(
        new nn.Conv2d(1, 4, 3, { generator }),
        new nn.BatchNorm2d(4),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Dropout(0.25),
        new nn.Linear(16, 3, { generator }),
      );
      const adam = new optim.AdamW(model.parameters(), { lr: 0.01 });
      const schedule = new optim.CosineAnnealingLR(adam, 4);
      const loader = new DataLoader(new TensorDataset(x, t), { batchSize: 8, shuffle: true, seed: 11 });
      const step = (x: Tensor, t: Tensor): Tensor => {
        adam.zeroGrad();
        const loss = crossEntropy(model.forward(x), t);
        backward(loss);
        optim.clipGradNorm(model.parameters(), 1);
        adam.step();
        return loss;
      };
      const run = planned ? capture(step) : step;
      const losses: Tensor[] = [];
      for (let epoch = 0; epoch < 2; epoch++) {
        for (const [x, t] of loader) losses.push(run(x, t));
        schedule.step();
      }
      model.eval();
      const y = model.forward(x);
      const numbers: number[] = [];
      for (const loss of losses) numbers.push(Math.fround((await loss.data())[0]!)); // a number kept by its handle is f32
      return [...numbers, adam.lr, ...(await y.data())];
    }

    test.each([false, true])('a training loop, planned: %s', async planned => {
      const numbers = await train(planned);
      useBackend(reference());
      expect(numbers).toEqual(await train(planned));
      expect(numbers.every(Number.isFinite)).toBe(true);
    });

    test('a lone number outlives its scope, and its memory goes with dispose()', async () => {
      const fresh = make(); // others' may be collected meanwhile
      useBackend(fresh);
      const before = fresh.memory().blocks;
      let loss: Tensor | null = null;
      scope(() => {
        loss = full([], 14);
      });
      const t: Tensor = loss!;
      expect(await t.data()).toEqual(Float64Array.of(14));
      expect(fresh.memory().blocks).toBe(before + 1);
      expect(() => add(t, t)).toThrow(DisposedError);
      expect(() => add(t, t)).toThrow('Its value can still be read: await data()');
      t.dispose();
      expect(fresh.memory().blocks).toBe(before);
      await expect(t.data()).rejects.toThrow(DisposedError);
    });

    test('recurrent layers, a checkpoint, an embedding', async () => {
      const run = async (): Promise<number[]> => {
        const generator = new Generator(1);
        const lstm = new nn.LSTM(3, 4, { generator });
        const table = randn([7, 3], { generator, requiresGrad: true });
        const rows = checkpoint((w: Tensor) =>
          dropout(embedding(tensor(Int32Array.of(1, 5, 1, 0)), w), 0.5, { generator }),
        );
        const [y] = lstm.forward(rows(table).reshape([4, 1, 3]));
        backward(mseLoss(y, tensor(new Float32Array(16), { shape: [4, 1, 4] })));
        return [...(await y.data()), ...(await table.grad!.data())];
      };
      const numbers = await run();
      useBackend(reference());
      expect(numbers).toEqual(await run());
    });

    test('an index outside its range rejects the next read, where it cannot be told before', async () => {
      const x = arange(6).reshape([2, 3]);
      if (backend.kernels.indexOutside) {
        expect(() => gather(x, 1, tensor(Int32Array.of(0, 3), { shape: [2, 1] }))).toThrow(IndexError);
      } else {
        const y = gather(x, 1, tensor(Int32Array.of(0, 3), { shape: [2, 1] }));
        await expect(y.data()).rejects.toThrow('gather: index 3 at position 1 is outside [0, 3)');
        expect(await x.data()).toEqual(Float64Array.of(0, 1, 2, 3, 4, 5));
      }
    });

    test('what needs readSync says so', () => {
      const x = tensor([[1, 2, 3]]);
      const t = tensor(Int32Array.of(1));
      const double = capture((x: Tensor) => mul(x, 2));
      const drawn = new Generator(1);
      const noise = capture((x: Tensor) => dropout(x, 0.5, { generator: drawn }));
      noise(x);
      const adam = new optim.Adam([tensor([1], { requiresGrad: true })]);
      adam.loadStateDict(new optim.Adam([tensor([1], { requiresGrad: true })]).stateDict());
      const calls: Readonly<Record<string, () => unknown>> = {
        'Tensor.item': () => sum(x).item(),
        'Tensor.toArray': () => x.toArray(),
        'Tensor.toJSON': () => x.toJSON(),
        'Tensor.toString': () => x.toString(),
        allclose: () => allclose(x, x),
        'equal, of one shape': () => equal(x, x),
        accuracy: () => accuracy(x, t),
        topKAccuracy: () => topKAccuracy(x, t, 2),
        'ConfusionMatrix.update, of tensors': () => new ConfusionMatrix(3).update(t, t),
        'ConfusionMatrix.update, of arrays': () => new ConfusionMatrix(3).update([1], [2]),
        encodeSafetensors: () => encodeSafetensors({ x }),
        writeIdx: () => writeIdx(x),
        'a plan': () => double(x),
        'encode, of a plan': () => double.plan(x).encode(),
        'permutation, by a generator': () => permutation(5, new Generator(2)),
        'permutation, by a generator that a plan drew from': () => permutation(5, drawn),
        randomSplit: () => randomSplit(new TensorDataset(x), [1, 0]),
        'the learning rate': () => new optim.SGD([x], { lr: 1 }).lr,
        'the learning rate after loadStateDict': () => adam.lr,
      };
      const needy = Object.entries(calls).flatMap(([name, call]) => {
        try {
          call();
          return [];
        } catch (e) {
          if (!(e instanceof BackendError)) throw e;
          expect(e.message).toMatch(/asynchronously/);
          return [name];
        }
      });
      expect(needy).toEqual([
        'Tensor.item',
        'Tensor.toArray',
        'Tensor.toJSON',
        'allclose',
        'equal, of one shape',
        'accuracy',
        'topKAccuracy',
        'ConfusionMatrix.update, of tensors',
        'encodeSafetensors',
        'writeIdx',
        'encode, of a plan',
        'permutation, by a generator that a plan drew from',
        'the learning rate after loadStateDict',
      ]);
    });
  });
});
