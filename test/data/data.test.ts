/** Datasets and the loader: every sample once, in the order it should be, and nothing left in memory. */
import fc from 'fast-check';
import { beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import {
  arange,
  DisposedError,
  DTypeError,
  Generator,
  IndexError,
  keep,
  manualSeed,
  memory,
  scope,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  type Tensor,
} from '../../ts/index';
import { runtime } from '../../ts/core/runtime';
import { DataLoader, type LoaderOptions } from '../../ts/data/loader';
import { randomSplit, Subset, TensorDataset, type Dataset } from '../../ts/data/dataset';

type Pair = readonly [Tensor, Tensor];

/** n samples: x is [i, −i], t is i modulo 256 as u8. */
function numbered(n: number): TensorDataset<[Tensor, Tensor]> {
  const pairs = Float32Array.from({ length: 2 * n }, (_, k) => (k % 2 ? -1 : 1) * Math.floor(k / 2));
  const x = tensor(pairs, { shape: [n, 2] });
  return new TensorDataset(x, tensor(Uint8Array.from({ length: n }, (_, i) => i)));
}

/** The same samples one by one, without a way to take a batch at once; counts what it was asked for. */
class OneByOne implements Dataset<Pair> {
  asked = 0;
  constructor(readonly length: number) {}
  get(i: number): Pair {
    this.asked++;
    return [tensor([i, -i]), tensor(i % 256, { dtype: 'u8' })];
  }
}

/** Which samples each batch has; throws unless x and t belong together. */
function epoch(loader: DataLoader<Pair>): number[][] {
  const batches: number[][] = [];
  for (const [x, t] of loader) {
    expect([x.dtype, t.dtype]).toEqual(['f32', 'u8']);
    expect(x.shape).toEqual([t.size, 2]);
    expect(t.shape).toEqual([t.size]);
    const numbers = [...x.toArray()];
    const samples = numbers.filter((_, k) => k % 2 === 0);
    expect(numbers).toEqual(samples.flatMap(i => [i, -i]));
    expect([...t.toArray()]).toEqual(samples.map(i => i % 256));
    batches.push(samples);
  }
  return batches;
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const ascending = (a: number, b: number): number => a - b;

/** Runs f, whose tensors go, and expects memory to be what it was. */
function expectFlat(f: () => void): void {
  f(); // what is made once and for all: the default generator
  const before = memory();
  f();
  const { bytes, blocks } = memory();
  expect({ bytes, blocks }).toEqual({ bytes: before.bytes, blocks: before.blocks });
}

describe('TensorDataset', () => {
  test('samples are the entries of each tensor, in their types', () => {
    const data = new TensorDataset(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      tensor(Uint8Array.of(5, 6)),
      tensor([true, false]),
    );
    expect(data.length).toBe(2);
    const [x, u, b] = data.get(1);
    expectTypeOf(u).toEqualTypeOf<Tensor>();
    expect([[...x.toArray()], u.item(), b.item()]).toEqual([[3, 4], 6, 0]);
    expect([x.shape, u.shape, u.dtype, b.dtype]).toEqual([[2], [], 'u8', 'bool']);
  });

  test('a strided tensor', () => {
    const data = new TensorDataset(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).t(),
    );
    expect(data.length).toBe(3);
    expect([...data.get(2)[0].toArray()]).toEqual([3, 6]);
    expect([...data.getBatch(Int32Array.of(2, 0))[0].toArray()]).toEqual([3, 6, 1, 4]);
  });

  test('no samples, and samples without elements', () => {
    expect(new TensorDataset(zeros([0, 3])).length).toBe(0);
    expect(new TensorDataset(zeros([4, 0])).get(3)[0].shape).toEqual([0]);
  });

  test('what is none', () => {
    expect(() => new TensorDataset()).toThrow(ValueError);
    expect(() => new TensorDataset(tensor(1))).toThrow('tensor 0 is a single number');
    expect(() => new TensorDataset(zeros([2, 3]), zeros([3]))).toThrow(ShapeError);
    expect(() => new TensorDataset(zeros([2, 3]), zeros([3]))).toThrow('tensor 1 is [3], the first is [2, 3]');
  });

  test.each([-1, 3, 0.5, NaN])('no sample %d', i => {
    expect(() => numbered(3).get(i)).toThrow(IndexError);
    expect(() => new Subset(numbered(5), [4, 3, 2]).get(i)).toThrow(IndexError);
  });

  test('no batch of places outside', () => {
    for (const places of [[-1, 0], [2, 3], [0, 3], [3]]) {
      expect(() => numbered(3).getBatch(Int32Array.from(places))).toThrow(IndexError);
      expect(() => new Subset(numbered(5), [4, 3, 2]).getBatch?.(Int32Array.from(places))).toThrow(IndexError);
    }
  });
});

describe('Subset', () => {
  test('samples at their places, of a subset too', () => {
    const data = new Subset(new Subset(numbered(10), [9, 7, 5, 3, 3]), [4, 0, 1]);
    expect(data.length).toBe(3);
    expect(upTo(3).map(i => data.get(i)[1].item())).toEqual([3, 9, 7]);
    expect(epoch(new DataLoader(data, { batchSize: 2 }))).toEqual([[3, 9], [7]]);
  });

  test('indices are its own', () => {
    const indices = [1, 2];
    const data = new Subset(numbered(3), indices);
    indices[0] = 0;
    expect(data.get(0)[1].item()).toBe(1);
  });

  test('outside the dataset', () => {
    for (const i of [-1, 3, 1.5]) expect(() => new Subset(numbered(3), [0, i])).toThrow(IndexError);
  });
});

describe('randomSplit', () => {
  test('parts of given lengths, each sample in one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }), fc.nat(), (lengths, seed) => {
        const n = lengths.reduce((a, b) => a + b, 0);
        const parts = randomSplit(numbered(n), lengths, { generator: new Generator(seed) });
        expect(parts.map(p => p.length)).toEqual(lengths);
        expect(parts.flatMap(p => [...p.indices]).sort(ascending)).toEqual(upTo(n));
      }),
      { numRuns: 30 },
    );
  });

  // The lengths that torch.utils.data.random_split of PyTorch 1.13.1 gives.
  test.each<[number, number[], number[]]>([
    [10, [0.7, 0.2, 0.1], [7, 2, 1]],
    [10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]],
    [11, [0.5, 0.5], [6, 5]],
    [100, [0.29, 0.71], [29, 71]],
    [3, [0.9, 0.1], [3, 0]],
    [0, [0.5, 0.5], [0, 0]],
    [7, [1, 0], [7, 0]],
    [1, [1], [1]],
    [1000, new Array<number>(10).fill(0.1), new Array<number>(10).fill(100)],
  ])('%d samples in fractions %j', (n, fractions, lengths) => {
    const parts = randomSplit(numbered(n), fractions);
    expect(parts.map(p => p.length)).toEqual(lengths);
    expect(parts.flatMap(p => [...p.indices]).sort(ascending)).toEqual(upTo(n));
  });

  test('training, validation and test, by a seed', () => {
    const split = (seed: number): number[][] => {
      const [train, validation, rest] = randomSplit(numbered(50), [0.8, 0.1, 0.1], { generator: new Generator(seed) });
      expectTypeOf(train).toEqualTypeOf<Subset<readonly [Tensor, Tensor]>>();
      return [train, validation, rest].map(p => [...p.indices]);
    };
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
    expect(split(1).flat()).not.toEqual(upTo(50));
  });

  const wrong = [[3, 3], [0.5, 0.4], [-1, 11], [NaN, 10], [5.5, 4.5], []];
  test.each(wrong.map(lengths => [lengths]))('lengths %j of 10 samples', lengths => {
    expect(() => randomSplit(numbered(10), lengths)).toThrow(ValueError);
  });
});

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

  describe('memory', () => {
    beforeEach(() => expect(runtime.scope).toBeNull());
    const loaders: [string, DataLoader<Pair>][] = [
      ['views', new DataLoader<Pair>(numbered(20), { batchSize: 3 })],
      ['shuffled', new DataLoader<Pair>(numbered(20), { batchSize: 3, shuffle: true, seed: 1 })],
      ['by the default generator', new DataLoader<Pair>(numbered(20), { batchSize: 3, shuffle: true })],
      ['one by one', new DataLoader<Pair>(new OneByOne(20), { batchSize: 3, shuffle: true, seed: 1 })],
    ];

    describe.each(loaders)('%s', (_, loader) => {
      test('flat over epochs, and within one', () =>
        expectFlat(() => {
          for (let round = 0; round < 5; round++) {
            const seen: number[] = [];
            for (const [x, t] of loader) {
              x.mul(x).add(t.unsqueeze(1)).sum();
              seen.push(memory().blocks);
            }
            expect(new Set(seen).size).toBe(1);
          }
        }));

      test('break', () =>
        expectFlat(() => {
          for (const [x] of loader) {
            x.add(1);
            break;
          }
        }));

      test('throw', () =>
        expectFlat(() => {
          expect(() => {
            for (const [x] of loader) {
              x.add(1);
              throw new RangeError('enough');
            }
          }).toThrow(RangeError);
        }));

      test('return', () =>
        expectFlat(() => {
          const first = (): number => {
            for (const [x] of loader) return x.add(1).size;
            return 0;
          };
          expect(first()).toBe(6);
        }));

      test('several at once, at their own pace', () =>
        expectFlat(() => {
          const [a, b] = [loader[Symbol.iterator](), loader[Symbol.iterator]()];
          const seen: number[][] = [[], []];
          const take = (from: IterableIterator<Pair>, to: number[]): void => {
            const { done, value } = from.next();
            if (!done) to.push(...value[1].toArray());
          };
          for (let i = 0; i < 20; i++) {
            take(a, seen[0]!);
            if (i % 2) take(b, seen[1]!);
          }
          expect(seen.map(s => s.toSorted(ascending))).toEqual([upTo(20), upTo(20)]);
        }));

      test('one inside another', () =>
        expectFlat(() => {
          let pairs = 0;
          for (const [x] of loader) {
            for (const [y] of loader) pairs += x.unsqueeze(1).sub(y).size / 2;
          }
          expect(pairs).toBe(400);
        }));
    });

    test('in a loop that awaits, between others', async () => {
      const base = memory().blocks;
      const run = async (loader: DataLoader<Pair>): Promise<number> => {
        let seen = 0;
        for (const [x, t] of loader) {
          await Promise.resolve();
          seen += x.add(t.unsqueeze(1)).shape[0]!;
          await Promise.resolve();
        }
        return seen;
      };
      expect(await Promise.all(loaders.map(([, loader]) => run(loader)))).toEqual([20, 20, 20, 20]);
      expect(memory().blocks).toBe(base);
    });

    test('a batch is gone after its turn, unless it is kept', () => {
      let gone: Tensor | undefined;
      let kept: Tensor | undefined;
      for (const [x] of new DataLoader(numbered(4), { batchSize: 2, shuffle: true, seed: 1 })) {
        gone = x;
        kept ??= keep(x.add(0));
      }
      expect(() => gone?.add(1)).toThrow(DisposedError);
      expect(() => gone?.add(1)).toThrow('batch 1 of the DataLoader');
      expect(kept?.shape).toEqual([2, 2]);
      kept?.dispose();
    });
  });

  describe('what it does not take', () => {
    const data = numbered(3);
    const loads =
      (...samples: (readonly Tensor[])[]): (() => void) =>
      () => {
        for (const _ of new DataLoader({ length: samples.length, get: i => samples[i]! }, { batchSize: 4 }));
      };

    test.each([0, -1, 1.5, NaN, Infinity])('batches of %d', batchSize => {
      expect(() => new DataLoader(data, { batchSize })).toThrow(ValueError);
    });

    test('a seed and a generator, or no seed', () => {
      expect(() => new DataLoader(data, { seed: 1, generator: new Generator() })).toThrow(ValueError);
      expect(() => new DataLoader(data, { seed: -1 })).toThrow(ValueError);
    });

    test('samples that do not stack', () => {
      expect(loads([zeros([2])], [zeros([3])])).toThrow(ShapeError);
      expect(loads([zeros([2])], [zeros([3])])).toThrow('sample 1 is (f32 [3]), sample 0 (f32 [2]): they do not stack');
      expect(loads([zeros([2])], [zeros([2], { dtype: 'i32' })])).toThrow('sample 1 is (i32 [2]), sample 0 (f32 [2])');
      expect(loads([zeros([2])], [zeros([2]), zeros([1])])).toThrow('1 is (f32 [2], f32 [1]), sample 0 (f32 [2])');
    });

    test('samples that are no arrays of tensors', () => {
      const broken: Dataset<Pair> = { length: 1, get: () => JSON.parse('[1, 2]') };
      expect(() => {
        for (const _ of new DataLoader(broken));
      }).toThrow(ValueError);
    });

    test('a shuffle of f64, which no op picks from', () => {
      const f64 = new TensorDataset(tensor([1, 2, 3, 4], { dtype: 'f64' }));
      const loader = new DataLoader(f64, { batchSize: 4, shuffle: true, seed: 1 });
      expect(() => {
        for (const _ of loader);
      }).toThrow(DTypeError);
    });

    test('an error of the dataset passes, and memory stays as it was', () => {
      const base = memory().blocks;
      const failing: Dataset<Pair> = {
        length: 6,
        get(i) {
          if (i === 4) throw new RangeError('sample 4 is unreadable');
          return [tensor([i]), tensor([i])];
        },
      };
      expect(() => {
        for (const _ of new DataLoader(failing, { batchSize: 3 }));
      }).toThrow('sample 4 is unreadable');
      expect(memory().blocks).toBe(base);
    });
  });
});
