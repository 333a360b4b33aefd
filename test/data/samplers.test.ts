/** Samplers, collections made of others, and what a loader makes of them. */
import { describe, expect, test } from 'vitest';
import {
  BatchSampler,
  ChainDataset,
  ConcatDataset,
  DataLoader,
  Generator,
  IndexError,
  RandomSampler,
  randomSplit,
  SequentialSampler,
  SubsetRandomSampler,
  tensor,
  ValueError,
  WeightedRandomSampler,
  type Tensor,
} from '../../ts/index';
import { ascending, epoch, numbered, OneByOne, upTo, type Pair } from './samples';

const generator = (): Generator => new Generator(3);
const sorted = (list: Iterable<number>): number[] => [...list].sort(ascending);

describe('samplers', () => {
  test('in order, and in batches', () => {
    const inOrder = new SequentialSampler(numbered(5));
    expect([[...inOrder], inOrder.length]).toEqual([upTo(5), 5]);
    const batches = new BatchSampler(inOrder, 2);
    expect([[...batches], batches.length]).toEqual([[[0, 1], [2, 3], [4]], 3]);
    const whole = new BatchSampler(inOrder, 2, true);
    expect([[...whole], whole.length]).toEqual([
      [
        [0, 1],
        [2, 3],
      ],
      2,
    ]);
    expect([...new BatchSampler([4, 2, 0], 2)]).toEqual([[4, 2], [0]]);
    const nested = [[4, 2], [0]];
    expect(() => Reflect.construct(BatchSampler, [nested, 2])).toThrow('sampler takes a sampler');
    const options = (given: object): unknown => Reflect.construct(DataLoader, [numbered(5), given]);
    expect(() => options({ batchSampler: [4, 2, 0] })).toThrow('batchSampler takes what iterates over lists');
    expect(options({ batchSampler: nested })).toHaveLength(2);
  });

  test('at random: each once, anew each time; with replacement, evenly', () => {
    const random = new RandomSampler(numbered(50), { generator: generator() });
    const [a, b] = [[...random], [...random]];
    expect([sorted(a), sorted(b)]).toEqual([upTo(50), upTo(50)]);
    expect(a).not.toEqual(b);
    expect([...new RandomSampler(numbered(50), { generator: generator() })]).toEqual(a);
    const more = new RandomSampler(numbered(4), { numSamples: 10, generator: generator() });
    expect([[...more].length, sorted([...more].slice(0, 4))]).toEqual([10, upTo(4)]);
    const n = 40_000;
    const drawn = [...new RandomSampler(numbered(4), { replacement: true, numSamples: n, generator: generator() })];
    for (const i of upTo(4)) {
      const count = drawn.filter(k => k === i).length;
      expect(Math.abs(count / n - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / n));
    }
    const subset = new SubsetRandomSampler([7, 3, 5], { generator: generator() });
    expect([sorted(subset), subset.length]).toEqual([[3, 5, 7], 3]);
  });

  test('by weights: in proportion with replacement, never those of weight 0, and each once without', () => {
    const weights = [1, 0, 3, 6];
    const n = 40_000;
    const drawn = [...new WeightedRandomSampler(weights, n, { generator: generator() })];
    weights.forEach((w, i) => {
      const [p, share] = [w / 10, drawn.filter(k => k === i).length / n];
      expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / n));
    });
    const once = new WeightedRandomSampler(weights, 3, { replacement: false, generator: generator() });
    const firsts = upTo(5000).map(() => [...once]);
    expect(firsts.every(list => String(sorted(list)) === '0,2,3')).toBe(true);
    const share = firsts.filter(([first]) => first === 3).length / 5000;
    expect(Math.abs(share - 0.6)).toBeLessThan(4 * Math.sqrt(0.24 / 5000));
    expect(() => new WeightedRandomSampler(weights, 4, { replacement: false })).toThrow('there are 3 weights above 0');
    for (const wrong of [[1, -1], [NaN], [0, 0], []]) {
      expect(() => new WeightedRandomSampler(wrong, 1)).toThrow(ValueError);
    }
  });
});

describe('collections', () => {
  test('one after another', () => {
    const both = new ConcatDataset([numbered(3), numbered(2)]);
    expect(both.length).toBe(5);
    expect(epoch(new DataLoader(both, { batchSize: 2 }))).toEqual([[0, 1], [2, 0], [1]]);
    expect(() => both.get(5)).toThrow(IndexError);
    expect([...new ChainDataset([[1, 2], new Set([3])])]).toEqual([1, 2, 3]);
  });

  test('fractions by a seed', () => {
    const of = (seed: number): number[][] => randomSplit(numbered(10), [0.5, 0.5], { seed }).map(s => [...s.indices]);
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(() => randomSplit(numbered(2), [1, 1], { seed: 1, generator: generator() })).toThrow('not both');
  });
});

describe('a loader', () => {
  test('goes by a sampler, or by batches of one', () => {
    const data = new OneByOne(6);
    const loader = new DataLoader(data, { sampler: new SubsetRandomSampler([4, 2, 0]), batchSize: 2 });
    expect(loader.length).toBe(2);
    expect(epoch(loader).map(b => b.length)).toEqual([2, 1]);
    expect(sorted(epoch(loader).flat())).toEqual([0, 2, 4]);
    expect(epoch(new DataLoader(numbered(6), { sampler: [5, 1, 5], batchSize: 2, dropLast: true }))).toEqual([[5, 1]]);
    const batches = new DataLoader(numbered(6), { batchSampler: [[0], [3, 2, 1]] });
    expect([epoch(batches), batches.length]).toEqual([[[0], [3, 2, 1]], 2]);
    expect(() => epoch(new DataLoader(numbered(2), { sampler: [0, 2] }))).toThrow('there is no sample 2 among 2');
  });

  test('collates samples of any kind', () => {
    const words = { length: 3, get: (i: number): string => 'abc'.slice(0, i + 1) };
    const loader = new DataLoader(words, {
      batchSize: 2,
      collate: (samples: readonly string[]) => ({ lengths: tensor(samples.map(s => s.length)), texts: samples }),
    });
    const seen: [number[], readonly string[]][] = [];
    let kept: Tensor | null = null;
    for (const { lengths, texts } of loader) {
      seen.push([[...lengths.toArray()], texts]);
      kept ??= lengths;
    }
    expect(seen).toEqual([
      [
        [1, 2],
        ['a', 'ab'],
      ],
      [[3], ['abc']],
    ]);
    expect(() => kept?.toArray()).toThrow(/used after it was freed/); // a batch's tensors go with it
  });

  test('takes what can only be iterated, in batches', () => {
    function* samples(n: number): Stream {
      for (let i = 0; i < n; i++) yield [tensor([i, -i]), tensor(i, { dtype: 'u8' })];
    }
    const stream = { [Symbol.iterator]: (): Stream => samples(5) };
    const loader = new DataLoader(new ChainDataset([stream, stream]), { batchSize: 4 });
    expect(epoch(loader)).toEqual([
      [0, 1, 2, 3],
      [4, 0, 1, 2],
      [3, 4],
    ]);
    expect(() => loader.length).toThrow('nothing says how many samples there are');
    expect(() => new DataLoader(stream, { shuffle: true })).toThrow('takes no order of an iterable');
  });

  test('is not told twice which samples come', () => {
    const data = numbered(2);
    expect(() => new DataLoader(data, { sampler: [0], shuffle: true })).toThrow('takes a sampler or shuffle, not both');
    for (const more of [{ batchSize: 1 }, { sampler: [0] }, { dropLast: true }, { shuffle: true }]) {
      expect(() => new DataLoader(data, { batchSampler: [[0]], ...more })).toThrow('takes a batchSampler, or sampler');
    }
  });
});
type Stream = IterableIterator<Pair>;
