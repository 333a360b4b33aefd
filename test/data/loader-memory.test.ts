/** How long the batches of a DataLoader live, and what it does not take. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  DisposedError,
  DTypeError,
  Generator,
  keep,
  memory,
  randn,
  scope,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  type Tensor,
} from '../../ts/index';
import { runtime } from '../../ts/core/runtime';
import { DataLoader } from '../../ts/data/loader';
import { TensorDataset, type Dataset } from '../../ts/data/dataset';
import { type Pair, numbered, OneByOne, upTo, ascending } from './samples';

/** Runs f, whose tensors go, and expects memory to be what it was. */
function expectFlat(f: () => void): void {
  f(); // what is made once and for all: the default generator
  const before = memory();
  f();
  const { bytes, blocks } = memory();
  expect({ bytes, blocks }).toEqual({ bytes: before.bytes, blocks: before.blocks });
}

describe('DataLoader', () => {
  // The default generator is made at its first use.
  beforeAll(() => scope(() => void randn([1])));

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
