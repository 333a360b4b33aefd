/** What plans hold of memory, and when they give it up. */
import { capture, DisposedError, keep, nn, noGrad, scope, tensor, zeros, type Tensor } from 'phyllo';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { releaseIdlePlans } from '../../ts/graph/holding';
import { copy_ } from '../../ts/ops/inplace';
import { failure, inUse, list, numbers, onEachBackend } from '../toy';
import { KB, chain, matrix } from './chains';

onEachBackend('on %s', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  describe('memory', () => {
    test('is shared: many plans take what the largest takes', () => {
      const f = capture(chain);
      const before = inUse().bytes;
      const arenas = [64, 8, 32, 128, 16].map(n =>
        scope(() => {
          f(matrix(n));
          return f.plan(matrix(n)).program.memory.bytes;
        }),
      );
      expect(f.plans.length).toBe(5);
      expect(Math.max(...arenas)).toBeGreaterThan(16 * KB);
      expect(inUse().bytes - before).toBe(Math.max(...arenas));
      // Each still computes what it did, wherever the block lies by now.
      for (const n of [64, 8, 32, 128, 16]) scope(() => expect(f(matrix(n)).item()).toBe(chain(matrix(n)).item()));
      f.dispose();
      expect(inUse().bytes).toBe(before);
    });

    test('is that of the largest plan that is left', () => {
      const [f, g] = [capture(chain), capture(chain)];
      const before = inUse().bytes;
      scope(() => void f(matrix(16)));
      const small = inUse().bytes - before;
      scope(() => void g(matrix(128)));
      g.dispose();
      scope(() => void f(matrix(16)));
      expect(inUse().bytes - before).toBe(small);
      f.dispose();
    });

    test('prepared weights, constants and gradients that are left do not lie in it', () => {
      const net = new nn.Linear(64, 64).eval();
      const infer = capture((x: Tensor) =>
        noGrad(() =>
          net
            .forward(x)
            .exp()
            .add(tensor(numbers(64, 1))),
        ),
      );
      const train = capture((x: Tensor) => {
        net.zeroGrad();
        net.forward(x).square().sum().backward();
      });
      const x = keep(tensor(numbers(64 * 32, 1), { shape: [32, 64] }));
      const want = list(infer(x));
      train(x);
      const gradient = list(net.weight.grad);
      const other = capture((x: Tensor) => x.add(1).square().matmul(x.t().exp()).sum()); // writes all over the block
      scope(() => void other(tensor(numbers(200 * 200, 1), { shape: [200, 200] })));
      expect(list(net.weight.grad)).toEqual(gradient);
      expect(list(infer(x))).toEqual(want);
    });

    test('gradients of plans for several shapes are left in one place', () => {
      const w = keep(tensor(numbers(KB, 1), { requiresGrad: true }));
      const step = capture((x: Tensor) => {
        w.grad = null;
        w.mul(x.sum()).sum().backward();
      });
      step(zeros([1]));
      const { grad } = w;
      const before = inUse().bytes;
      for (let n = 2; n < 8; n++) scope(() => void step(zeros([n])));
      expect(w.grad).toBe(grad);
      expect(inUse().bytes - before).toBeLessThan(KB);
      // Somebody has one: the next is written elsewhere.
      const kept = w.grad!.detach();
      scope(() => void step(tensor([3])));
      expect([list(kept)[0], list(w.grad)[0]]).toEqual([0, 3]);
    });

    test('goes before memory runs out, but for what runs; functions go on', () => {
      const f = capture(chain);
      const before = inUse();
      const want = scope(() => f(matrix(32)).item());
      const [plan] = f.plans;
      const taken = inUse().bytes - before.bytes;
      expect(taken).toBeGreaterThan(0);
      expect(releaseIdlePlans()).toBe(taken);
      expect([inUse(), f.plans, plan!.disposed]).toEqual([before, [], true]);
      expect(scope(() => f(matrix(32)).item())).toBe(want);
      f.dispose();
    });

    test('of a plan that the user has, but that was freed, is not touched', () => {
      const net = new nn.Sequential(new nn.Linear(64, 64), new nn.ReLU(), new nn.Linear(64, 8)).eval();
      const f = capture((x: Tensor) => noGrad(() => net.forward(x)));
      const plan = f.plan(zeros([32, 64]));
      f.dispose();
      const others = Array.from({ length: 60 }, (_, i) => keep(tensor(numbers(KB, i))));
      noGrad(() => net.parameters().forEach(p => copy_(p, p.add(1)))); // would be prepared again
      for (const use of [
        () => plan.encode(),
        () => plan.explain(),
        () => plan.graph,
        () => plan.program,
        () => plan.run([]),
      ]) {
        failure(use, DisposedError, /the plan is used after it was freed.*f\.plan\(\.\.\.args\)/);
      }
      others.forEach((t, i) => expect(list(t)).toEqual(Array.from(numbers(KB, i))));
    });
  });
});
