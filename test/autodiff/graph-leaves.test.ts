/** Which leaves get gradients, and gradients as values of graphs of their own. */
import {
  DisposedError,
  grad,
  GradientError,
  gradients,
  keep,
  noGrad,
  ones,
  scope,
  ShapeError,
  tensor,
  valueAndGrad,
  type Tensor,
} from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { failure, flat, list, loader, numbers, onEachBackend, problem } from '../toy';
import { leaf } from './leaf';

vi.setConfig({ testTimeout: 60_000 });

onEachBackend('on %s', () => {
  describe('a leaf', () => {
    test('frees its gradient when cleared, replaced, disposed or no longer a leaf', () => {
      flat(3, () => {
        const w = leaf(1, 2);
        const feed = (): void => scope(() => w.mul(2).sum().backward());
        feed();
        w.grad = null;
        feed();
        w.grad = ones([2]);
        feed();
        expect(list(w.grad)).toEqual([3, 3]);
        w.requiresGrad = false;
        expect([w.grad, w.requiresGrad, scope(() => w.mul(2).requiresGrad)]).toEqual([null, false, false]);
        w.requiresGrad = true;
        feed();
        expect(list(w.grad)).toEqual([2, 2]);
        w.dispose();
        expect(w.grad).toBeNull();
      });
    });

    test('keeps the gradient that is set to itself', () => {
      scope(() => {
        const w = leaf(1, 2);
        w.mul(2).sum().backward();
        const { grad } = w;
        w.grad = grad;
        expect(list(w.grad)).toEqual([2, 2]);
      });
    });

    test('that is no longer one, or is gone, gets no gradient from an older graph', () => {
      flat(3, () =>
        scope(() => {
          const [a, b, c] = [leaf(1), leaf(2), leaf(3)];
          const loss = a.mul(b).mul(c).sum();
          a.requiresGrad = false;
          a.requiresGrad = true;
          b.requiresGrad = false;
          c.dispose();
          loss.backward();
          expect([a.grad, b.grad, c.grad]).toEqual([null, null, null]);
        }),
      );
    });

    test('is f32 and no output', () => {
      scope(() => {
        failure(() => tensor(Int32Array.of(1), { requiresGrad: true }), GradientError, /f32.*i32/);
        const y = leaf(1).mul(2);
        failure(() => (y.requiresGrad = false), GradientError, /detach/);
        y.requiresGrad = true; // it does already
        const gone = ones([1]);
        gone.dispose();
        failure(() => (gone.requiresGrad = true), DisposedError, /requiresGrad/);
      });
    });

    test('that is a batch goes with it, gradient and all', () => {
      const data = problem();
      const w = keep(tensor(numbers(5, 1), { requiresGrad: true }));
      flat(3, () => {
        for (const [x] of loader(data)) {
          x.requiresGrad = true;
          x.mul(w).sum().backward();
          expect(list(x.grad).slice(0, 5)).toEqual(list(w));
          x.requiresGrad = false;
          x.requiresGrad = true;
          x.mul(w).sum().backward();
        }
        w.grad = null;
      });
    });
  });

  describe('gradients as values', () => {
    const cube = (x: Tensor): Tensor => x.mul(x).mul(x).sum();

    test('grad, grad of grad, valueAndGrad, detach and noGrad leak nothing', () => {
      flat(3, () =>
        scope(() => {
          const x = tensor([1, 2, 3]);
          expect(list(grad(cube)(x))).toEqual([3, 12, 27]);
          expect(list(grad(x => grad(cube)(x).sum())(x))).toEqual([6, 12, 18]);
          expect(list(grad(x => grad(y => grad(cube)(y).sum())(x).sum())(x))).toEqual([6, 6, 6]);
          const [value, g] = valueAndGrad(cube)(x);
          expect([value.item(), value.requiresGrad, list(g), g.requiresGrad]).toEqual([36, false, [3, 12, 27], false]);
          const w = leaf(2);
          expect(w.mul(3).detach().mul(2).requiresGrad).toBe(false);
          expect(noGrad(() => w.mul(3)).requiresGrad).toBe(false);
          expect(() =>
            noGrad(() => {
              throw new Error('by the user');
            }),
          ).toThrow('by the user');
          expect(w.mul(3).requiresGrad).toBe(true);
        }),
      );
    });

    test('grad outside of a scope leaves its answer and nothing else', () => {
      const x = keep(tensor([1, 2, 3]));
      flat(3, () => {
        const y = grad(cube)(x);
        expect(list(y)).toEqual([3, 12, 27]);
        y.dispose();
      });
    });

    test('grad of a function that throws, or is constant', () => {
      const x = keep(tensor([1, 2, 3]));
      flat(3, () => {
        expect(() =>
          grad(x => {
            x.mul(2);
            throw new Error('by the user');
          })(x),
        ).toThrow('by the user');
        failure(() => grad(x => x.mul(2))(x), ShapeError, /one number/);
        scope(() => expect(list(grad(() => ones([]))(x))).toEqual([0, 0, 0]));
        scope(() => expect(list(grad(cube)(x))).toEqual([3, 12, 27]));
      });
    });

    test('grad derives inside noGrad too, and hides there from the grad around', () => {
      scope(() => {
        const x = tensor([1, 2, 3]);
        expect(list(noGrad(() => grad(cube)(x)))).toEqual([3, 12, 27]);
        const f = (x: Tensor): Tensor => x.mul(noGrad(() => grad(cube)(x))).sum();
        expect(list(grad(f)(x))).toEqual([3, 12, 27]); // 3x² taken for a constant
        const w = leaf(1, 2, 3);
        expect(list(grad(x => x.mul(w).sum())(w))).toEqual([1, 2, 3]);
        expect(w.grad).toBeNull();
        expect(noGrad(() => grad(cube)(w)).requiresGrad).toBe(false);
      });
    });

    test('gradients() touches no leaf, returns zeros where nothing leads, and each x by itself', () => {
      const [a, b, c] = [leaf(1, 2), leaf(3, 4), leaf(5, 6)];
      flat(3, () =>
        scope(() => {
          const h = a.mul(b);
          const [ga, gh, gc, again] = gradients(h.mul(h).sum(), [a, h, c, a]);
          expect([ga, gh, gc, again].map(g => list(g!))).toEqual([
            [18, 64],
            [6, 16],
            [0, 0],
            [18, 64],
          ]);
          again!.dispose();
          expect(list(ga!)).toEqual([18, 64]);
          expect([a.grad, b.grad]).toEqual([null, null]);
          failure(() => gradients(h.sum(), [ones([2])]), GradientError, /does not require a gradient/);
        }),
      );
    });

    test('createGraph: a gradient has gradients, by backward and by gradients()', () => {
      const x = leaf(1, 2);
      flat(3, () =>
        scope(() => {
          const [g] = gradients(cube(x), [x], { createGraph: true });
          g!.mul(g!).sum().backward(); // ∂(3x²)²/∂x = 36x³
          expect(list(x.grad)).toEqual([36, 288]);
          x.grad = null;
          cube(x).backward({ createGraph: true });
          const first = x.grad!;
          expect(first.requiresGrad).toBe(true);
          const [second] = gradients(first.sum(), [x]);
          expect(list(second!)).toEqual([6, 12]);
          x.grad = null;
        }),
      );
    });

    test('a leaf is not its own gradient, and lives on when it was that of another', () => {
      const [x, y] = [leaf(1, 2), leaf(3, 4)];
      failure(() => (x.grad = x), GradientError, /its own gradient/);
      x.grad = y;
      expect(list(x.grad)).toEqual([3, 4]);
      x.grad = null;
      expect(list(y)).toEqual([3, 4]);
    });
  });
});
