/** Passes over captured graphs that fuse activations and work in place: without them the results are the same. */
import { type F, compare, numbers, variable } from './outcomes';
import { linear, conv2d, gelu } from 'phyllo';
import { beforeEach, describe, expect, test } from 'vitest';
import { gradients } from '../../ts/autodiff/backward';
import { useBackend } from '../../ts/core/runtime';
import type { Tensor } from '../../ts/core/tensor';
import { fuseActivations } from '../../ts/graph/passes/activations';
import { writeInPlace } from '../../ts/graph/passes/inplace';
import { add_ } from '../../ts/ops/inplace';
import '../../ts/methods';
import { binaries, exact } from '../backends';

describe.each([exact, ...binaries])('on $name', backend => {
  beforeEach(() => useBackend(backend));

  describe('activations', () => {
    const w = (n: number, m: number): Tensor => numbers(n, m).mul(0.5);

    test('of products happen on their way out', () => {
      const f: F = (x, w, b) => [
        linear(x, w, b).relu(),
        linear(x, w).sigmoid(),
        x.matmul(w.t()).tanh(),
        w.matmul(x.t()).exp(),
      ];
      const { off, on } = compare(fuseActivations, f, [numbers(3, 5), w(4, 5), numbers(4)]);
      expect(off.steps).toEqual(['linear', 'relu', 'linear', 'sigmoid', 'matmul', 'tanh', 'matmul', 'exp']);
      expect(on.steps).toEqual(['linear', 'linear', 'matmul', 'matmul', 'exp']);
      expect(on.calls).toBe(5);
    });

    test('of convolutions, of images and of batches in blocks', () => {
      const f: F = (x, w, b) => [
        conv2d(x, w, b, { padding: 1 }).relu(),
        conv2d(x, w).sigmoid().sum(),
        conv2d(x, w, b).tanh(),
      ];
      for (const batch of [1, 8, 17]) {
        const { off, on } = compare(fuseActivations, f, [numbers(batch, 3, 6, 6), numbers(4, 3, 3, 3), numbers(4)]);
        expect(off.steps.filter(s => /relu|sigmoid|tanh/.test(s))).toHaveLength(3);
        expect(on.steps.filter(s => /relu|sigmoid|tanh/.test(s))).toEqual([]);
        expect(off.calls - on.calls).toBe(3);
      }
    });

    test('in batches of several calls, and of nothing', () => {
      const f: F = (a, b) => a.matmul(b).relu();
      const { on } = compare(fuseActivations, f, [numbers(2, 3, 4, 5), numbers(2, 1, 5, 2)]);
      expect(on.steps).toEqual(['matmul']);
      expect(on.calls).toBe(2);
      compare(fuseActivations, f, [numbers(3, 0), numbers(0, 2)]);
    });

    test('in training, whose gradients read what comes out', () => {
      const f: F = (x, w, b) => {
        const [weight, bias] = [variable(w), variable(b)];
        return gradients(
          linear(linear(x, weight, bias).relu(), weight)
            .tanh()
            .sum(),
          [weight, bias],
        );
      };
      const { off, on } = compare(fuseActivations, f, [numbers(3, 5), w(5, 5), numbers(5)]);
      expect(off.calls - on.calls).toBe(2);
    });

    test('not where something else reads what goes in', () => {
      const f: F = (x, w) => {
        const [a, b, c] = [x.matmul(w), x.matmul(w).mul(2), x.matmul(w).add(1)];
        add_(c, x);
        return [a.relu(), a, b.relu(), b.exp(), c.relu(), x.matmul(w).slice(1, 0, 2).relu(), gelu(x.matmul(w))];
      };
      const { off, on } = compare(fuseActivations, f, [numbers(4, 4), w(4, 4)]);
      expect(on.steps).toEqual(off.steps);
    });
  });

  describe('in place', () => {
    const places = (f: F, xs: readonly Tensor[]): [off: number, on: number] => {
      const { off, on } = compare(writeInPlace, f, xs);
      expect(on.steps).toEqual(off.steps);
      return [off.arena, on.arena];
    };
    const kilo = 256 * backend.itemSize('f32');

    test('a chain of elementwise steps needs the memory of one', () => {
      const chain: F = x => x.exp().add(1).mul(x).sin().sum();
      expect(places(chain, [numbers(256)])).toEqual([2 * kilo + 16, kilo + 16].map(n => expect.closeTo(n, -2)));
    });

    test('up to the memory of what comes out', () => {
      expect(places(x => x.exp().sin().cos(), [numbers(256)])[1]).toBeLessThan(32);
      expect(places(x => [x.exp().sin(), x.cos()], [numbers(256)])[1]).toBeLessThan(32);
    });

    test('beside what is spread, in either operand, and over an accumulated sum', () => {
      const f: F = (x, y) =>
        x
          .exp()
          .add(y.exp())
          .rsub(y.sin())
          .sum()
          .add(y.sum(0, { keepdim: true }).mul(x.cos()).sum());
      const [off, on] = places(f, [numbers(16, 16), numbers(16)]);
      expect(on).toBeLessThan(off - kilo / 2);
    });

    test("not over what is read later, comes out, is not the plan's, or is seen in another way", () => {
      const f: F = x => {
        const [a, b, c] = [x.exp(), x.cos(), x.sin()];
        return [a.sin().add(a), b.mul(2), b, c.add(c.t()), x.exp().gt(0.5), x.exp().add(x.exp().sum(0))];
      };
      compare(writeInPlace, f, [numbers(8, 8)]);
    });

    test('nor over what a step before is still to fill', () => {
      const f: F = (x, y) => {
        const a = x.exp();
        add_(a, y);
        const b = a.sin();
        add_(b, y);
        return [b.cos(), a.slice(0, 0, 4).cos()];
      };
      compare(writeInPlace, f, [numbers(8), numbers(8)]);
    });
  });
});
