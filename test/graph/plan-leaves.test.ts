/** Gradients that a captured function computes, adds to, clears and hands out are those of the function. */
import { capture, grad, gradients, keep, noGrad, ones, scope, tensor, valueAndGrad, zeros, type Tensor } from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { copy_ } from '../../ts/ops/inplace';
import { failure, flat, inUse, list, numbers, onEachBackend } from '../toy';

vi.setConfig({ testTimeout: 60_000 });

onEachBackend('on %s', () => {
  describe('gradients', () => {
    const x = (): Tensor => tensor(numbers(6, 1), { shape: [2, 3] });
    const leaf = (seed = 2): Tensor => keep(tensor(numbers(3, seed), { requiresGrad: true }));
    const both = (
      f: (w: Tensor, x: Tensor) => unknown,
      calls: number,
      between: (w: Tensor, i: number) => void = () => {},
    ): void => {
      const seen = [f, capture].map((_, captured) => {
        const w = leaf();
        const g = captured ? capture((x: Tensor) => f(w, x)) : (x: Tensor) => f(w, x);
        return Array.from({ length: calls }, (_, i) => {
          between(w, i);
          const out = g(x());
          return [w.grad && list(w.grad), Array.isArray(out) ? out.map(list) : null];
        });
      });
      expect(seen[1]).toEqual(seen[0]);
    };

    test('summed over calls', () => both((w, x) => x.mul(w).square().sum().backward(), 4));
    test('summed over calls, and cleared outside now and then', () => {
      both(
        (w, x) => x.mul(w).square().sum().backward(),
        6,
        (w, i) => i % 3 === 2 && (w.grad = null),
      );
    });
    test('summed over two backward passes in a call', () => {
      both(
        (w, x) => {
          x.mul(w).square().sum().backward();
          x.add(w).exp().sum().backward();
        },
        3,
        (w, i) => i === 2 && (w.grad = null),
      );
    });
    test('cleared at the start, in the middle, at the end', () => {
      both((w, x) => {
        w.grad = null;
        x.mul(w).square().sum().backward();
      }, 3);
      both((w, x) => {
        x.mul(w).square().sum().backward();
        w.grad = null;
        x.mul(w).exp().sum().backward();
      }, 3);
      both((w, x) => {
        x.mul(w).square().sum().backward();
        noGrad(() => copy_(w, w.sub(w.grad!.mul(0.1))));
        w.grad = null;
        return [w.detach().mul(1)];
      }, 3);
    });
    test('cleared at the end never leave the arena', () => {
      const w = leaf();
      const f = capture((x: Tensor) => {
        x.mul(w).square().sum().backward();
        w.grad = null;
      });
      f(x());
      const { blocks } = inUse();
      scope(() => f(x()));
      expect(inUse().blocks).toBe(blocks);
      expect(w.grad).toBeNull();
    });
    test('read before they are written', () => {
      both(
        (w, x) => {
          const before = w.grad ? w.grad.mul(2) : zeros([3]);
          w.grad = null;
          x.mul(w).square().sum().backward();
          return [before];
        },
        4,
        (w, i) => i === 3 && (w.grad = null),
      );
      both((w, x) => {
        const before = w.grad?.detach();
        w.grad = ones([3]).mul(x.sum());
        return before ? [before, before.add(1)] : [];
      }, 4);
      // The old one is read when the new one is there already.
      both((w, x) => {
        const old = w.grad ? w.grad.detach() : ones([3]);
        w.grad = x.sum(0).mul(old);
        w.grad = w.grad.add(old.mul(3)).add(old.sum());
      }, 4);
    });
    test('of gradients', () => {
      both((w, x) => {
        w.grad = null;
        x.mul(w).exp().sum().backward({ createGraph: true });
        const g = w.grad!.square().sum();
        w.grad = null;
        g.backward();
      }, 3);
      both((w, x) => {
        const [g] = gradients(x.mul(w).exp().sum(), [w], { createGraph: true });
        return [g!.detach(), ...gradients(g!.square().sum(), [w])];
      }, 2);
    });
    test('by grad and valueAndGrad, nested', () => {
      const f = (w: Tensor): Tensor => w.exp().mul(w).sum();
      both((w, x) => {
        const [v, g] = valueAndGrad((x: Tensor) => x.mul(w.detach()).tanh().sum())(x);
        return [v, g, grad((w: Tensor) => grad(f)(w).square().sum())(w)];
      }, 2);
      const captured = capture(grad(f));
      const point = tensor([0.1, 0.2]);
      expect(list(captured(point))).toEqual(list(grad(f)(point)));
    });
    test('with retainGraph, and of leaves made inside', () => {
      both((w, x) => {
        w.grad = null;
        const v = x.detach();
        v.requiresGrad = true;
        const y = v.mul(w).sigmoid().sum();
        y.backward({ retainGraph: true });
        y.backward();
        return [v.grad!.detach()];
      }, 2);
    });
    test('exchanged between leaves, and given to two', () => {
      const seen = [false, true].map(captured => {
        const [a, b] = [leaf(1), leaf(2)];
        const f = (x: Tensor): void => {
          x.mul(a).add(x.mul(b).exp()).sum().backward();
          const [ga, gb] = [a.grad!.detach(), b.grad!.detach()];
          a.grad = gb;
          b.grad = ga;
        };
        const share = (x: Tensor): void => {
          const g = x.mul(2).sum(0);
          a.grad = g.detach();
          b.grad = g.detach();
        };
        const [swapping, sharing] = captured ? [capture(f), capture(share)] : [f, share];
        return [swapping, swapping, sharing, swapping, sharing].map((step, i) => {
          step(tensor(numbers(6, i), { shape: [2, 3] }));
          return [list(a.grad), list(b.grad)];
        });
      });
      expect(seen[1]).toEqual(seen[0]);
    });
    test('kept by the user stay what they were, and the plan goes on', () => {
      const w = leaf();
      const f = capture((x: Tensor) => {
        w.grad = null;
        x.mul(w).square().sum().backward();
      });
      const kept: Tensor[] = [];
      const want: number[][] = [];
      for (let i = 0; i < 4; i++) {
        f(tensor(numbers(6, i), { shape: [2, 3] }));
        kept.push(keep(w.grad!.detach()));
        want.push(list(w.grad));
      }
      expect(kept.map(list)).toEqual(want);
      for (const t of kept) t.dispose();
      flat(3, i => scope(() => f(tensor(numbers(6, i), { shape: [2, 3] }))));
    });
    test('kept by the user stay what they were when the plan adds to them', () => {
      both((w, x) => x.mul(w).square().sum().backward(), 3);
      const w = leaf();
      const f = capture((x: Tensor) => x.mul(w).square().sum().backward());
      for (let i = 0; i < 3; i++) {
        f(x());
        const kept = w.grad!.detach();
        const want = list(kept);
        f(x());
        expect([list(kept), list(w.grad)]).toEqual([
          want,
          want.map(v => (Math.fround(v) / (2 * i + 1)) * (2 * i + 2)).map(v => expect.closeTo(v, 4)),
        ]);
        kept.dispose();
      }
    });
    test('given to the function as arguments are not written over while they are read', () => {
      const w = leaf();
      const f = capture((x: Tensor, g: Tensor) => {
        w.grad = null;
        x.mul(w).square().sum().backward();
        return w.grad!.add(g.mul(1000));
      });
      let g = zeros([3]);
      for (let i = 0; i < 3; i++) {
        const before = list(g);
        const y = list(f(x(), g));
        g = w.grad!.detach();
        expect(y).toEqual(list(tensor(list(g)).add(tensor(before).mul(1000))));
        g = w.grad!;
      }
    });
    test('as results of the function', () => {
      both((w, x) => {
        w.grad = null;
        x.mul(w).square().sum().backward();
        return [w.grad!.detach(), w.grad!.detach().reshape([3, 1])];
      }, 3);
    });
    test('of a strided tensor by hand: another plan, or an error', () => {
      const w = keep(
        tensor(
          [
            [1, 2],
            [3, 4],
          ],
          { requiresGrad: true },
        ),
      );
      const f = capture((x: Tensor) => x.mul(w).sum().backward());
      f(ones([2, 2]));
      f(ones([2, 2]));
      expect(list(w.grad)).toEqual([2, 2, 2, 2]);
      w.grad = tensor([
        [1, 2],
        [3, 4],
      ]).t();
      failure(() => f(ones([2, 2])), Error, /gradient that was set to a strided tensor/);
      expect(list(w.grad)).toEqual([1, 3, 2, 4]);
      w.grad = tensor([
        [1, 2],
        [3, 4],
      ]);
      f(ones([2, 2]));
      expect(list(w.grad)).toEqual([2, 3, 4, 5]);
    });
  });
});
