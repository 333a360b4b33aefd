/** * Loops that await, several in one thread: whose turn it is, is told by the tensors. Each loop must compute bit for bit
 * what it computes alone, and none may see a tensor freed that is its own. */
import { dropout, crossEntropy, DisposedError, Generator, ones, scope, tensor, zeros, type Tensor } from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { dice, loader, Net, onEachBackend, problem, type Problem } from '../toy';
import { task, sleep } from './pauses';

vi.setConfig({ testTimeout: 120_000 });

/** What a loop waits for at its i-th await. */
type Pause = (i: number) => Promise<void>;
/** Up to five microtasks, or now and then a task. */
function random(roll: (n: number) => number): Pause {
  return async () => {
    const n = roll(7);
    if (n === 6) await task();
    else for (let i = 0; i < n; i++) await null;
  };
}

interface Habits {
  /** Make tensors that descend from no batch, after an await, and await before using them. */
  readonly create?: boolean;
  /** Do each step in a scope. */
  readonly wrap?: boolean;
  /** Loop over other batches in between. */
  readonly nest?: boolean;
  /** Leave the first loop early. */
  readonly leave?: boolean;
}

/** Trains for two epochs and returns what it saw: losses and sums. */
async function train(data: Problem, seed: number, pause: Pause, habits: Habits = {}): Promise<number[]> {
  const net = new Net(seed);
  const noise = new Generator(seed);
  const seen: number[] = [];
  let awaits = 0;
  const wait = (): Promise<void> => pause(awaits++);
  const around = <T>(f: () => T): T => (habits.wrap ? scope(f, 'a step') : f());
  for (let epoch = 0; epoch < 2; epoch++) {
    for (const [x, target] of loader(data, 16, `flow ${seed}`)) {
      net.zeroGrad();
      const h = x.mul(1.5);
      await wait();
      let shift: Tensor = h;
      if (habits.create) {
        const made = around(() =>
          tensor([1, 2, 3, 4, 5])
            .mul(0.1)
            .add(dropout(ones([5]), 0.5, { generator: noise })),
        );
        await wait();
        shift = h.add(made);
        await wait();
      }
      if (habits.nest) {
        for (const [y] of loader(data, 32, `inner of ${seed}`)) {
          await wait();
          const bias = zeros([5]).add(seed);
          const both = around(() => y.sum(0).mul(h.sum(0)));
          await wait();
          seen.push(both.add(bias).add(x.sum(0)).sum().item());
        }
      }
      const loss = around(() => {
        const loss = crossEntropy(net.forward(shift), target);
        loss.backward();
        return loss;
      });
      await wait();
      around(() => net.step());
      seen.push(loss.item(), h.sum().item());
      if (habits.leave && epoch === 0 && seen.length > 3) break;
    }
  }
  net.dispose();
  noise.state.dispose();
  return seen;
}

onEachBackend('on %s', () => {
  const pauses: Record<string, (who: number) => Pause> = {
    'a resolved promise': () => () => Promise.resolve(),
    'timers of one length': () => () => sleep(0),
    'uneven timers': who => i => sleep((i * (who + 2)) % 3),
    'promises and tasks in turn': who => i => ((i + who) % 2 ? Promise.resolve() : task()),
    'many microtasks': who => async i => {
      for (let k = 0; k < (i * (who + 1)) % 5; k++) await null;
    },
  };
  describe.each(Object.entries(pauses))('three loops that wait for %s', (_, pause) => {
    test.each<[string, Habits]>([
      ['train', {}],
      ['make tensors after an await', { create: true }],
      ['step in scopes', { create: true, wrap: true }],
      ['nest', { create: true, nest: true }],
      ['leave early', { create: true, leave: true }],
    ])('and %s, give what each gives alone', async (_, habits) => {
      const data = problem();
      const alone: number[][] = [];
      for (const who of [0, 1, 2]) alone.push(await train(data, who, pause(who), habits));
      const mixed = await Promise.all([0, 1, 2].map(who => train(data, who, pause(who), habits)));
      expect(mixed).toEqual(alone);
      expect(mixed.flat().every(Number.isFinite)).toBe(true);
      await task();
      expect(runtime.scope).toBeNull();
    });
  });

  test('loops at random, 300 times three: each bit for bit as alone, none ends in a DisposedError', async () => {
    const data = problem();
    const roll = dice(1);
    const kinds: Habits[] = [
      { create: true },
      { create: true, wrap: true },
      { create: true, nest: true },
      { leave: true, create: true },
      {},
    ];
    const alone = new Map<string, number[]>();
    for (const [k, kind] of kinds.entries()) {
      for (const who of [0, 1, 2]) {
        const seen = await train(data, who, () => Promise.resolve(), kind);
        expect(seen.every(Number.isFinite)).toBe(true);
        alone.set(`${k} ${who}`, seen);
      }
    }
    const count = { loops: 0, same: 0, disposed: 0 };
    for (let round = 0; round < 300; round++) {
      const flows = [0, 1, 2].map(who => ({ who, kind: roll(kinds.length) }));
      const ends = await Promise.allSettled(
        flows.map(async ({ who, kind }) => {
          if (roll(3) === 0) await random(roll)(0); // some start in the middle of another's turn
          return train(data, who, random(roll), kinds[kind]);
        }),
      );
      ends.forEach((end, i) => {
        count.loops++;
        if (end.status === 'rejected') {
          if (!(end.reason instanceof DisposedError)) throw end.reason;
          count.disposed++;
          return;
        }
        const { who, kind } = flows[i]!;
        const want = alone.get(`${kind} ${who}`)!;
        if (want.length === end.value.length && want.every((v, j) => Object.is(v, end.value[j]))) count.same++;
      });
    }
    const { loops, same, disposed } = count;
    console.log(`${runtime.backend.name}: ${same} of ${loops} loops as alone, ${disposed} ended in a DisposedError`);
    expect(count).toEqual({ loops: 900, same: 900, disposed: 0 });
  });

  test('loops of which one throws, one breaks and one returns leave the third alone', async () => {
    const data = problem();
    const pause = random(dice(5));
    const alone = await train(data, 0, () => Promise.resolve(), { create: true });
    const failing = async (): Promise<void> => {
      for (const [x] of loader(data)) {
        const h = x.mul(2);
        await pause(0);
        h.exp();
        throw new Error('by the user');
      }
    };
    const returning = async (): Promise<number> => {
      for (const [x] of loader(data)) {
        await pause(0);
        return x.sum().item();
      }
      return 0;
    };
    for (let i = 0; i < 20; i++) {
      const [got, thrown, returned] = await Promise.allSettled([
        train(data, 0, pause, { create: true }),
        failing(),
        returning(),
      ]);
      expect(got).toEqual({ status: 'fulfilled', value: alone });
      expect(thrown.status).toBe('rejected');
      expect(returned.status).toBe('fulfilled');
    }
  });

  test("a loop that starts in another's turn, before that one awaits, is not taken for its part", async () => {
    const data = problem();
    const inner = async (): Promise<number[]> => {
      const seen: number[] = [];
      for (const [x] of loader(data, 16, 'inner')) {
        const h = x.mul(3);
        await task();
        seen.push(h.sum().item());
      }
      return seen;
    };
    const want = await inner();
    const others: Promise<number[]>[] = [];
    const outer = async (): Promise<void> => {
      for (const [x] of loader(data, 16, 'outer')) {
        others.push(inner()); // runs up to its first await, and its batch is then the current one
        const y = x.mul(2);
        const free = ones([5]);
        await null;
        expect(Array.from(y.sub(x).toArray())).toEqual(Array.from(x.toArray()));
        await task();
        expect(Array.from(y.add(free).sub(1).toArray())).toHaveLength(80);
      }
    };
    await outer();
    expect(await Promise.all(others)).toEqual([want, want, want, want]);
  });
});
