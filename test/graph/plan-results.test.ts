/** What comes out of a plan, and what a plan holds of memory. */
import {
  crossEntropy,
  capture,
  DisposedError,
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
import { beforeEach, describe, expect, test } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { copy_ } from '../../ts/ops/inplace';
import { failure, flat, inUse, list, numbers, onEachBackend } from '../toy';
import { plansOf } from './counts';

onEachBackend('on %s', () => {
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
      noGrad(() => copy_(out[0]![0], zeros([2, 2])));
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
        noGrad(() => copy_(made!, zeros([2])));
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
});
