/** Graphs of gradients: what they hold, when they let go of it, and that no error leaves anything behind. */
import {
  DisposedError,
  GradientError,
  gradients,
  keep,
  memory,
  noGrad,
  ones,
  scope,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { add_, copy_ } from '../../ts/ops/inplace';
import { failure, flat, inUse, list, loader, numbers, onEachBackend, problem } from '../toy';
import { leaf } from './leaf';

vi.setConfig({ testTimeout: 60_000 });

onEachBackend('on %s', () => {
  describe('backward', () => {
    test('frees as it goes; the graph holds what it saves and no more', () => {
      const w = keep(tensor(numbers(1000, 1), { requiresGrad: true }));
      const before = inUse().blocks;
      scope(() => {
        // x → ×w → +1 → +1 → relu → Σ: of these only x, for ∂/∂w, and relu's y are read again.
        const x = ones([1000]);
        const loss = scope(() => x.mul(w).add(1).add(1).relu().sum());
        expect(inUse().blocks - before).toBe(3); // x, y, loss
        loss.backward();
        expect(inUse().blocks - before).toBe(3); // x, loss, w.grad
        failure(() => loss.backward(), GradientError, /already used.*retainGraph/);
      });
      expect(inUse().blocks - before).toBe(1);
      w.grad = null;
      expect(inUse().blocks).toBe(before);
      w.dispose();
    });

    test('has few values in flight, however deep the graph', () => {
      const w = keep(tensor(numbers(1000, 1), { requiresGrad: true }));
      const rise = (depth: number): number =>
        scope(() => {
          let y: Tensor = w;
          for (let i = 0; i < depth; i++) y = scope(() => y.exp().mul(0.1));
          const loss = y.sum();
          const { bytes } = memory({ resetPeak: true });
          loss.backward();
          w.grad = null;
          return (memory().peak - bytes) / runtime.backend.itemSize('f32') / 1000;
        });
      expect(rise(4)).toBeLessThan(6);
      expect(rise(40)).toBe(rise(4));
      w.dispose();
    });

    test('of a value that saves nothing holds nothing', () => {
      const w = keep(tensor(numbers(1000, 1), { requiresGrad: true }));
      const before = inUse().blocks;
      scope(() => {
        const y = scope(() => w.add(1).sub(2).reshape([10, 100]).t().mul(3).sum());
        expect(inUse().blocks - before).toBe(1);
        y.backward();
        expect(new Set(list(w.grad))).toEqual(new Set([3]));
      });
      w.dispose();
    });

    test('need not happen: an unused graph goes with its handles', () => {
      const w = leaf(1, 2);
      flat(3, () =>
        scope(() => {
          w.mul(w).sum();
          w.exp().log().matmul(w);
        }),
      );
    });

    test('of 40,000 ops overflows no stack and leaks nothing, walked or not', () => {
      const w = leaf(1);
      flat(1, () =>
        scope(() => {
          let y: Tensor = w;
          for (let i = 0; i < 20_000; i++) y = y.exp().mul(0.25);
          y.sum();
        }),
      );
      flat(1, () =>
        scope(() => {
          let y: Tensor = w;
          for (let i = 0; i < 20_000; i++) y = y.add(1).mul(1);
          y.sum().backward();
          expect(w.grad!.item()).toBe(1);
          w.grad = null;
        }),
      );
    });

    test('reads a saved value only if it is still what was saved', () => {
      flat(3, () =>
        scope(() => {
          const w = leaf(1, 2);
          const loss = w.mul(w).sum();
          noGrad(() => add_(w, ones([2])));
          failure(() => loss.backward(), GradientError, /gradient of mul.*changed in place/);
          failure(() => add_(w, ones([2])), GradientError, /add_: writes in place.*noGrad/);
        }),
      );
      flat(3, () =>
        scope(() => {
          const w = leaf(1, 2);
          const x = ones([2]);
          const loss = w.mul(x).sum();
          x.reshape([2, 1]).set([3, 4]); // through a view
          failure(() => loss.backward(), GradientError, /changed in place/);
          w.mul(x).sum().backward();
          expect(list(w.grad)).toEqual([3, 4]);
        }),
      );
      scope(() => {
        const w = leaf(1, 2);
        const y = w.add(1); // saves nothing
        w.set([5, 6]);
        y.sum().backward();
        expect(list(w.grad)).toEqual([1, 1]);
        const z = w.mul(2);
        noGrad(() => copy_(w, zeros([2])));
        z.sum().backward(); // ∂/∂w reads the 2, not w
        expect(list(w.grad)).toEqual([3, 3]);
      });
    });

    test('sums into leaves, of which no two share a gradient', () => {
      flat(3, () =>
        scope(() => {
          const [a, b] = [leaf(1, 2), leaf(3, 4)];
          const f = (): Tensor => a.add(b).mul(1).sum(); // the rules of add hand the same g to both
          f().backward();
          a.grad!.set([10, 20]);
          expect(list(b.grad)).toEqual([1, 1]);
          f().backward();
          expect(list(a.grad)).toEqual([11, 21]);
          a.mul(a).sum().backward();
          expect(list(a.grad)).toEqual([13, 25]);
          expect(list(b.grad)).toEqual([2, 2]);
          b.grad = null;
          f().backward();
          expect(list(a.grad)).toEqual([14, 26]);
          expect(list(b.grad)).toEqual([1, 1]);
        }),
      );
    });

    test('writes neither into the gradient it was given nor into one that the user holds a view of', () => {
      scope(() => {
        const w = leaf(1, 2);
        const seed = tensor([10, 20]);
        w.add(0).backward({ gradient: seed });
        const view = w.grad!.reshape([2, 1]);
        w.add(0).backward({ gradient: seed });
        expect([list(seed), list(view), list(w.grad)]).toEqual([
          [10, 20],
          [10, 20],
          [20, 40],
        ]);
        w.grad = null;
        w.add(0).backward({ gradient: seed });
        seed.set([0, 0]);
        expect(list(w.grad)).toEqual([10, 20]);
      });
    });

    test('sums into a gradient that the user put there, whatever its strides', () => {
      scope(() => {
        const w = tensor(
          [
            [1, 2],
            [3, 4],
          ],
          { requiresGrad: true },
        );
        w.grad = tensor([
          [1, 2],
          [3, 4],
        ]).t();
        w.mul(10).sum().backward();
        expect(list(w.grad)).toEqual([11, 13, 12, 14]);
        failure(() => (w.grad = ones([4])), ShapeError, /grad: .*\[4\].*\[2, 2\]/);
        const gone = scope(() => {
          const g = ones([2, 2]);
          return [() => g][0]!;
        })();
        failure(() => (w.grad = gone), DisposedError, /grad/);
        expect(list(w.grad)).toEqual([11, 13, 12, 14]);
        failure(() => (w.mul(1).grad = ones([2, 2])), GradientError, /only a leaf/);
      });
    });

    test('starts from a live gradient of the right shape', () => {
      flat(3, () =>
        scope(() => {
          const w = leaf(1, 2);
          const gone = ones([2]);
          gone.dispose();
          failure(() => w.mul(2).backward({ gradient: gone }), DisposedError, /backward/);
          failure(() => w.mul(2).backward({ gradient: ones([3]) }), ShapeError, /\[3\].*\[2\]/);
          failure(() => w.mul(2).backward(), ShapeError, /one number/);
          failure(() => ones([1]).backward(), GradientError, /nothing that requires a gradient/);
          w.mul(2).backward({ gradient: tensor([5, 7]) });
          expect(list(w.grad)).toEqual([10, 14]);
        }),
      );
    });

    test('runs again with retainGraph, and the last time frees', () => {
      const w = leaf(1, 2, 3);
      const before = inUse().blocks;
      scope(() => {
        const loss = scope(() => w.exp().square().sum());
        const held = inUse().blocks;
        loss.backward({ retainGraph: true });
        expect(inUse().blocks).toBe(held + 1);
        loss.backward({ retainGraph: true });
        expect(inUse().blocks).toBe(held + 1);
        loss.backward();
        expect(inUse().blocks).toBe(before + 2); // loss, w.grad
        failure(() => loss.backward(), GradientError, /already used/);
        list(w.grad).forEach((g, i) => expect(g / (6 * Math.exp(2 * (i + 1)))).toBeCloseTo(1, 5));
      });
      w.grad = null;
      expect(inUse().blocks).toBe(before);
    });

    test('feeds through a value of two graphs; the part they share works once', () => {
      flat(3, () =>
        scope(() => {
          const w = leaf(1, 2);
          const h = w.mul(3);
          const [one, two] = [h.mul(2).sum(), h.sum()];
          one.backward({ retainGraph: true });
          two.backward();
          expect(list(w.grad)).toEqual([9, 9]);
          failure(() => h.exp().sum().backward(), GradientError, /graph of mul was already used/);
          expect(list(w.grad)).toEqual([9, 9]);
          w.mul(2).sum().backward(); // the leaf itself serves any number of graphs
          expect(list(w.grad)).toEqual([11, 11]);
        }),
      );
    });

    test('outlives the batch with the values it saved; what is computed later belongs to the batch of then', () => {
      const data = problem();
      const w = keep(tensor(numbers(5, 3), { requiresGrad: true }));
      const want = list(data.x.slice(0, 0, 16).sum(0));
      const check = (g: Tensor | undefined): void => list(g!).forEach((v, i) => expect(v).toBeCloseTo(want[i]!, 4));
      flat(3, () => {
        let loss: Tensor | null = null;
        for (const [x] of loader(data)) {
          loss = keep(x.mul(w).sum());
          break;
        }
        for (const _ of loader(data)) check(gradients(loss!, [w], { retainGraph: true })[0]);
        for (const _ of loader(data)) {
          check(gradients(loss!, [w])[0]);
          break;
        }
        loss!.dispose();
      });
    });
  });
});
