/** Datasets: whole, in part, and split at random. */
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { Generator, IndexError, ShapeError, tensor, ValueError, zeros, type Tensor } from '../../ts/index';
import { DataLoader } from '../../ts/data/loader';
import { randomSplit, Subset, TensorDataset } from '../../ts/data/dataset';
import { numbered, epoch, upTo, ascending } from './samples';

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

test.each([
  [{ get: () => [] }, 'length is missing, and is to be a whole number ≥ 0'],
  [{ length: () => 3, get: () => [] }, 'length is a function, and'],
  [{ length: 2.5, get: () => [] }, 'length is 2.5, and'],
  [{ length: 2, get: [] }, 'get is []'],
])('a dataset that is almost one is told what is missing: %o', (data, what) => {
  for (const type of [DataLoader, Subset]) {
    const make = (): unknown => Reflect.construct(type, type === Subset ? [data, [0]] : [data]);
    expect(make).toThrow(ValueError);
    expect(make).toThrow(`: ${what}`);
  }
});
