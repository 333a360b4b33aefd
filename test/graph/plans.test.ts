/** When a captured function gets another plan, what comes out of one, and what a plan holds of memory. */
import {
  crossEntropy,
  capture,
  CaptureError,
  DisposedError,
  gradients,
  IndexError,
  keep,
  memory,
  nn,
  noGrad,
  ones,
  optim,
  scope,
  tensor,
  zeros,
  type Captured,
  type Tensor,
} from 'phyllo';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { assign } from '../../ts/ops/update';
import { heldBy } from '../../ts/graph/memo';
import { backends, failure, flat, inUse, list, numbers, start } from '../toy';

const plansOf = (f: { readonly plans: readonly unknown[] }): number => f.plans.length;

describe.each(backends)('on %s', (_, make) => {
  beforeEach(() => {
    start(make);
    expect(runtime.scope).toBeNull();
  });

  /** Each call gives what f gives; returns how many plans there were after each. */
  function counts<A extends readonly unknown[]>(f: (...args: A) => Tensor, calls: readonly A[]): number[] {
    const captured = capture(f);
    const seen = calls.map(args => {
      const want = f(...args);
      const got = captured(...args);
      expect([got.dtype, got.shape, list(got)]).toEqual([want.dtype, want.shape, list(want)]);
      return plansOf(captured);
    });
    captured.dispose();
    expect(plansOf(captured)).toBe(0);
    return seen;
  }

  describe('a plan for each signature:', () => {
    test('shapes', () => {
      const x = (n: number): Tensor => tensor(numbers(n, n));
      expect(
        counts(x => x.mul(2).sum(), [[x(3)], [x(4)], [x(3)], [x(3).reshape([3, 1])], [x(4)], [x(0)], [x(0)]]),
      ).toEqual([1, 2, 2, 3, 3, 4, 4]);
    });

    test('element types', () => {
      const f = (x: Tensor): Tensor => x.add(1);
      expect(
        counts(f, [[tensor([1, 2])], [tensor(Int32Array.of(1, 2))], [tensor([3, 4])], [tensor(Uint8Array.of(1, 2))]]),
      ).toEqual([1, 2, 2, 3]);
    });

    test('other arguments, by value', () => {
      const x = tensor([1, 2, 3]);
      const f = (x: Tensor, by: number, how: { flip?: boolean; name: string }): Tensor => {
        const y = x.mul(by);
        return how.flip ? y.neg() : y.add(how.name.length);
      };
      expect(
        counts(f, [
          [x, 2, { name: 'a' }],
          [x, 2, { name: 'a' }],
          [x, 3, { name: 'a' }],
          [x, 2, { name: 'ab' }],
          [x, 2, { name: 'a', flip: true }],
          [x, 2, { name: 'a', flip: false }],
          [x, 2, { name: 'a' }],
          [x, -0, { name: 'a' }],
          [x, 0, { name: 'a' }],
          [x, NaN, { name: 'a' }],
          [x, NaN, { name: 'a' }],
        ]),
      ).toEqual([1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 8]);
    });

    test('how tensors are put together', () => {
      const [a, b] = [tensor([1, 2]), tensor([3, 5])];
      const f = (v: { a: Tensor; b: Tensor } | readonly Tensor[]): Tensor =>
        'a' in v ? v.a.sub(v.b) : v[0]!.div(v[1]!);
      expect(counts(f, [[{ a, b }], [[a, b]], [{ a: b, b: a }], [[b, a]]])).toEqual([1, 2, 2, 2]);
      const bare = (): { a: Tensor; b: Tensor } =>
        Object.assign(Object.create(null), { a: tensor([7, 8]), b: tensor([5, 6]) });
      expect(counts(f, [[{ a, b }], [bare()], [bare()]])).toEqual([1, 1, 1]); // objects without a prototype
      const g = capture((...xs: Tensor[]) => xs.reduce((s, x) => s.add(x)));
      expect([list(g(a, b)), list(g(a)), list(g(a, b, b)), plansOf(g)]).toEqual([[4, 7], [1, 2], [7, 12], 3]);
    });

    test('numbers in a variable are fixed where no audit looks at them; so are the numbers that make a tensor', () => {
      let by = 2;
      const f = capture((x: Tensor) => x.mul(by).add(tensor([1, 2])), { audit: false });
      expect(list(f(tensor([1, 1])))).toEqual([3, 4]);
      by = 5;
      expect(list(f(tensor([2, 2])))).toEqual([5, 6]);
      expect(plansOf(f)).toBe(1);
    });

    test('no more than there may be', () => {
      vi.spyOn(console, 'warn').mockImplementation(() => {});
      const f = capture((x: Tensor, i: number) => x.add(i));
      const x = zeros([1]);
      for (let i = 0; i < 20; i++) expect(f(x, i).item()).toBe(i);
      expect(plansOf(f)).toBe(16);
      expect(f(x, 0).item()).toBe(0);
      vi.restoreAllMocks();
    });

    test('noGrad around', () => {
      const w = tensor([1, 2], { requiresGrad: true });
      const f = capture((x: Tensor) => (x.mul(w).requiresGrad ? ones([1]) : zeros([1])));
      const x = tensor([1, 1]);
      expect([f(x).item(), noGrad(() => f(x)).item(), f(x).item(), noGrad(() => f(x)).item(), plansOf(f)]).toEqual([
        1, 0, 1, 0, 2,
      ]);
    });
  });

  describe('of a model:', () => {
    class Block extends nn.Layer {
      readonly first = new nn.Linear(3, 4);
      shift = new nn.Parameter(zeros([2]));
      activation: nn.Layer = new nn.ReLU();
      readonly rest: nn.Layer[] = [new nn.Dropout(0.5), new nn.Linear(4, 2)];
      scale = 1;
      forward(x: Tensor): Tensor {
        return this.rest
          .reduce((h, layer) => layer.forward(h), this.activation.forward(this.first.forward(x)))
          .add(this.shift)
          .mul(this.scale);
      }
    }
    const setUp = (): { model: Block; f: Captured<[Tensor], Tensor>; same: () => void; count: () => number } => {
      const model = new Block();
      const f = capture((x: Tensor) => model.forward(x));
      const x = tensor(numbers(6, 1), { shape: [2, 3] });
      const same = (): void => {
        const { training } = model;
        if (training) f(x);
        else expect(list(f(x))).toEqual(list(model.forward(x)));
      };
      return { model, f, same, count: () => plansOf(f) };
    };

    test('train and eval', () => {
      const { model, same, count } = setUp();
      for (const [on, n] of [
        [true, 1],
        [false, 2],
        [true, 2],
        [false, 2],
      ] as const) {
        model.train(on);
        same();
        expect(count()).toBe(n);
      }
    });

    test('whose fields hold others: no getter is asked for one', () => {
      const inner = {
        layer: new nn.ReLU(),
        get summary() {
          return expect.fail('it was asked');
        },
      };
      const outer = {
        inner,
        get size() {
          return expect.fail('it was asked');
        },
      };
      expect([...heldBy(outer)]).toEqual([inner, inner.layer]);
    });

    test('a replaced parameter, a swapped layer, one more layer, a changed number', () => {
      const { model, same, count } = setUp();
      model.eval();
      same();
      model.shift = new nn.Parameter(ones([2]));
      same();
      expect(count()).toBe(2);
      const { activation } = model;
      model.activation = new nn.Tanh();
      same();
      model.activation = activation;
      same();
      expect(count()).toBe(3);
      model.rest.push(new nn.Linear(2, 2));
      same();
      expect(count()).toBe(4);
      model.scale = 3;
      same();
      expect(count()).toBe(5);
    });

    test('values loaded in place need no other plan', () => {
      const { model, same, count } = setUp();
      model.eval();
      same();
      const other = new Block();
      model.loadStateDict(other.stateDict());
      same();
      noGrad(() => assign(model.first.bias!, ones([4])));
      same();
      expect(count()).toBe(1);
    });

    test('frozen and thawed parameters: two plans, however often', () => {
      const model = new Block().eval();
      const f = capture((x: Tensor) => {
        model.zeroGrad();
        model.forward(x).sum().backward();
      });
      const x = ones([2, 3]);
      for (let i = 0; i < 3; i++) {
        model.first.requiresGrad(i % 2 === 0);
        f(x);
        expect(model.first.parameters().map(p => p.grad !== null)).toEqual([i % 2 === 0, i % 2 === 0]);
        expect([model.shift, ...model.rest[1]!.parameters()].every(p => p.grad)).toBe(true);
        expect(plansOf(f)).toBe(Math.min(i + 1, 2));
      }
    });

    test('a tensor outside that is frozen and thawed', () => {
      const w = tensor([2, 3], { requiresGrad: true });
      const v = tensor([1, 1], { requiresGrad: true });
      const f = capture((x: Tensor) => {
        v.grad = null;
        x.mul(w.reshape([2]))
          .mul(v)
          .sum()
          .backward();
      });
      for (const on of [true, false, true, false]) {
        w.requiresGrad = on;
        f(ones([2]));
        expect([list(v.grad), w.grad && list(w.grad)]).toEqual([[2, 3], on ? [1, 1] : null]);
        if (on) w.grad = null;
      }
      expect(plansOf(f)).toBe(2);
    });
  });

  describe('results', () => {
    test('are fresh, whatever the next call does', () => {
      const f = capture((x: Tensor) => [x.mul(2), { y: x.mul(2).add(1).t(), n: 7, s: 'text', none: null }] as const);
      const xs = [1, 2, 3].map(v =>
        tensor([
          [v, 2 * v],
          [3 * v, 4 * v],
        ]),
      );
      const before = inUse().blocks;
      const out = xs.map(x => f(x));
      expect(inUse().blocks - before).toBe(2 * 3); // nothing is computed on the way
      out.forEach(([a, { y, n, s, none }], i) => {
        const v = i + 1;
        expect([list(a), list(y), n, s, none]).toEqual([
          [2 * v, 4 * v, 6 * v, 8 * v],
          [2 * v + 1, 6 * v + 1, 4 * v + 1, 8 * v + 1],
          7,
          'text',
          null,
        ]);
      });
      expect(plansOf(f)).toBe(1);
      expect(out[0]![1]).not.toBe(out[1]![1]);
      f.dispose();
      expect(list(out[0]![0])).toEqual([2, 4, 6, 8]);
      // What came out may be written without harm.
      noGrad(() => assign(out[0]![0], zeros([2, 2])));
      expect(list(f(xs[0]!)[0])).toEqual([2, 4, 6, 8]);
    });

    test('share memory with each other where those of the function do', () => {
      const f = (x: Tensor): Tensor[] => {
        const y = x.add(1);
        return [y, y.t(), y.select(0, 1), y];
      };
      const out = capture(f)(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      );
      expect(out.map(list)).toEqual([
        [2, 3, 4, 5],
        [2, 4, 3, 5],
        [4, 5],
        [2, 3, 4, 5],
      ]);
      expect(new Set(out.map(t => t.storage)).size).toBe(1);
    });

    test('that are arguments, parameters, numbers given inside, or views of them', () => {
      const w = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { requiresGrad: true },
      );
      const f = capture((x: Tensor) => [x, x.slice(0, 1, 3), w, w.t(), tensor([5, 6]), x.mul(0)]);
      const before = tensor([9, 8, 7, 6]);
      const x = before.slice(0, 1); // dense, not at its storage's start
      for (let i = 0; i < 2; i++) {
        const [same, part, p, t, made, zero] = f(x);
        expect([same, part, p, t, made, zero].map(y => list(y!))).toEqual([
          [8, 7, 6],
          [7, 6],
          [1, 2, 3, 4],
          [1, 3, 2, 4],
          [5, 6],
          [0, 0, 0],
        ]);
        expect([same!.storage, part!.storage, p!.storage]).toEqual([before.storage, before.storage, w.storage]);
        noGrad(() => assign(made!, zeros([2])));
      }
      expect(plansOf(f)).toBe(1);
      expect(f(tensor([1, 2, 3])).map(list)[1]).toEqual([2, 3]);
    });

    test('belong to the scope around, and read a value after it', () => {
      const f = capture((x: Tensor) => [x.sum(), x.mul(2)]);
      const x = tensor([1, 2]);
      f(x);
      const before = inUse();
      const [loss, y] = (() => {
        let seen: Tensor[] = [];
        scope(() => void (seen = f(x)));
        return seen;
      })();
      expect([loss!.item(), y!.disposed, inUse()]).toEqual([3, true, before]);
    });

    test('say that gradients do not lead through them', () => {
      const w = tensor([1, 2], { requiresGrad: true });
      const f = capture(() => w.sum());
      failure(() => f().backward(), Error, /came out of a captured function: call backward inside/);
    });
  });

  describe('arguments', () => {
    test('given twice, also where one is changed in place', () => {
      const f = (x: Tensor, y: Tensor): Tensor => x.mul(y).add(x);
      const x = tensor([2, 3]);
      expect(
        counts(f, [
          [x, x],
          [x, tensor([5, 7])],
          [x, x],
        ]),
      ).toEqual([1, 1, 1]);
      const g = (x: Tensor, y: Tensor): Tensor =>
        noGrad(() => {
          const before = x.add(y);
          assign(x, y.mul(10));
          return before.add(y);
        });
      const [a, b] = [tensor([1, 2]), tensor([1, 2])];
      const captured = capture(g);
      for (let i = 0; i < 3; i++) {
        expect(list(captured(b, b))).toEqual(list(g(a, a)));
        expect(list(b)).toEqual(list(a));
      }
    });

    test('strided, spread and shifted', () => {
      const f = (x: Tensor, y: Tensor): Tensor => x.matmul(y).add(x.sum()).t();
      const wide = tensor(numbers(60, 3), { shape: [6, 10] });
      expect(
        counts(f, [
          [wide.slice(0, 0, 3).slice(1, 0, 3), wide.slice(0, 2, 5).slice(1, 3, 6)],
          [wide.slice(0, 0, 6, 2).slice(1, 0, 9, 4), wide.t().slice(0, 0, 3).slice(1, 0, 3)],
          [tensor(numbers(9, 4), { shape: [3, 3] }), tensor([1, 2, 3]).expand([3, 3])],
        ]),
      ).toEqual([1, 2, 3]);
    });

    test('strided and changed in place, where the function can', () => {
      const f = (x: Tensor): Tensor => noGrad(() => assign(x, x.mul(2)));
      const captured = capture(f);
      const [x, y] = [
        tensor([
          [1, 2],
          [3, 4],
        ]),
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ];
      for (const see of [(t: Tensor) => t, (t: Tensor) => t.t(), (t: Tensor) => t.select(1, 1)]) {
        expect(list(captured(see(x)))).toEqual(list(f(see(y))));
        expect(list(x)).toEqual(list(y));
      }
    });

    test('changed in place spoil what a graph saved of them, as ever', () => {
      const f = capture((x: Tensor) => noGrad(() => void assign(x, x.mul(2))));
      const x = tensor([1, 2]);
      const w = tensor([1, 2], { requiresGrad: true });
      const loss = x.mul(w).sum();
      f(x);
      failure(() => loss.backward(), Error, /changed in place/);
    });

    test('of no elements', () => {
      const f = (x: Tensor): Tensor => x.matmul(x.t()).sum(0).add(x.sum());
      expect(counts(f, [[zeros([0, 3])], [zeros([3, 0])], [zeros([0, 0])]])).toEqual([1, 2, 3]);
      expect(list(capture((x: Tensor) => x)(zeros([0])))).toEqual([]);
      expect(list(capture(() => zeros([0, 2]))())).toEqual([]);
    });

    test('none at all, and functions that answer nothing', () => {
      const count = keep(zeros([]));
      const f = capture(() => noGrad(() => void assign(count, count.add(1))));
      for (let i = 0; i < 5; i++) expect(f()).toBeUndefined();
      expect(count.item()).toBe(5);
    });

    test('that require a gradient are an error that says where', () => {
      const f = capture((x: Tensor) => x.mul(2));
      const w = tensor([1], { requiresGrad: true });
      failure(() => f(w), CaptureError, /tensor 0 .* at .*plans\.test\.ts:\d+:\d+ requires a gradient.*detach\(\)/);
      failure(() => f(w.mul(1)), CaptureError, /requires a gradient/);
      failure(() => f.plan(w), CaptureError, /at .*plans\.test\.ts.* requires a gradient/);
      expect(list(f(w.detach()))).toEqual([2]);
      expect(list(noGrad(() => f(w)))).toEqual([2]);
    });

    test('freed are a DisposedError', () => {
      const f = capture((x: Tensor) => x.mul(2));
      const x = tensor([1]);
      f(x);
      x.dispose();
      failure(() => f(x), DisposedError, /capture/);
    });

    test('labels outside are an IndexError as they come, and the plan goes on', () => {
      const w = tensor(numbers(6, 1), { shape: [2, 3], requiresGrad: true });
      const f = capture((x: Tensor, t: Tensor) => {
        w.grad = null;
        const loss = crossEntropy(x.matmul(w), t);
        loss.backward();
        return loss;
      });
      const x = tensor(numbers(8, 2), { shape: [4, 2] });
      const want = f(x, tensor(Int32Array.of(0, 1, 2, 0))).item();
      const gradient = w.grad;
      const before = inUse();
      failure(() => f(x, tensor(Int32Array.of(0, 1, 3, 0))), IndexError, /index 3 at place 2 is outside \[0, 3\)/);
      failure(() => f(x, tensor(Int32Array.of(-1, 1, 3, 0))), IndexError, /index -1 at place 0/);
      expect([inUse().blocks - before.blocks, w.grad, gradient!.disposed]).toEqual([2, null, true]); // the labels
      expect(f(x, tensor(Int32Array.of(0, 1, 2, 0))).item()).toBe(want);
      expect(plansOf(f)).toBe(1);
      const e = capture((at: Tensor) => ones([3, 2]).indexSelect(0, at));
      failure(() => e(tensor(Int32Array.of(3))), IndexError, /index 3/);
    });
  });

  describe('memory', () => {
    class Net extends nn.Layer {
      readonly a = new nn.Linear(8, 16);
      readonly b = new nn.Linear(16, 3);
      forward(x: Tensor): Tensor {
        return this.b.forward(this.a.forward(x).relu());
      }
    }
    const item = (): number => runtime.backend.itemSize('f32');
    const trained = (): { net: Net; opt: optim.Adam; step: Captured<[Tensor, Tensor], Tensor> } => {
      const net = new Net();
      const opt = new optim.Adam(net.parameters());
      const step = capture((x: Tensor, t: Tensor) => {
        opt.zeroGrad();
        const loss = crossEntropy(net.forward(x), t);
        loss.backward();
        opt.step();
        return loss;
      });
      return { net, opt, step };
    };
    const data = (): [Tensor, Tensor] => [
      keep(tensor(numbers(32, 1), { shape: [4, 8] })),
      keep(tensor(Int32Array.of(0, 1, 2, 0))),
    ];

    beforeEach(() =>
      scope(() => {
        const { net, step } = trained(); // makes constants
        const [x, t] = data();
        step(x, t);
        step.dispose();
        net.zeroGrad();
      }),
    );

    test('is flat from call to call', () => {
      const { step } = trained();
      const [x, t] = data();
      flat(20, () => scope(() => void step(x, t)));
      expect(plansOf(step)).toBe(1);
    });

    test("comes back to the byte with dispose, but for gradients, which are the leaves'", () => {
      const { net, step } = trained();
      const [x, t] = data();
      const before = inUse();
      const arena = step.plan(x, t).program.memory.bytes;
      expect(inUse().bytes - before.bytes).toBeGreaterThanOrEqual(arena);
      for (let i = 0; i < 3; i++) scope(() => void step(x, t));
      const [plan] = step.plans;
      step.dispose();
      plan!.dispose(); // again does nothing
      failure(() => plan!.run([x, t]), DisposedError, /the plan is used after/);
      const all = item() * net.parameters().reduce((n, p) => n + p.size, 0);
      expect([inUse().bytes - before.bytes, inUse().blocks - before.blocks]).toEqual([all, 4]);
      net.zeroGrad();
      expect(inUse()).toEqual(before);
      scope(() => void step(x, t));
      expect(plansOf(step)).toBe(1);
      step.dispose();
      net.zeroGrad();
      expect(inUse()).toEqual(before);
    });

    test('of what a plan reads stays with it, and disposed parameters are a DisposedError', () => {
      const { net, step } = trained();
      const [x, t] = data();
      const before = inUse().bytes;
      scope(() => void step(x, t));
      net.a.weight.dispose();
      failure(() => step(x, t), DisposedError, /freed/);
      failure(() => step(x, t), DisposedError, /freed/);
      step.dispose();
      net.zeroGrad();
      expect(before - inUse().bytes).toBe(item() * 8 * 16);
    });

    test('a tensor in a variable that was freed is a DisposedError; another in its place is used', () => {
      let w = keep(tensor([1, 2]));
      const f = capture((x: Tensor) => x.mul(w.reshape([2])));
      expect(list(f(ones([2])))).toEqual([1, 2]);
      w.dispose();
      failure(() => f(ones([2])), DisposedError, /freed/);
      w = keep(tensor([3, 4]));
      expect(list(f(ones([2])))).toEqual([3, 4]);
    });

    test('an error while tracing or running leaves nothing', () => {
      const [x, t] = data();
      const { net, step } = trained();
      const bad = capture((x: Tensor) => {
        net.forward(x).sum().backward();
        throw new Error('by the user');
      });
      flat(3, () => failure(() => bad(x), Error, /by the user/));
      expect(net.parameters().every(p => p.grad === null)).toBe(true);
      const wrong = keep(tensor(Int32Array.of(0, 1, 9, 0)));
      scope(() => void step(x, t));
      flat(3, () => failure(() => step(x, wrong), IndexError, /index 9/));
    });

    test('peaks at the arena, the results and the gradients', () => {
      const { step } = trained();
      const [x, t] = data();
      scope(() => void step(x, t));
      const { bytes } = memory({ resetPeak: true });
      for (let i = 0; i < 3; i++) scope(() => void step(x, t));
      expect(memory().peak - bytes).toBe(item()); // the loss
    });
  });

  test('gradients of a function with plans inside lead nowhere', () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const f = capture((x: Tensor) => x.mul(2));
    expect(
      list(
        gradients(
          f(tensor([3, 4]))
            .mul(w)
            .sum(),
          [w],
        )[0]!,
      ),
    ).toEqual([6, 8]);
  });
});
