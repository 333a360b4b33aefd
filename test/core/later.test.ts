/** Scopes of the items of loops that await: who frees what, and when. */
import { describe, expect, test } from 'vitest';
import { DisposedError, memory, scope, tensor, type Tensor } from '../../ts/index';
import { scopedLater } from '../../ts/core/later';
import { runtime } from '../../ts/core/runtime';

const pause = (ms = 0): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
/** Of n items, each later, what makes it. Says when it was left. */
async function* numbers(n: number, left: { is: boolean }, ms = 0): AsyncGenerator<() => Tensor> {
  try {
    for (let i = 0; i < n; i++) {
      await pause(ms);
      yield () => tensor([i, i]).add(1);
    }
  } finally {
    left.is = true;
  }
}
const over = (n: number, left = { is: false }, ms = 0): AsyncIterableIterator<Tensor> =>
  scopedLater(numbers(n, left, ms), 'a test');
const made = (): number => memory().blocks;
const warm = (): void => scope(() => void tensor([1]).add(1).mul(2));

describe('scopedLater', () => {
  test('an item, and what is computed from it, live until the next', async () => {
    warm();
    const base = made();
    const levels: number[] = [];
    let first: Tensor | undefined;
    for await (const x of over(3)) {
      first ??= x;
      expect(runtime.scope).toBeNull();
      x.mul(2);
      await pause();
      x.mul(2).add(1);
      levels.push(made() - base);
    }
    expect(levels).toEqual([5, 5, 5]); // with the tensor that the item was made of
    expect(made()).toBe(base);
    expect(() => first?.add(1)).toThrow(DisposedError);
    expect(() => first?.add(1)).toThrow('batch 0 of a test');
  });

  test.each(['break', 'throw', 'error of the source'])('%s ends the source, and frees all', async end => {
    warm();
    const base = made();
    const left = { is: false };
    const failing = async function* (): AsyncGenerator<() => Tensor> {
      for await (const make of numbers(5, left)) {
        yield end === 'error of the source'
          ? () => {
              make();
              throw new RangeError('unreadable');
            }
          : make;
      }
    };
    try {
      for await (const x of scopedLater(failing(), 'a test')) {
        x.mul(2);
        if (end === 'break') break;
        throw new RangeError('enough');
      }
    } catch (e) {
      expect(e).toBeInstanceOf(RangeError);
    }
    expect(left.is).toBe(true);
    expect(made()).toBe(base);
  });

  test('does not take what other loops make meanwhile', async () => {
    warm();
    const base = made();
    const sums = await Promise.all(
      [1, 3, 2].map(async (ms, k) => {
        let sum = 0;
        for await (const x of over(6, { is: false }, ms)) {
          const y = x.mul(2);
          await pause(k);
          sum += y.add(x).sum().item();
        }
        return sum;
      }),
    );
    expect(sums).toEqual([126, 126, 126]); // 2 · 3 · (1 + … + 6)
    expect(made()).toBe(base);
  });

  test('inside a loop whose turn is not over', async () => {
    warm();
    const base = made();
    for await (const x of over(2)) {
      const kept = x.add(1);
      for await (const y of over(3)) y.add(1);
      expect([...kept.toArray()].every(v => v >= 2)).toBe(true);
    }
    expect(made()).toBe(base);
  });

  test('asked for again before there is an item, and left before', async () => {
    const base = made();
    const left = { is: false };
    const loop = over(3, left, 2);
    const items = await Promise.all([loop.next(), loop.next(), loop.next(), loop.next()]);
    expect(items.map(item => item.done === true)).toEqual([false, false, false, true]);
    expect(made()).toBe(base);

    const other = over(3, left, 2);
    const first = other.next();
    const end = other.return?.('enough');
    expect(await first).toEqual({ done: true, value: undefined });
    expect(await end).toEqual({ done: true, value: 'enough' });
    expect(await other.next()).toEqual({ done: true, value: undefined });
    expect(made()).toBe(base);
  });
});
