/** Hooks on gradients: when they run, what they see and what becomes of what they return. */
import {
  capture,
  CaptureError,
  checkpoint,
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
  ValueError,
  type Tensor,
} from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { failure, flat, list, onEachBackend } from '../toy';
import { leaf } from './leaf';

vi.setConfig({ testTimeout: 60_000 });

onEachBackend('on %s', () => {
  describe('a hook of a tensor', () => {
    test('sees the sum of what comes back, once in each backward, in order of registration', () => {
      scope(() => {
        const w = leaf(1, 2);
        const h = w.mul(3);
        const seen: string[] = [];
        h.registerHook(g => void seen.push(`first ${list(g)}`));
        h.registerHook(g => void seen.push(`second ${list(g)}`));
        w.registerHook(g => void seen.push(`leaf ${list(g)}`));
        // d/dh (h² + 5h) = 2h + 5
        const y = h.mul(h).add(h.mul(5)).sum();
        y.backward({ retainGraph: true });
        expect(seen).toEqual(['first 11,17', 'second 11,17', 'leaf 33,51']);
        y.backward();
        expect(seen).toHaveLength(6);
        expect(list(w.grad)).toEqual([66, 102]);
      });
    });

    test('replaces the gradient for all that comes after it', () => {
      scope(() => {
        const w = leaf(1, 2);
        const h = w.mul(3);
        h.registerHook(g => g.mul(10));
        h.registerHook(g => g.add(1));
        w.registerHook(g => g.neg());
        h.sum().backward();
        expect(list(w.grad)).toEqual([-33, -33]); // −3 (10 + 1)
        w.grad = null;
        expect(list(gradients(w.mul(w).sum(), [w])[0])).toEqual([-2, -4]);
        expect(
          list(
            grad((x: Tensor) => {
              x.registerHook(g => g.mul(2));
              return x.square().sum();
            })(tensor([1, 2])),
          ),
        ).toEqual([4, 8]);
      });
    });

    test('is removed by its handle; that of one leaves the others', () => {
      scope(() => {
        const w = leaf(1);
        const calls = [0, 0];
        const first = w.registerHook(() => void calls[0]!++);
        w.registerHook(() => void calls[1]!++);
        w.sum().backward();
        first.remove();
        first.remove();
        w.sum().backward();
        expect(calls).toEqual([1, 2]);
      });
    });

    test('has a gradient that goes when it returns, unless it is kept', () => {
      scope(() => {
        const w = leaf(1, 2);
        let lost: Tensor | null = null;
        let kept: Tensor | null = null;
        w.registerHook(g => {
          lost = g;
        });
        w.registerHook(g => {
          kept = keep(g);
        });
        w.mul(w).sum().backward();
        failure(() => list(lost), DisposedError, /keep\(\)/);
        // What is kept stays as it was, though the gradient goes on.
        w.mul(w).sum().backward();
        expect(list(w.grad)).toEqual([4, 8]);
        expect(list(kept)).toEqual([2, 4]);
      });
    });

    test('leaks nothing, whether it computes, replaces, throws or is never called', () => {
      const w = leaf(1, 2);
      keep(w);
      flat(3, () =>
        scope(() => {
          const h = w.exp();
          h.registerHook(g => g.mul(2).add(g.exp()));
          h.registerHook(() => undefined);
          h.sum().backward();
          w.grad = null;
          w.exp().registerHook(g => g.mul(2));
        }),
      );
      flat(3, () =>
        scope(() => {
          const h = w.exp();
          h.registerHook(g => {
            g.mul(2);
            throw new RangeError('mine');
          });
          expect(() => h.sum().backward()).toThrow('mine');
        }),
      );
      w.dispose();
    });

    test('computes what is recorded, with createGraph', () => {
      scope(() => {
        const w = leaf(2);
        const h = w.mul(1);
        h.registerHook(g => g.mul(w)); // d(h³)/dw becomes 3w² w
        const [g] = gradients(h.pow(3).sum(), [w], { createGraph: true });
        expect(list(g)).toEqual([24]);
        expect(list(gradients(g.sum(), [w])[0])).toEqual([60]); // 3h² w has 3h² by w and, through h and its hook, 6hw · w
      });
    });

    test('runs once where a checkpoint runs its function twice', () => {
      scope(() => {
        const w = leaf(1, 2);
        let calls = 0;
        const f = checkpoint((x: Tensor) => {
          const h = x.exp();
          x.registerHook(() => void calls++);
          h.registerHook(g => {
            calls++;
            return g.mul(2);
          });
          return h.mul(h);
        });
        const plain = w.exp().square().mul(2);
        const [expected] = gradients(plain.sum(), [w]);
        f(w.mul(1)).sum().backward();
        expect(calls).toBe(2);
        expect(list(w.grad)).toEqual(list(expected));
      });
    });

    test('is refused where it could not be called, and what it returns where it does not fit', () => {
      scope(() => {
        const w = leaf(1, 2);
        failure(
          () => ones([2]).registerHook(() => {}),
          GradientError,
          /registerHook: a tensor of shape \[2\] does not require/,
        );
        failure(() => noGrad(() => w.exp()).registerHook(() => {}), GradientError, /does not require/);
        const h = w.exp();
        h.sum().backward();
        failure(() => h.registerHook(() => {}), GradientError, /graph of exp was already used/);
        const returning = (make: () => Tensor): void => {
          const y = w.mul(2);
          y.registerHook(make);
          y.sum().backward();
        };
        failure(() => returning(() => ones([3])), ShapeError, /returns f32 \[2\].*this is f32 \[3\]/);
        failure(() => returning(() => ones([2], { dtype: 'i32' })), ShapeError, /this is i32 \[2\]/);
        // @ts-expect-error a hook that waits
        failure(() => returning(async () => ones([2])), ValueError, /takes a tensor/);
      });
    });
  });
});

describe('in a captured function', () => {
  test('a hook is part of the plan, and runs when it is traced', () => {
    const w = keep(tensor([1, 2], { requiresGrad: true }));
    let runs = 0;
    const step = capture(
      (x: Tensor) => {
        const h = w.mul(x);
        h.registerHook(g => {
          runs++;
          return g.clamp(-1, 1);
        });
        const loss = h.square().sum();
        loss.backward();
        return loss;
      },
      { audit: false },
    );
    for (const x of [0.1, 4, 0.2]) {
      w.grad = null;
      step(tensor([x, x]));
      const expected = [1, 2].map(v => x * Math.min(2 * v * x, 1));
      for (const [i, g] of list(w.grad).entries()) expect(g).toBeCloseTo(expected[i]!, 6);
    }
    expect(runs).toBe(1);
  });

  test('a hook of a leaf makes another plan when it comes and goes', () => {
    const w = keep(tensor([1, 2], { requiresGrad: true }));
    const step = capture(
      (x: Tensor) => {
        w.grad = null;
        w.mul(x).sum().backward();
      },
      { audit: false },
    );
    const gradient = (): number[] => {
      step(tensor([3, 4]));
      return list(w.grad);
    };
    expect(gradient()).toEqual([3, 4]);
    const handle = w.registerHook(g => g.mul(-2));
    expect(gradient()).toEqual([-6, -8]);
    expect(gradient()).toEqual([-6, -8]);
    handle.remove();
    expect(gradient()).toEqual([3, 4]);
    expect(step.plans).toHaveLength(2);
  });

  test('a hook of a leaf is registered outside', () => {
    const w = keep(tensor([1, 2], { requiresGrad: true }));
    const step = capture((x: Tensor) => {
      w.registerHook(g => g.mul(2));
      w.mul(x).sum().backward();
    });
    failure(() => step(ones([2])), CaptureError, /registers or removes a hook of a leaf of shape \[2\].*do it outside/);
  });
});
