/** A DataLoader: which samples, in which order, and how they become a batch. */
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { arange, Generator, manualSeed, memory, scope, zeros, type Tensor } from '../../ts/index';
import { runtime } from '../../ts/core/runtime';
import { DataLoader, type LoaderOptions } from '../../ts/data/loader';
import { Subset, TensorDataset, type Dataset } from '../../ts/data/dataset';
import { type Pair, numbered, OneByOne, epoch, upTo, ascending } from './samples';

describe('DataLoader', () => {
  const kinds: [string, (n: number) => Dataset<Pair>][] = [
    ['a TensorDataset', numbered],
    ['a Subset', n => new Subset(numbered(n + 3), upTo(n))],
    ['samples one by one', n => new OneByOne(n)],
    ['a Subset of samples one by one', n => new Subset(new OneByOne(n + 3), upTo(n))],
  ];

  test.each(kinds)('every sample once, in batches: %s', (_, make) => {
    const batchSize = fc.integer({ min: 1, max: 12 });
    const options = fc.record({ batchSize, shuffle: fc.boolean(), dropLast: fc.boolean() });
    fc.assert(
      fc.property(fc.nat(25), options, fc.nat(1000), (n, { batchSize, shuffle, dropLast }, seed) => {
        scope(() => {
          const loader = new DataLoader(make(n), { batchSize, shuffle, dropLast, seed });
          for (let round = 0; round < 2; round++) {
            const batches = epoch(loader);
            const whole = Math.floor(n / batchSize);
            const sizes = Array.from({ length: whole }, () => batchSize);
            if (!dropLast && n % batchSize > 0) sizes.push(n % batchSize);
            expect(batches.map(b => b.length)).toEqual(sizes);
            expect(loader.length).toBe(sizes.length);
            const seen = batches.flat();
            if (!shuffle) expect(seen).toEqual(upTo(seen.length));
            else if (!dropLast) expect(seen.toSorted(ascending)).toEqual(upTo(n));
            else expect(new Set(seen).size).toBe(whole * batchSize);
          }
        });
      }),
      { numRuns: 30 },
    );
  });

  test('no samples, one, and fewer than a batch', () => {
    expect(epoch(new DataLoader(numbered(0), { shuffle: true }))).toEqual([]);
    expect(epoch(new DataLoader(numbered(1), { shuffle: true }))).toEqual([[0]]);
    expect(epoch(new DataLoader(numbered(3), { batchSize: 8 }))).toEqual([[0, 1, 2]]);
    expect(epoch(new DataLoader(numbered(3), { batchSize: 8, dropLast: true }))).toEqual([]);
    expect(epoch(new DataLoader(numbered(2)))).toEqual([[0], [1]]);
  });

  test('more samples than 16 bits count', () => {
    const data = new TensorDataset(arange(70_000, undefined, 1, { dtype: 'i32' }));
    const all: number[][] = [];
    for (const [x] of new DataLoader(data, { batchSize: 1 << 15, shuffle: true, seed: 3 })) all.push([...x.toArray()]);
    expect(all.map(batch => batch.length)).toEqual([32768, 32768, 4464]);
    expect(all.flat().sort(ascending)).toEqual(upTo(70_000));
  });

  describe('order', () => {
    const orders = (options: LoaderOptions<Pair>, epochs = 3): number[][] => {
      const loader = new DataLoader<Pair>(numbered(40), { shuffle: true, batchSize: 7, ...options });
      return Array.from({ length: epochs }, () => epoch(loader).flat());
    };

    test('each epoch anew; the same for the same seed, whatever else draws', () => {
      manualSeed(1);
      const first = orders({ seed: 5 });
      manualSeed(2);
      expect(orders({ seed: 5 })).toEqual(first);
      expect(orders({ generator: new Generator(5) })).toEqual(first);
      expect(new Set([...first, ...orders({ seed: 6 }), upTo(40)].map(String)).size).toBe(7);
    });

    test('of its own seed it leaves the default generator alone', () => {
      manualSeed(9);
      const [undisturbed] = orders({}, 1);
      manualSeed(9);
      orders({ seed: 5 });
      expect(orders({}, 1)).toEqual([undisturbed]);
    });

    test('without seed and generator, of the default generator', () => {
      manualSeed(3);
      const first = orders({});
      manualSeed(3);
      expect(orders({})).toEqual(first);
      expect(orders({})).not.toEqual(first);
    });

    test('unshuffled, draws nothing', () => {
      const generator = new Generator(4);
      epoch(new DataLoader(numbered(5), { generator }));
      expect([...generator.state.toArray()]).toEqual([...new Generator(4).state.toArray()]);
    });

    test('a shuffle is even: each sample is as often in each place', () => {
      const n = 4;
      const counts = upTo(n).map(() => upTo(n).map(() => 0));
      const loader = new DataLoader(numbered(n), { batchSize: n, shuffle: true, seed: 1 });
      const rounds = 2000;
      for (let i = 0; i < rounds; i++) {
        for (const [, t] of loader) t.toArray().forEach((s, place) => counts[place]![s]!++);
      }
      // χ² of 9 degrees of freedom: above 33.7 with probability 1e-4.
      const expected = rounds / n;
      expect(counts.flat().reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0)).toBeLessThan(33.7);
    });
  });

  describe('ways to a batch', () => {
    const executed = (loader: Iterable<unknown>): string[] => {
      const spy = vi.spyOn(runtime.interpreter, 'exec');
      try {
        for (const _ of loader);
        return spy.mock.calls.map(([def]) => def.name).filter(name => name !== 'draw' && name !== 'bits');
      } finally {
        spy.mockRestore();
      }
    };

    test('in order: views, and nothing is computed', () => {
      const data = numbered(10);
      expect(executed(new DataLoader(data, { batchSize: 4 }))).toEqual([]);
      expect(executed(new DataLoader(new Subset(data, [2, 3, 4, 5, 6]), { batchSize: 2 }))).toEqual([]);
      for (const [x] of new DataLoader(data, { batchSize: 4 })) expect(x.storage).toBe(data.tensors[0].storage);
    });

    test('shuffled: one indexSelect for each tensor', () => {
      const selects = new Array<string>(6).fill('indexSelect');
      expect(executed(new DataLoader(numbered(12), { batchSize: 4, shuffle: true, seed: 1 }))).toEqual(selects);
      const subset = new Subset(
        new Subset(numbered(40), upTo(30)),
        upTo(12).map(i => 2 * i),
      );
      expect(executed(new DataLoader(subset, { batchSize: 4, shuffle: true, seed: 1 }))).toEqual(selects);
    });

    test('a strided tensor is made dense once, not for each batch', () => {
      const data = new TensorDataset(zeros([3, 12]).t());
      const loader = new DataLoader(data, { batchSize: 4, shuffle: true, seed: 1 });
      expect(executed(loader)).toEqual(new Array<string>(3).fill('indexSelect'));
    });

    test('one by one: only the samples of the batches taken', () => {
      const data = new OneByOne(10);
      for (const _ of new DataLoader(data, { batchSize: 3 })) break;
      expect(data.asked).toBe(3);
    });
  });

  describe('transform', () => {
    const scaled = new DataLoader(numbered(5), {
      batchSize: 2,
      transform: ([x, t]) => [x.add(1).mul(2), t.to('i32').add(0)],
    });

    test('what it makes of each batch comes', () => {
      const seen: number[] = [];
      for (const [x, t] of scaled) {
        expectTypeOf(x).toEqualTypeOf<Tensor>();
        expect(t.dtype).toBe('i32');
        t.toArray().forEach((i, k) => expect([...x.select(0, k).toArray()]).toEqual([2 * i + 2, 2 - 2 * i]));
        seen.push(...t.toArray());
      }
      expect(seen).toEqual(upTo(5));
    });

    test('what it does not return is freed at once', () => {
      const base = memory().blocks;
      for (const _ of scaled) expect(memory().blocks).toBe(base + 2);
      expect(memory().blocks).toBe(base);
    });

    test('what it throws ends the loop and frees all', () => {
      const failing = new DataLoader(numbered(5), {
        transform([x, t]) {
          if (t.item() === 2) throw new RangeError('enough');
          return [x.add(1), t];
        },
      });
      let seen = 0;
      const base = memory().blocks;
      expect(() => {
        for (const _ of failing) seen++;
      }).toThrow(RangeError);
      expect([seen, memory().blocks]).toEqual([2, base]);
      expect(runtime.scope).toBeNull();
    });
  });
});
