/** Model selection and the learning-rate range test. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError, Generator, keep, mseLoss, nn, optim, randn, ValueError } from 'phyllo';
import { crossValidate, rateTest, search } from 'phyllo/train';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phyllo-search-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A score with its largest value, 1, at a = 3, b = 'y'. */
const score = ({ a, b }: { a: number; b: string }): number => 1 - (a - 3) ** 2 - (b === 'y' ? 0 : 1);

describe('search', () => {
  test('a grid is every combination', async () => {
    const seen: unknown[] = [];
    const space = { a: [1, 2, 3], b: ['x', 'y'] } as const;
    const found = await search({ space, method: 'grid', run: s => score((seen.push(s), s)) });
    expect(seen).toEqual([1, 2, 3].flatMap(a => ['x', 'y'].map(b => ({ a, b }))));
    expect(found.best).toEqual({ settings: { a: 3, b: 'y' }, score: 1, budget: 10 });
    expect(`${found}`.split('\n').slice(0, 2)).toEqual(['a  b  epochs  score', '3  y      10      1']);
  });

  test('draws stay in their ranges, are spread as said, and repeat with the seed', async () => {
    const space = {
      lr: { low: 1e-4, high: 1, scale: 'log' },
      n: { low: 1, high: 4, whole: true },
      p: { low: 0, high: 0.5 },
    } as const;
    const run = async (seed: number): Promise<Record<string, number>[]> =>
      (await search({ space, method: 'random', trials: 400, seed, run: () => 0 })).trials.map(t => t.settings);
    const [all, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(all);
    expect(other).not.toEqual(all);
    const share = (f: (s: Record<string, number>) => boolean): number => all.filter(f).length / all.length;
    expect(all.every(s => s.lr! >= 1e-4 && s.lr! <= 1 && s.p! >= 0 && s.p! < 0.5)).toBe(true);
    expect(share(s => s.lr! < 1e-2)).toBeCloseTo(0.5, 1);
    expect(share(s => s.p! < 0.25)).toBeCloseTo(0.5, 1);
    for (const n of [1, 2, 3, 4]) expect(share(s => s.n === n)).toBeCloseTo(0.25, 1);
  });

  test('halving lets the best third go on with three times the epochs', async () => {
    const budgets: number[] = [];
    const space = { a: { low: 0, high: 10 }, b: ['y'] } as const;
    const found = await search({
      space,
      method: 'halving',
      trials: 27,
      budget: 27,
      run: (s, epochs) => (budgets.push(epochs), score(s)),
    });
    expect(budgets).toEqual([...Array(27).fill(1), ...Array(9).fill(3), ...Array(3).fill(9), 27]);
    const best = Math.max(...found.trials.map(t => t.score));
    expect(found.best).toMatchObject({ score: best, budget: 27 });
  });

  test('a trial that fails is noted, and never the best', async () => {
    const space = { a: [1, 2, 3, 4], b: ['y'] } as const;
    const run = (s: { a: 1 | 2 | 3 | 4; b: 'y' }): number => {
      if (s.a === 3) throw new Error('out of memory');
      return s.a === 2 ? NaN : score(s);
    };
    const found = await search({ space, method: 'grid', run });
    expect(found.best!.settings.a).toBe(4);
    expect(found.trials.map(t => t.error)).toEqual([undefined, 'its score is NaN', 'out of memory', undefined]);
    expect((await search({ space, method: 'grid', run: () => NaN })).best).toBe(null);
  });

  test('goes on from its file, and stops when asked', async () => {
    const file = join(folder, 'trials.json');
    const space = { a: [1, 2, 3, 4, 5], b: ['y'] } as const;
    const controller = new AbortController();
    let runs = 0;
    const run = (s: { a: number; b: string }): number => (runs++, s.a === 2 ? NaN : score(s));
    const first = await search({
      space,
      method: 'grid',
      file,
      run,
      signal: controller.signal,
      onTrial: (_, done) => done === 2 && controller.abort(),
    });
    expect([runs, first.trials.length]).toEqual([2, 2]);
    const second = await search({ space, method: 'grid', file, run });
    expect([runs, second.trials.length, second.best!.settings.a]).toEqual([5, 5, 3]);
    expect(JSON.parse(readFileSync(file, 'utf8')).length).toBe(5);
    writeFileSync(file, '{"trials":');
    await expect(search({ space, method: 'grid', file, run })).rejects.toThrow(FileError);
  });

  test.each([
    [{ space: {}, method: 'grid' }, 'space takes for each setting'],
    [{ space: { a: { low: 0, high: 1, scale: 'log' } }, method: 'random' }, 'above 0 for a log scale'],
    [{ space: { a: { low: 0, high: 1 } }, method: 'grid' }, 'a grid takes lists of values, a has a range'],
    [{ space: { a: [1] }, method: 'annealing' }, 'method takes'],
  ])('refuses %o', async (wrong, message) => {
    const found = search(Object({ ...wrong, run: () => 0 }));
    await expect(found).rejects.toThrow(message);
    await expect(found).rejects.toThrow(ValueError);
  });
});

test('scores of folds have their mean and the deviation of a sample', async () => {
  const { mean, deviation, scores } = await crossValidate([[1], [2], [6]], ([v]) => v!);
  expect(scores).toEqual([1, 2, 6]);
  expect(mean).toBe(3);
  expect(deviation).toBeCloseTo(Math.sqrt((4 + 1 + 9) / 2), 12);
  expect((await crossValidate([4], v => v)).deviation).toBe(0);
  await expect(crossValidate([], () => 1)).rejects.toThrow(ValueError);
});

describe('the range test', () => {
  test('finds a rate that learns, and leaves all as it was', async () => {
    const generator = new Generator(1);
    const model = new nn.Linear(8, 1, { generator });
    const x = keep(randn([256, 8], { generator }));
    const y = keep(x.matmul(randn([8, 1], { generator })));
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.123, momentum: 0.9 });
    const state = (): number[][] =>
      Object.values({ ...model.stateDict(), ...optimizer.stateDict() }).map(t => [...t.toArray()]);
    const before = state();
    const { rates, losses, suggestion } = await rateTest(model, {
      train: [x, y],
      loss: mseLoss,
      optimizer,
      low: 1e-5,
      high: 100,
    });
    expect(state()).toEqual(before);
    expect(rates[0]).toBeCloseTo(1e-5, 12);
    expect(rates[1]! / rates[0]!).toBeCloseTo(1e7 ** (1 / 99), 6);
    expect(losses.at(-1)!).toBeGreaterThan(4 * Math.min(...losses)); // it ended since it diverged
    expect(suggestion).toBeGreaterThan(1e-4);
    expect(suggestion).toBeLessThan(1);
  });
});
