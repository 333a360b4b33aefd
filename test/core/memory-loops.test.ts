/** How long tensors live in loops over a loader, and in bare loops. */
import { crossEntropy, DisposedError, keep, ones, scope, tensor, zeros, type Tensor } from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { scoped } from '../../ts/core/scope';
import { failure, flat, inUse, list, loader, Net, numbers, onEachBackend, problem } from '../toy';

vi.setConfig({ testTimeout: 60_000 });

onEachBackend('on %s', () => {
  describe('loops over a loader', () => {
    test('are flat over 2,000 steps, learn, and leave scalars readable', () => {
      const data = problem();
      const net = new Net(1);
      const losses: Tensor[] = [];
      let logits: Tensor | null = null;
      flat(499, () => {
        for (const [x, target] of loader(data)) {
          net.zeroGrad();
          logits = net.forward(x);
          const loss = crossEntropy(logits, target);
          loss.backward();
          net.step();
          losses.push(loss);
        }
      });
      expect(losses.length).toBe(2000);
      const mean = (part: Tensor[]): number => part.reduce((sum, l) => sum + l.item(), 0) / part.length;
      expect(mean(losses.slice(-100))).toBeLessThan(0.7 * mean(losses.slice(0, 20)));
      expect(list(losses[7]!)[0]).toBeCloseTo(losses[7]!.item(), 6);
      failure(() => logits!.relu(), DisposedError, /relu: a tensor of shape \[16, 3\].*batch 3 of the loader.*keep/);
      failure(() => losses[7]!.exp(), DisposedError, /batch 3 of the loader.*still .*item\(\)/);
      for (const p of net.params) expect(p.grad!.disposed).toBe(false);
    });

    test('end their batch on break, throw, return and at the end', () => {
      const data = problem();
      flat(3, () => {
        let h: Tensor | null = null;
        for (const [x] of loader(data)) {
          h = x.mul(2);
          break;
        }
        failure(() => h!.relu(), DisposedError, /batch 0 of the loader/);
      });
      flat(3, () => {
        expect(() => {
          for (const [x] of loader(data)) {
            x.mul(2);
            throw new Error('by the user');
          }
        }).toThrow('by the user');
      });
      flat(3, () => {
        const early = (): number => {
          for (const [x] of loader(data)) return x.mul(2).sum().item();
          return 0;
        };
        early();
      });
      const none = problem(0);
      flat(3, () => {
        let steps = 0;
        for (const [x] of loader(data, 30)) steps += x.exp().shape[0]! > 0 ? 1 : 0;
        expect(steps).toBe(3);
      });
      flat(3, () => {
        for (const [x] of loader(none)) x.mul(2);
      });
      expect(runtime.scope).toBeNull();
    });

    test('end their batch when the source throws, and what it made goes', () => {
      function* failing(): IterableIterator<Tensor> {
        yield ones([100]);
        ones([100]);
        throw new Error('no more');
      }
      flat(3, () => {
        expect(() => {
          for (const x of scoped(failing(), 'it')) x.mul(2);
        }).toThrow('no more');
        expect(runtime.scope).toBeNull();
      });
    });

    test('close the source with them', () => {
      let closed = 0;
      function* source(): IterableIterator<number> {
        try {
          yield 1;
          yield 2;
        } finally {
          closed++;
        }
      }
      for (const _ of scoped(source(), 'it')) break;
      expect(closed).toBe(1);
      for (const _ of scoped(source(), 'it'));
      expect(closed).toBe(2);
    });

    test('nest, and each batch lives as long as its own loop says', () => {
      const data = problem();
      flat(3, () => {
        for (const [x] of loader(data, 16, 'outer')) {
          const h = x.mul(2);
          let inner: Tensor | null = null;
          let ofOuter: Tensor | null = null;
          for (const [y] of loader(data, 16, 'inner')) {
            inner = y.mul(h);
            ofOuter = h.mul(3);
          }
          failure(() => inner!.exp(), DisposedError, /batch 3 of inner/);
          failure(() => ofOuter!.exp(), DisposedError, /batch 3 of inner/);
          expect(list(h)).toEqual(list(x.add(x)));
        }
      });
    });

    test('nest flat: the outer batch does not gather what the inner one made', () => {
      const data = problem();
      for (const [x] of loader(data)) {
        const turns: number[] = [];
        for (const [y] of loader(data)) {
          x.mul(2);
          x.mul(y);
          zeros([100]);
          turns.push(inUse().blocks);
        }
        expect(new Set(turns).size).toBe(1);
      }
    });

    test('advance side by side', () => {
      const data = problem();
      flat(3, () => {
        const [one, two] = [loader(data, 16, 'one'), loader(data, 16, 'two')];
        for (let i = 0; i < 4; i++) {
          const [a, b] = [one.next(), two.next()];
          if (a.done || b.done) throw new Error('too short');
          expect(list(a.value[0].add(b.value[0].mul(1)))).toEqual(list(a.value[0].mul(2)));
          expect(list(b.value[0])).toEqual(list(a.value[0]));
        }
        expect([one.next().done, two.next().done]).toEqual([true, true]);
        expect(runtime.scope).toBeNull();
      });
    });

    test('stand a step of the loop inside a scope that is inside the loop', () => {
      const data = problem();
      flat(3, () => {
        const batches = loader(data);
        for (const [x] of batches) {
          const y = scope(() => {
            const twice = x.mul(2);
            batches.next(); // x's batch has ended
            return twice;
          });
          expect(list(y).slice(0, 2)).toEqual(
            list(data.x)
              .slice(0, 2)
              .map(v => 2 * v),
          );
          break; // y goes with the batch that is current now
        }
        expect(runtime.scope).toBeNull();
      });
    });

    test('hand out what the source keeps, without taking it', () => {
      const fixed = keep(ones([10]));
      flat(3, () => {
        for (const x of scoped([fixed, fixed], 'it')) x.mul(2);
      });
      function* keeping(): IterableIterator<Tensor> {
        yield keep(ones([3]));
      }
      for (const x of scoped(keeping(), 'it')) expect(x.loop).toBeNull();
      expect(list(fixed)).toEqual(list(ones([10])));
    });
  });

  describe('a bare loop', () => {
    test('is flat over 2,000 steps; scalars keep their value, keep() holds', () => {
      const { x, target } = problem();
      const net = new Net(2);
      const losses: Tensor[] = [];
      const kept: { logits: Tensor | null } = { logits: null };
      flat(2000, () => {
        net.zeroGrad();
        const logits = net.forward(x);
        const loss = crossEntropy(logits, target);
        loss.backward();
        net.step();
        losses.push(loss);
        kept.logits ??= keep(logits.mul(1));
      });
      expect(list(kept.logits).every(Number.isFinite)).toBe(true);
      expect(new Set(losses.map(l => l.item())).size).toBeGreaterThan(1000);
      expect(losses[300]!.item()).toBeLessThan(losses[0]!.item());
    });

    test('is flat without layers and their scopes, over strided and converted inputs too', () => {
      const x = keep(tensor(numbers(12, 1), { shape: [3, 4] }));
      const mask = keep(tensor([true, false, true]));
      const w = keep(tensor(numbers(12, 2), { shape: [4, 3], requiresGrad: true }));
      const b = keep(tensor(numbers(3, 3), { requiresGrad: true }));
      flat(300, () => {
        w.grad = b.grad = null;
        const h = x
          .matmul(w)
          .add(b)
          .t()
          .tanh()
          .mul(mask.reshape([3, 1]));
        const [values, indices] = h.t().exp().max(1);
        indices.dispose(); // not of the graph: else the collector's
        values.mean().backward();
        expect(w.grad).not.toBeNull();
      });
    });

    test('accumulates over several passes, then lets go of all of them', () => {
      const w = keep(tensor([1, 2], { requiresGrad: true }));
      flat(5, () => {
        w.grad = null;
        for (let i = 1; i <= 3; i++) w.mul(w).mul(i).sum().backward();
        expect(list(w.grad)).toEqual([12, 24]);
      });
    });

    test('keeps what was kept when the gradient is cleared, and frees the rest by name', () => {
      const w = keep(tensor([1, 2], { requiresGrad: true }));
      const [h, held] = [w.mul(2), keep(w.mul(3))];
      h.add(held).sum().backward();
      expect(list(h)).toEqual([2, 4]);
      w.grad = null;
      expect(list(held)).toEqual([3, 6]);
      failure(
        () => h.exp(),
        DisposedError,
        /exp: a tensor of shape \[2\], made by mul, is used after it was freed by zeroGrad\(\).* keep\(\) it/,
      );
      held.dispose();
    });
  });
});
