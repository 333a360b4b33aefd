/** Which loop a tensor belongs to, where loops await, nest and share batches. */
import { gradients, keep, ones, scope, tensor, zeros, type Tensor } from 'phyllo';
import { expect, test, vi } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { scoped } from '../../ts/core/scope';
import { inUse, loader, onEachBackend, problem } from '../toy';
import { task, sleep } from './pauses';

vi.setConfig({ testTimeout: 120_000 });

onEachBackend('on %s', () => {
  test('a synchronous loop frees its batches while another awaits', async () => {
    const data = problem();
    let running = true;
    const other = (async () => {
      const sums: number[] = [];
      for (const [x] of loader(data, 16, 'waiting')) {
        const h = x.mul(2);
        await sleep(2);
        sums.push(h.sum().item());
      }
      running = false;
      return sums;
    })();
    while (running) {
      const before = inUse().blocks;
      for (const [x] of loader(data, 16, 'running')) {
        x.mul(2)
          .add(zeros([5]))
          .exp();
        keep(ones([3])).dispose();
      }
      expect(inUse().blocks).toBe(before);
      await task();
    }
    expect((await other).length).toBe(4);
  });

  test('an awaiting loop frees at the next item all that descends from its item', async () => {
    const data = problem();
    const w = keep(tensor([1, 2, 3, 4, 5], { requiresGrad: true }));
    const turns: number[] = [];
    for (const [x] of loader(data, 16)) {
      turns.push(inUse().blocks);
      const h = x.mul(2);
      await task();
      const y = h.exp().add(x);
      await null;
      h.detach().exp();
      gradients(x.mul(w).square().sum(), [w]); // descends from x by what was saved
      scope(() => gradients(w.add(1), [w], { gradient: y.sum(0) })); // and by the cotangent it starts from
      const before = inUse().blocks;
      scope(() => {
        y.add(zeros([5]))
          .exp()
          .sum();
        zeros([1000]);
      });
      expect(inUse().blocks).toBe(before);
      y.max(1);
      turns.push(inUse().blocks);
    }
    expect(turns.filter((_, i) => i % 2 === 0)).toEqual(Array(4).fill(turns[0]));
    expect(turns.filter((_, i) => i % 2 === 1)).toEqual(Array(4).fill(turns[1]));
  });

  test('of two nested loops, the inner item takes what descends from both with it', async () => {
    const data = problem();
    for (const [x] of loader(data, 16, 'outer')) {
      const turns: number[] = [];
      for (const [y] of loader(data, 16, 'inner')) {
        turns.push(inUse().blocks);
        await task();
        const both = x.mul(y).add(y).add(x);
        scope(() => both.exp().sum());
        both.exp().sub(x);
      }
      expect(turns).toEqual(Array(4).fill(turns[0]));
    }
  });

  test('of two nested loops, the outer item keeps what descends from it alone, and takes it with it', async () => {
    const data = problem();
    const made: Tensor[] = [];
    for (const [x] of loader(data, 16, 'outer')) {
      await task();
      for (const [y] of loader(data, 16, 'inner')) {
        made.push(x.mul(3));
        await task();
        made.push(scope(() => x.mul(3).add(y.sum().item())));
      }
      expect(made.some(t => t.disposed)).toBe(false);
      break;
    }
    expect(made.every(t => t.disposed)).toBe(true);
    made.length = 0;
    for (const [x] of loader(data, 16, 'outer')) {
      for (const _ of loader(data, 16, 'inner')) {
        made.push(x.mul(3)); // in the turn in which the outer item came it is the inner item's, then it is not
        await task();
      }
      expect(made.some(t => t.disposed)).toBe(false);
      break;
    }
    expect(made.slice(1).every(t => t.disposed)).toBe(true);
  });

  test('two flows share a batch: what comes of both belongs to neither, and no number is lost', async () => {
    const data = problem();
    const first = Array.from(data.x.toArray()).slice(0, 80);
    const shared: { x: Tensor | null; mixed: Tensor | null; later: Tensor | null; mine: Tensor | null } = {
      x: null,
      mixed: null,
      later: null,
      mine: null,
    };
    let batches = 0;
    const giver = async (): Promise<void> => {
      for (const [x] of loader(data, 16, 'the giver')) {
        shared.x ??= x;
        await task();
        await task();
        batches++;
      }
    };
    const taker = async (): Promise<void> => {
      await null;
      for (const [x] of loader(data, 16, 'the taker')) {
        if (!shared.mixed) {
          await null;
          x.relu();
          shared.mine = scope(() => shared.x!.mul(2));
          shared.mixed = x.add(shared.x!);
          shared.later = scope(() => shared.mixed!.mul(1));
        }
        await task();
      }
    };
    await Promise.all([giver(), taker()]);
    expect(batches).toBe(4);
    const twice = first.map(v => Math.fround(2 * v));
    expect(Array.from(shared.mixed!.toArray(), Math.fround)).toEqual(twice);
    expect(Array.from(shared.later!.toArray(), Math.fround)).toEqual(twice);
    expect(() => shared.x!.exp()).toThrow(/batch 0 of the giver/);
    expect(() => shared.mine!.exp()).toThrow(/batch 0 of the giver/); // descends from the giver's alone
  });

  test('the turn ends once: scopes of one turn are suspended together, and later ones in theirs', async () => {
    const one = scoped([1, 2], 'one');
    const two = scoped([1, 2], 'two');
    one.next();
    const inOne = runtime.scope!;
    two.next();
    const inTwo = runtime.scope!;
    expect([inOne.suspended, inTwo.suspended, inTwo.parent]).toEqual([false, false, inOne]);
    await null;
    expect([inOne.suspended, inTwo.suspended, runtime.scope]).toEqual([true, true, null]);
    one.next();
    const next = runtime.scope!;
    expect([next.suspended, next.parent, inOne.closed, inTwo.closed]).toEqual([false, null, true, false]);
    await null;
    expect([next.suspended, runtime.scope]).toEqual([true, null]);
    one.return!();
    two.return!();
    expect([next.closed, inTwo.closed, inTwo.parent]).toEqual([true, true, null]);
  });
});
