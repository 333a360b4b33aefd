/** What no scope owns: the garbage collector finds it, all of it, and nothing that is still in use. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  crossEntropy,
  capture,
  Generator,
  grad,
  gradients,
  keep,
  ones,
  scope,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { sweep, useEngine } from '../../ts/core/collector';
import { scoped } from '../../ts/core/scope';
import { engine } from '../../ts/engine';
import { backends, dice, inUse, loader, Net, numbers, problem, start } from '../toy';

vi.setConfig({ testTimeout: 60_000 });
setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');

/** Collects until the finalisers have nothing left to do, and looks for dead handles where the engine can be asked. */
async function collect(): Promise<void> {
  if (typeof gc !== 'function') throw new Error('no collector to call');
  for (let quiet = 0, blocks = -1; quiet < 3; ) {
    await new Promise(r => setTimeout(r, 1));
    Reflect.apply(gc, undefined, []);
    sweep();
    await new Promise(r => setTimeout(r, 1));
    quiet = inUse().blocks === blocks ? quiet + 1 : 0;
    blocks = inUse().blocks;
  }
}

/** As in Node, Deno and Bun, which collect when asked to, and as in browsers, which do not. */
const engines = [
  ['an engine that collects on request', engine()],
  ['one that does not', null],
] as const;
const cases = backends.flatMap(([name, make]) =>
  engines.map(([kind, e]) => [`${name}, with ${kind}`, make, e] as const),
);

afterAll(() => useEngine(engine()));

describe.each(cases)('on %s', (_, make, engine) => {
  beforeEach(() => {
    useEngine(engine);
    start(make);
  });

  /** Runs f; whatever it left behind is gone once the collector has been. */
  async function returns(f: () => void | Promise<void>): Promise<{ left: number }> {
    await f(); // the first time makes constants
    await collect();
    const before = inUse();
    await f();
    const left = inUse().blocks - before.blocks;
    await collect();
    expect(inUse()).toEqual(before);
    return { left };
  }

  test('tensors of no scope, and their views', async () => {
    const { left } = await returns(() => {
      const x = ones([100]).mul(2);
      x.reshape([10, 10]).t().exp();
    });
    expect(left).toBe(3); // ones, ×2, exp: else the test shows nothing
  });

  test('graphs of no scope, walked or not, with all they save', async () => {
    const w = keep(tensor(numbers(100, 1), { requiresGrad: true }));
    const { left } = await returns(() => {
      let y: Tensor = w;
      for (let i = 0; i < 100; i++) y = y.mul(w).tanh();
      y.sum();
      gradients(w.exp().mul(w).sum(), [w]);
      grad((x: Tensor) => x.square().sum())(w);
    });
    expect(left).toBeGreaterThan(200);
  });

  test('values that a graph in use has saved stay, and so do those that a plain handle shares', async () => {
    const w = keep(tensor([1, 2], { requiresGrad: true }));
    const loss = (() => w.exp().square().sum())();
    const view = (() => ones([4]).mul(3).reshape([2, 2]))();
    await collect();
    ones([2]).exp(); // would reuse what was freed
    ones([4]).exp();
    loss.backward();
    Array.from(w.grad!.toArray()).forEach((g, i) => expect(g / (2 * Math.exp(2 * (i + 1)))).toBeCloseTo(1, 5));
    expect(Array.from(view.toArray())).toEqual([3, 3, 3, 3]);
  });

  test('parameters, with their gradients, and the state of an optimiser', async () => {
    const data = problem();
    const { left } = await returns(() => {
      const net = new Net(1);
      for (const [x, target] of loader(data)) {
        net.zeroGrad();
        crossEntropy(net.forward(x), target).backward();
        net.step();
      }
      new Generator(3);
    });
    expect(left).toBeGreaterThan(8);
  });

  test('the plans of a captured function that nobody has any more', async () => {
    const data = problem();
    const { left } = await returns(() => {
      const net = new Net(1);
      const step = capture((x: Tensor, target: Tensor) => {
        net.zeroGrad();
        crossEntropy(net.forward(x), target).backward();
        net.step();
      });
      for (const [x, target] of loader(data)) step(x, target);
      net.zeroGrad();
    });
    expect(left).toBeGreaterThan(8);
  });

  test('not the plans of a captured function that somebody has', async () => {
    const w = keep(tensor([1, 2], { requiresGrad: true }));
    const f = capture((x: Tensor) => {
      x.mul(w).mul(2).sum().backward();
      return x.mul(3);
    });
    f(ones([2]));
    await collect();
    zeros([2]).exp(); // would reuse what was freed
    expect(Array.from(f(ones([2])).toArray())).toEqual([3, 3]);
    expect(Array.from(w.grad!.toArray())).toEqual([4, 4]);
  });

  test('a parameter that is dropped while its graph lives on: the rest of the graph works', async () => {
    const v = keep(tensor([3, 4], { requiresGrad: true }));
    const refs: WeakRef<Tensor>[] = [];
    const loss = (() => {
      const w = keep(tensor([1, 2], { requiresGrad: true }));
      refs.push(new WeakRef(w));
      return w.mul(v).sum();
    })();
    await collect();
    expect(refs[0]!.deref()).toBeUndefined();
    loss.backward();
    expect(Array.from(v.grad!.toArray())).toEqual([1, 2]);
  });

  test('kept tensors, once nobody has them', async () => {
    const data = problem();
    const { left } = await returns(() => {
      for (const [x] of loader(data)) keep(x.mul(2));
    });
    expect(left).toBe(4);
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

  test("not what was freed by hand: its place, and a view of it, are another's", async () => {
    const views: Tensor[] = [];
    const takers: Tensor[] = [];
    (() => {
      for (let i = 0; i < 20; i++) {
        const x = ones([64]).mul(i);
        views.push(keep(x.reshape([8, 8])));
        x.dispose();
        x.dispose();
        const y = ones([64]).mul(2);
        y.dispose();
        takers.push(keep(ones([64]).mul(i)));
      }
    })();
    await collect();
    for (let i = 0; i < 100; i++) ones([64]).exp(); // what was freed is written over
    for (const t of [views, takers]) t.forEach((y, i) => expect(new Set(y.toArray())).toEqual(new Set([i])));
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

  test('a plan, and the object that was given to its function', async () => {
    class Options {
      by = 2;
    }
    const f = capture((x: Tensor, o: Options) => x.mul(o.by));
    const given: WeakRef<object>[] = [];
    const x = ones([3]);
    (() => {
      const o = new Options();
      given.push(new WeakRef(o));
      f(x, o);
      expect(f.plans.length).toBe(1);
    })();
    await collect();
    expect([given[0]!.deref(), f.plans]).toEqual([undefined, []]);
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
