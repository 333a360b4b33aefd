/** Samples that are promises, in the thread of their loader. */
import { describe, expect, expectTypeOf, test } from 'vitest';
import { DataLoader, defineDataset, memory, scope, Subset, tensor, type Dataset } from '../../ts/index';
import { sweep } from '../../ts/core/collector';
import type { Pair } from './samples';

const HERE = import.meta.url;
describe('samples that come later', () => {
  let waiting = 0;
  let most = 0;
  const later = (i: number): Promise<Pair> => {
    const x = tensor([i]).add(1);
    most = Math.max(most, ++waiting);
    return new Promise((resolve, reject) => {
      setTimeout(
        () => {
          waiting--;
          if (i === 7 || i === 6) return reject(new RangeError(`unreadable ${i}`));
          resolve([x.sub(1), tensor(i)]);
        },
        5 * (9 - i),
      );
    });
  };
  const data = (length: number): Dataset<Promise<Pair>> => ({ length, get: later });
  const all = async (loader: AsyncIterable<Pair>): Promise<number[][]> => {
    const seen: number[][] = [];
    for await (const [x, t] of loader) {
      expect([...x.toArray()]).toEqual([...t.toArray()].flatMap(i => [i]));
      seen.push([...t.toArray()]);
    }
    return seen;
  };

  test('are awaited together, and come in their order', async () => {
    scope(() => void tensor([1]).add(1).sub(1));
    sweep();
    const { blocks } = memory();
    most = 0;
    expect(await all(new DataLoader(data(5), { batchSize: 2 }))).toEqual([[0, 1], [2, 3], [4]]);
    expect(most).toBe(2);
    expect(await all(new DataLoader(new Subset(data(5), [4, 0]), { batchSize: 2 }))).toEqual([[4, 0]]);
    expect(await all(new DataLoader([later(1), later(0)], { batchSize: 2 }))).toEqual([[1, 0]]);
    const { get } = data(5);
    const whole = { length: 4, get, getBatch: async (i: Int32Array): Promise<Pair> => [tensor([...i]), tensor(i)] };
    expect(await all(new DataLoader(whole, { batchSize: 3 }))).toEqual([[0, 1, 2], [3]]);
    sweep();
    expect(memory().blocks).toBeLessThanOrEqual(blocks); // less, of what was garbage before
  });
  test('the error is that of the first of a batch, whichever comes first; nothing is left under way', async () => {
    const loop = all(new DataLoader(data(9), { batchSize: 3 }));
    await expect(loop).rejects.toThrow(new RangeError('unreadable 6'));
    expect(waiting).toBe(0);
    const stops: Dataset<Promise<Pair>> = {
      length: 2,
      get(i) {
        if (i === 1) throw new RangeError('at once');
        return Promise.reject(new RangeError('later'));
      },
    };
    await expect(all(new DataLoader(stops, { batchSize: 2 }))).rejects.toThrow('at once');
  });
  test('are an error where nobody awaits', () => {
    const message = 'DataLoader: sample 0 is a Promise: take the batches of such a dataset by for await';
    const soon: Dataset<Promise<Pair>> = { length: 1, get: async i => [tensor([i]), tensor(i)] };
    for (const collate of [undefined, (samples: Pair[]): Pair => samples[0]!]) {
      expect(() => [...new DataLoader(soon, collate && { collate })]).toThrow(message);
    }
  });
  test('have the types of samples', async () => {
    const make = (n: number) => ({ length: n, get: async (i: number) => ({ x: tensor([i]), name: `${i}` }) });
    const collate = (samples: { name: string }[]): string => samples.map(({ name }) => name).join();
    const named = defineDataset(HERE, make, { collate });
    for await (const names of new DataLoader(named(2), { batchSize: 2, collate })) {
      expectTypeOf(names).toEqualTypeOf<string>();
      expect(names).toBe('0,1');
    }
  });
});
