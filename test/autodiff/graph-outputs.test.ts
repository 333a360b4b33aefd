/** Nodes of ops with several outputs, and what is refused. */
import {
  maxPool2d,
  crossEntropy,
  DTypeError,
  gradients,
  IndexError,
  keep,
  noGrad,
  ones,
  scope,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { defineMultiOp, defineParametricOp, type MultiOp, type Op } from '../../ts/core/op';
import { runtime } from '../../ts/core/runtime';
import { add_ } from '../../ts/ops/inplace';
import { tick } from '../../ts/ops/update';
import { failure, flat, list, loader, Net, numbers, onEachBackend, problem } from '../toy';
import { leaf } from './leaf';

vi.setConfig({ testTimeout: 60_000 });

onEachBackend('on %s', () => {
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
        k.sin(x.address, sin.address, x.size, 0);
        k.cos(x.address, cos.address, x.size, 0);
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
        failure(() => x.indexSelect(0, at), IndexError, /index 7 at position 1 is outside \[0, 3\)/);
        failure(() => x.indexSelect(0, bytes), IndexError, /index 9 at position 1/); // widened to i32 for it
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
        failure(() => tick(whole, { at: [0] }), DTypeError, /tick.*f64.*i32/);
        failure(() => noGrad(() => add_(seven.expand([2, 7]), 1)), ShapeError, /elements of a share memory/);
      });
    });

    const fragile: Op<[a: Tensor, b: Tensor], { fail: boolean }> = defineParametricOp({
      name: 'fragile',
      inputs: ['a', 'b'],
      shape: ([a]) => a.shape,
      run: (k, [a], [y]) => k.copy(a.address, y.address, 1, 1, 1, a.size, 0, 0, 0, 1, 0, 0, 0, 1),
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
