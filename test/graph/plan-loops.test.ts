/** Captured steps in loops: bare ones, ones that draw random numbers, ones that await. */
import {
  dropout,
  capture,
  clamp,
  crossEntropy,
  defaultGenerator,
  DisposedError,
  Generator,
  manualSeed,
  ones,
  rand,
  randn,
  scope,
  type Tensor,
} from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { dice, failure, inUse, list, loader, Net, onEachBackend, problem, type Problem } from '../toy';
import { OPTIMIZERS, world, batch } from './worlds';

vi.setConfig({ testTimeout: 60_000 });

onEachBackend('on %s', () => {
  test('a bare loop of both frees as it goes', () => {
    const w = world(OPTIMIZERS.SGD!, 'eager');
    const captured = capture((x: Tensor, t: Tensor) => void w.step(x, t));
    const [x, t] = batch(1);
    const eager = (): void => {
      w.optimizer.zeroGrad();
      const h = w.model.features.forward(x).mul(2); // no scope has it
      crossEntropy(w.model.classifier.forward(h), t).backward();
    };
    eager();
    captured(x, t);
    eager();
    const full = inUse().blocks;
    captured(x, t);
    const empty = inUse().blocks;
    expect(full - empty).toBeGreaterThan(2);
    for (let i = 0; i < 5; i++) {
      eager();
      expect(inUse().blocks).toBe(full);
      captured(x, t);
      expect(inUse().blocks).toBe(empty);
    }
  });

  describe('random numbers', () => {
    test('go on as without plans, from any seed', () => {
      const own = new Generator(4);
      const f = (x: Tensor): Tensor[] => [
        randn([3]),
        rand([2], { generator: own }),
        dropout(x, 0.5),
        dropout(x, 0.5, { generator: own }),
      ];
      const captured = capture(f);
      const run = (f: (x: Tensor) => Tensor[]): unknown => {
        manualSeed(7);
        own.manualSeed(8);
        const seen = Array.from({ length: 3 }, () => f(ones([20])).map(list));
        manualSeed(9);
        seen.push(f(ones([20])).map(list), [list(randn([2])), list(defaultGenerator().state)]);
        return seen;
      };
      const want = run(f);
      expect(run(captured)).toEqual(want);
      expect(run(captured)).toEqual(want);
      expect(captured.plans.length).toBe(1);
    });
    test('of a generator made inside begin anew at each call', () => {
      const f = (): Tensor => randn([4], { generator: new Generator(3) });
      const captured = capture(f);
      for (let i = 0; i < 3; i++) expect(list(captured())).toEqual(list(f()));
    });
  });

  describe('loops that await', () => {
    const task = (): Promise<void> => new Promise(r => setImmediate(r));
    /** Trains by plans or without, and returns what it saw. */
    async function train(
      data: Problem,
      seed: number,
      roll: (n: number) => number,
      captured: boolean,
    ): Promise<number[]> {
      const net = new Net(seed);
      const step = (x: Tensor, target: Tensor): Tensor[] => {
        net.zeroGrad();
        const logits = net.forward(x);
        const loss = crossEntropy(logits, target);
        loss.backward();
        net.step();
        return [loss, logits];
      };
      const plans = capture(step);
      const run = captured ? plans : step;
      const seen: number[] = [];
      const wait = async (): Promise<void> => {
        const n = roll(7);
        if (n === 6) await task();
        else for (let i = 0; i < n; i++) await null;
      };
      for (const [x, target] of loader(data, 16, `flow ${seed}`)) {
        await wait();
        const h = x.mul(2);
        await wait();
        const [loss, logits] = run(h, target);
        await wait();
        const more = scope(() => clamp(logits!, -1, 1).sum());
        seen.push(loss!.item(), more.item());
        await wait();
        seen.push(logits!.add(h.sum()).sum().item());
      }
      net.zeroGrad();
      plans.dispose();
      net.dispose();
      return seen;
    }

    test('100 times three, of captured steps and others: each as alone', async () => {
      const data = problem();
      const want = await Promise.all([0, 1, 2].map(who => train(data, who, dice(1), false)));
      expect(want.flat().every(Number.isFinite)).toBe(true);
      const roll = dice(2);
      for (let round = 0; round < 100; round++) {
        expect(await Promise.all([0, 1, 2].map(who => train(data, who, roll, roll(4) > 0)))).toEqual(want);
      }
      await task();
      expect(runtime.scope).toBeNull();
    });

    test('what comes out belongs to the batch that went in', async () => {
      const f = capture((x: Tensor) => x.mul(2));
      let last: Tensor | null = null;
      for (const [x] of loader(problem())) {
        await task();
        const y = f(x);
        if (last) failure(() => last!.exp(), DisposedError, /batch \d of the loader/);
        last = y;
      }
      expect(last!.disposed).toBe(true);
    });
  });
});
