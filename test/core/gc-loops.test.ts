/** What the collector frees of loops, iterators and scopes. */
import { crossEntropy, keep, ones, scope, zeros, type Tensor } from 'phyllo';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { useEngine } from '../../ts/core/collector';
import { scoped } from '../../ts/core/scope';
import { engine } from '../../ts/engine';
import { dice, loader, Net, problem, start } from '../toy';
import { gc, collect, cases, returns } from './engines';

vi.setConfig({ testTimeout: 60_000 });

afterAll(() => useEngine(engine()));

describe.each(cases)('on %s', (_, make, engine) => {
  beforeEach(() => {
    useEngine(engine);
    start(make);
  });

  test('an iterator that was left open, and its batch', async () => {
    const data = problem();
    const { left } = await returns(async () => {
      (() => {
        const item = loader(data).next();
        if (!item.done) item.value[0].mul(2);
      })();
      await null;
    });
    expect(left).toBeGreaterThan(2);
  });

  test('an iterator that is still in use stays open', async () => {
    const batches = loader(problem());
    const item = batches.next();
    if (item.done) throw new Error('empty');
    const y = item.value[0].mul(2);
    await collect();
    expect(Array.from(y.toArray())).toHaveLength(80);
    expect(batches.next().done).toBe(false);
    expect(y.disposed).toBe(true);
    batches.return!();
  });

  test('what an awaiting loop made of no item: bounded by the loop, and gone afterwards', async () => {
    const data = problem();
    const { left } = await returns(async () => {
      for (const [x] of loader(data)) {
        await null;
        const noise = zeros([5]).add(1);
        await null;
        x.add(noise).exp();
      }
    });
    expect(left).toBe(2 * 4); // zeros, + 1 of each batch
  });

  test('what three interleaved loops, nested ones too, gave to it', async () => {
    const data = problem();
    const roll = dice(3);
    const wait = async (): Promise<void> => {
      for (let i = roll(6); i > 0; i--) await null;
      if (roll(5) === 0) await new Promise(r => setImmediate(r));
    };
    const flow = async (seed: number): Promise<void> => {
      const net = new Net(seed);
      for (const [x, target] of loader(data)) {
        await wait();
        net.zeroGrad();
        const noise = zeros([5]).add(seed);
        for (const [y] of loader(data, 32)) {
          const h = y.sum(0).mul(x.sum(0));
          await wait();
          h.add(noise).sum().item();
        }
        const logits = net.forward(x.add(noise));
        await wait();
        const loss = crossEntropy(logits, target);
        loss.backward();
        await wait();
        net.step();
      }
      net.dispose();
    };
    const { left } = await returns(async () => {
      await Promise.all([1, 2, 3].map(flow));
    });
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(3 * 4 * 20); // flows × batches × at most this many made of no single item
  });

  test('what was made in a loop after an await, while the loop goes on', async () => {
    const refs: WeakRef<Tensor>[] = [];
    const batches = scoped([1, 2], 'the loop');
    await (async () => {
      batches.next();
      await null;
      refs.push(new WeakRef(ones([3])));
    })();
    await collect();
    expect(refs[0]!.deref()).toBeUndefined();
    batches.return!();
  });

  test('a loss that is held for its value holds neither its graph nor its batch', async () => {
    const data = problem();
    const net = new Net(1);
    const refs: WeakRef<object>[] = [];
    const losses: Tensor[] = [];
    const kept: Tensor[] = [];
    (() => {
      for (const [x, target] of loader(data)) {
        const logits = net.forward(x);
        const loss = crossEntropy(logits, target);
        loss.backward();
        losses.push(loss);
        kept.push(
          keep(x.mul(2)),
          scope(() => {
            refs.push(new WeakRef(ones([3])));
            return keep(ones([2]));
          }),
        );
        refs.push(new WeakRef(logits), new WeakRef(x), new WeakRef(loss.node!));
      }
    })();
    await collect();
    expect(refs.filter(r => r.deref() !== undefined)).toEqual([]);
    expect(losses.every(l => Number.isFinite(l.item()))).toBe(true);
    expect(kept.some(t => t.disposed)).toBe(false);
  });

  test('a returned tensor holds nothing that its scope made before', async () => {
    const refs: WeakRef<object>[] = [];
    const y = scope(() => {
      refs.push(new WeakRef(ones([3])));
      return ones([2]);
    });
    await collect();
    expect([refs[0]!.deref(), y.disposed]).toEqual([undefined, false]);
  });

  test('a long synchronous loop holds no scope that has ended', () => {
    const used = (): number => {
      if (typeof gc !== 'function') throw new Error('no collector to call');
      Reflect.apply(gc, undefined, []);
      return process.memoryUsage().heapUsed;
    };
    const numbers = function* (n: number): IterableIterator<number> {
      for (let i = 0; i < n; i++) yield i;
    };
    let rise = 0;
    const before = used();
    for (const i of scoped(numbers(200_000), 'it')) if (i === 199_999) rise = used() - before;
    expect(rise).toBeLessThan(4e6); // a scope takes over a hundred bytes
  });
});
