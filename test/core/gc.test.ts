/** What no scope owns: the garbage collector finds it, all of it, and nothing that is still in use. */
import { crossEntropy, capture, Generator, grad, gradients, keep, ones, tensor, zeros, type Tensor } from 'phyllo';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { useEngine } from '../../ts/core/collector';
import { engine } from '../../ts/engine';
import { loader, Net, numbers, problem, start } from '../toy';
import { collect, cases, returns } from './engines';

vi.setConfig({ testTimeout: 60_000 });

afterAll(() => useEngine(engine()));

describe.each(cases)('on %s', (_, make, engine) => {
  beforeEach(() => {
    useEngine(engine);
    start(make);
  });

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
});
