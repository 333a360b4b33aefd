/** Graphs of gradients: what they hold, when they let go of it, and that no error leaves anything behind. */
import {
  maxPool2d,
  crossEntropy,
  DisposedError,
  DTypeError,
  grad,
  GradientError,
  gradients,
  IndexError,
  keep,
  memory,
  noGrad,
  ones,
  scope,
  ShapeError,
  tensor,
  valueAndGrad,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { defineMultiOp, defineOp, type MultiOp, type Op } from '../../ts/core/op';
import { runtime } from '../../ts/core/runtime';
import { addInto, assign, tick } from '../../ts/ops/update';
import { backends, failure, flat, inUse, list, loader, Net, numbers, problem, start } from '../toy';

vi.setConfig({ testTimeout: 60_000 });

describe.each(backends)('on %s', (_, make) => {
  beforeEach(() => {
    start(make);
    expect(runtime.scope).toBeNull();
  });

  const leaf = (...data: number[]): Tensor => tensor(data, { requiresGrad: true });

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
          noGrad(() => addInto(w, ones([2])));
          failure(() => loss.backward(), GradientError, /gradient of mul.*changed in place/);
          failure(() => addInto(w, ones([2])), GradientError, /addInto: writes in place.*noGrad/);
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
        noGrad(() => assign(w, zeros([2])));
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
  });

  describe('ops with several outputs', () => {
    const image = (): Tensor => tensor(numbers(64, 5), { shape: [1, 1, 8, 8], requiresGrad: true });

    test('leak nothing, whichever output is used', () => {
      const x = keep(tensor(numbers(12, 4), { shape: [3, 4], requiresGrad: true }));
      const picture = keep(image());
      flat(3, () =>
        scope(() => {
          x.max(1);
          x.max(1)[0].sum().backward();
          expect(list(x.grad).reduce((a, b) => a + b)).toBe(3);
          x.min(0)[1].toArray();
          const [values, indices] = x.max(0, { keepdim: true });
          values.dispose();
          expect(indices.requiresGrad).toBe(false);
          x.argmax(1);
          x.amax().backward();
          maxPool2d(picture, 2);
          maxPool2d(picture, 2).sum().backward();
          expect(list(picture.grad).reduce((a, b) => a + b)).toBe(16);
          x.grad = picture.grad = null;
        }),
      );
      flat(3, () => {
        // and with no scope around
        x.grad = picture.grad = null;
        maxPool2d(maxPool2d(picture, 2), 2).sum().backward();
        const [values, indices] = x.max(1);
        indices.dispose();
        values.sum().backward();
      });
    });

    const wave: MultiOp<[x: Tensor], [sin: Tensor, cos: Tensor]> = defineMultiOp({
      name: 'wave',
      inputs: ['x'],
      outputs: ['sin', 'cos'],
      shapes: ([x]) => [x.shape, x.shape],
      run(k, [x], [sin, cos]) {
        k.sin(x.at, sin.at, x.size, 0);
        k.cos(x.at, cos.at, x.size, 0);
      },
      saves: { x: ['sin', 'cos'] },
      vjp: {
        x([gSin, gCos], { sin, cos }, _, { x }) {
          const up = gSin?.mul(cos) ?? zeros(x);
          return gCos ? up.sub(gCos.mul(sin)) : up;
        },
      },
    });

    test('of which each has a gradient: any of them may lead on', () => {
      const x = keep(tensor([0.5, 1], { requiresGrad: true }));
      const close = (t: Tensor | null, f: (v: number) => number): void =>
        list(t).forEach((v, i) => expect(v).toBeCloseTo(f([0.5, 1][i]!), 6));
      flat(3, () =>
        scope(() => {
          wave(x)[0].sum().backward();
          close(x.grad, Math.cos);
          x.grad = null;
          wave(x)[1].sum().backward();
          close(x.grad, v => -Math.sin(v));
          x.grad = null;
          const [s, c] = wave(x);
          s.mul(c).sum().backward();
          close(x.grad, v => Math.cos(2 * v));
          x.grad = null;
          const [sin, cos] = wave(x);
          const [gSin, gCos] = gradients(cos.mul(3).sum(), [sin, cos], { retainGraph: true });
          expect([list(gSin!), list(gCos!)]).toEqual([
            [0, 0],
            [3, 3],
          ]);
          const [g0, g1] = gradients(cos.mul(3).add(sin.mul(2)).sum(), [sin, cos]);
          expect([list(g0!), list(g1!)]).toEqual([
            [2, 2],
            [3, 3],
          ]);
        }),
      );
    });

    test('that throw leak nothing', () => {
      const broken: MultiOp<[x: Tensor], [a: Tensor, b: Tensor]> = defineMultiOp({
        name: 'broken',
        inputs: ['x'],
        outputs: ['a', 'b'],
        shapes: ([x]) => [x.shape, x.shape],
        run() {
          throw new ValueError('broken', 'as it should');
        },
      });
      const x = keep(ones([2, 3]));
      const whole = keep(tensor(Int32Array.of(1, 2)));
      flat(3, () => {
        expect(() => broken(x)).toThrow('as it should');
        expect(() => broken(x.t())).toThrow('as it should');
        expect(() => broken(whole)).toThrow('as it should');
      });
    });
  });

  describe('errors', () => {
    test('of a kernel leak nothing, in a scope or out of it', () => {
      const x = keep(tensor(numbers(12, 1), { shape: [3, 4], requiresGrad: true }));
      const at = keep(tensor(Int32Array.of(0, 7)));
      const bytes = keep(tensor(Uint8Array.of(0, 9)));
      flat(3, () => {
        failure(() => x.indexSelect(0, at), IndexError, /index 7 at place 1 is outside \[0, 3\)/);
        failure(() => x.indexSelect(0, bytes), IndexError, /index 9 at place 1/); // widened to i32 for it
        failure(() => crossEntropy(x, keep(at).reshape([2])), ShapeError, /crossEntropy/);
        scope(() => failure(() => x.square().indexSelect(1, at), IndexError, /outside \[0, 4\)/));
      });
    });

    test('of shapes and types leave nothing of the inputs that were converted', () => {
      const x = keep(ones([2, 3]));
      const long = keep(tensor(Float64Array.of(1, 2), { dtype: 'f64' }));
      const whole = keep(tensor(Int32Array.of(1, 2)));
      const turned = keep(ones([3, 2]).t());
      const seven = keep(ones([7]));
      const longTurned = keep(tensor(new Float64Array(6), { shape: [2, 3], dtype: 'f64' }).t());
      flat(3, () => {
        failure(() => x.matmul(x), ShapeError, /matmul/);
        failure(() => turned.matmul(turned), ShapeError, /matmul/);
        failure(() => turned.add(seven), ShapeError, /add/);
        failure(() => long.relu(), DTypeError, /f64/);
        failure(() => longTurned.relu(), DTypeError, /f64/);
        failure(() => tick(whole, { at: 0 }), DTypeError, /tick.*f64.*i32/);
        failure(() => noGrad(() => addInto(turned, turned)), ShapeError, /written in place and must be dense/);
      });
    });

    const fragile: Op<[a: Tensor, b: Tensor], { fail: boolean }> = defineOp({
      name: 'fragile',
      inputs: ['a', 'b'],
      shape: ([a]) => a.shape,
      run: (k, [a], [y]) => k.copy(a.at, y.at, 1, 1, 1, a.size, 0, 0, 0, 1, 0, 0, 0, 1),
      saves: { b: ['a'] },
      vjp: {
        a: g => g.mul(2),
        b(g, { a }, { fail }) {
          const gb = g.mul(a).mul(a);
          if (fail) throw new ValueError('fragile', 'no derivative today');
          return gb;
        },
      },
    });

    test('in a gradient rule leak nothing, and the next pass works', () => {
      const [a, b] = [leaf(1, 2), leaf(3, 4)];
      const turned = keep(ones([3, 2]).t());
      const long = keep(tensor(Float64Array.of(1, 2), { dtype: 'f64' }));
      flat(3, () => {
        failure(() => fragile(turned, long, { fail: true }), DTypeError, /fragile: b takes f32, this is f64/);
        scope(() => {
          const early = a.mul(b);
          const loss = fragile(early, early.exp(), { fail: true }).add(early.mul(5)).sum();
          failure(() => loss.backward({ createGraph: true }), ValueError, /no derivative today/);
          failure(() => gradients(loss, [early, loss, a], { retainGraph: true }), ValueError, /no derivative today/);
          failure(() => loss.backward(), ValueError, /no derivative today/);
          expect([a.grad, b.grad]).toEqual([null, null]);
          expect([runtime.recording, runtime.scope?.name]).toEqual([true, 'a scope']);
        });
        scope(() => {
          fragile(a, b, { fail: false }).sum().backward();
          expect([list(a.grad), list(b.grad)]).toEqual([
            [2, 2],
            [1, 4],
          ]);
          a.grad = b.grad = null;
        });
      });
    });

    test('in a training step leave nothing behind', () => {
      const data = problem();
      const net = new Net(3);
      flat(3, () => {
        for (const [x, target] of loader(data)) {
          net.zeroGrad();
          failure(() => crossEntropy(net.forward(x), target.add(2)).backward(), IndexError, /outside \[0, 3\)/);
          failure(() => net.forward(x.t()), ShapeError, /matmul/);
        }
      });
    });
  });
});
