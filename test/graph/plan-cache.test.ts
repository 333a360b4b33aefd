/** Which plans a captured function keeps, and what they take of memory. */
import { capture, keep, memory, nn, noGrad, scope, tensor, ValueError, zeros, type Tensor } from 'phyllo';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { copy_ } from '../../ts/ops/inplace';
import { failure, inUse, list, numbers, onEachBackend } from '../toy';
import { KB, chain, matrix } from './chains';

onEachBackend('on %s', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const warnings = (): string[] => {
    const said: string[] = [];
    vi.spyOn(console, 'warn').mockImplementation((text: string) => void said.push(text));
    return said;
  };

  describe('plans', () => {
    test('that cannot match any more go when another is traced', () => {
      let w = keep(tensor(numbers(KB, 1)));
      const f = capture((x: Tensor) => x.mul(w));
      const x = keep(zeros([KB]));
      scope(() => void f(x));
      const [plan] = f.plans;
      w.dispose();
      w = keep(tensor(numbers(KB, 2)));
      scope(() => void f(x));
      expect([plan!.disposed, f.plans.length]).toEqual([true, 1]);
    });

    test('the least recently used goes first', () => {
      const f = capture((x: Tensor) => x.mul(2), { maxPlans: 2 });
      const of = (n: number): Tensor => zeros([n]);
      f(of(1));
      f(of(2));
      f(of(1));
      const [one, two] = f.plans;
      f.plan(of(3)); // whoever asks for a plan gets one
      expect([one!.disposed, two!.disposed, f.plans.length]).toEqual([false, true, 2]);
    });

    test('in use stay where signatures keep coming; that is said once, with the place', () => {
      const said = warnings();
      const f = capture((x: Tensor) => x.mul(2), { maxPlans: 4 });
      for (let i = 0; i < 200; i++)
        scope(() => expect(f(tensor(numbers(1 + (i % 5), i))).shape).toEqual([1 + (i % 5)]));
      const first = f.plans;
      for (let i = 0; i < 200; i++) scope(() => void f(zeros([1 + (i % 5)])));
      expect(new Set(f.plans)).toEqual(new Set(first));
      expect(said.length).toBe(1);
      expect(said[0]).toMatch(
        /than 4 plans.* captured at \S*plan-cache\.test\.ts:\d+:\d+.*pad or bucket sizes.*raise maxPlans/,
      );
    });

    test('that were not used for long make room, but not for each of what never comes again', () => {
      warnings();
      let traced = 0;
      const f = capture(
        (x: Tensor) => {
          traced++;
          return x.mul(2);
        },
        { maxPlans: 2, audit: false },
      );
      const traces = (g: () => void): number => {
        const before = traced;
        scope(g);
        return traced - before;
      };
      for (const n of [1, 2]) f(zeros([n]));
      for (let i = 0; i < 40; i++) f(zeros([3]));
      const plans = f.plans.length;
      expect(plans).toBe(2);
      traced = 0;
      for (let i = 0; i < 100; i++) f(zeros([3]));
      expect(traced).toBe(0); // it has a plan by now
      let ran = 0;
      const g = capture(
        (x: Tensor, i: number) => {
          ran++;
          return x.add(i);
        },
        { maxPlans: 2, audit: false },
      );
      const count = 1000;
      expect(
        traces(() => {
          for (let i = 0; i < count; i++) g(zeros([1]), i);
        }),
      ).toBe(0);
      expect(ran).toBe(count); // once each: traced or op by op
      expect(g.plans.length).toBe(2);
    });

    test('op by op, results are those of a plan', () => {
      warnings();
      const w = keep(tensor([2, 3], { requiresGrad: true }));
      const f = capture((x: Tensor) => ({ y: x.mul(w), sum: x.mul(w).sum(), x }), { maxPlans: 1 });
      f(zeros([1]));
      const x = keep(tensor([5, 7]));
      const out = f(x);
      expect([list(out.y), out.y.requiresGrad, out.x !== x, out.x.storage === x.storage]).toEqual([
        [10, 21],
        false,
        true,
        true,
      ]);
      failure(() => out.sum.backward(), Error, /came out of a captured function/);
    });

    test('are bounded in bytes; the one at hand stays', () => {
      warnings();
      const net = new nn.Linear(64, 64).eval();
      const f = capture((x: Tensor) => noGrad(() => net.forward(x)), { maxBytes: 40 * KB });
      for (let n = 32; n < 40; n++) {
        scope(() => void f.plan(zeros([n, 64])));
        expect(f.plans.length).toBeGreaterThan(0);
        const { own, shared } = f.plans.reduce(
          (sum, { bytes }) => ({ own: sum.own + bytes.own, shared: Math.max(sum.shared, bytes.shared) }),
          { own: 0, shared: 0 },
        );
        expect(f.plans.length === 1 || own + shared <= 40 * KB).toBe(true);
      }
      f.dispose();
    });

    test('limits are checked', () => {
      for (const maxPlans of [0, -1, 1.5, NaN])
        expect(() => capture((x: Tensor) => x, { maxPlans })).toThrow(ValueError);
      for (const maxBytes of [-1, NaN, Infinity])
        expect(() => capture((x: Tensor) => x, { maxBytes })).toThrow(ValueError);
    });

    test('and `using` frees them', () => {
      const before = inUse().blocks;
      {
        using f = capture(chain);
        scope(() => void f(matrix(8)));
        expect(memory().blocks).toBeGreaterThan(before);
      }
      expect(inUse().blocks).toBe(before);
    });
  });

  describe('arguments', () => {
    test('that lie otherwise give the bits of the function', () => {
      const f = (a: Tensor, b: Tensor): Tensor => a.matmul(b);
      const captured = capture(f, { maxPlans: 64 });
      for (let n = 1; n < 12; n += 2) {
        for (let m = 1; m < 12; m += 3) {
          scope(() => {
            const [a, b] = [tensor(numbers(n * m, 1), { shape: [n, m] }), tensor(numbers(9 * m, 2), { shape: [9, m] })];
            expect(list(captured(a, b.t()))).toEqual(list(f(a, b.t())));
          });
        }
      }
    });

    test('that are written under another name give what the function gives', () => {
      const f = (x: Tensor, y: Tensor): Tensor => {
        const leaf = y.detach();
        leaf.requiresGrad = true;
        const loss = leaf.mul(leaf).sum();
        noGrad(() => copy_(x, zeros([2])));
        loss.backward();
        return leaf.grad!;
      };
      const captured = capture(f);
      const of = (): Tensor => tensor([1, 2]);
      expect(list(captured(of(), of()))).toEqual([2, 4]);
      const [x, y] = [of(), of()];
      failure(() => f(x, x), Error, /changed in place/);
      failure(() => captured(y, y), Error, /changed in place/);
      expect(list(x)).toEqual(list(y));
    });
  });
});
