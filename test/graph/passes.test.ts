/** Each pass over captured graphs: it does its work, and without it the results are the same. Constants and common subexpressions. */
import { type F, outcome, compare, numbers, variable } from './outcomes';
import { beforeEach, describe, expect, test } from 'vitest';
import { gradients } from '../../ts/autodiff/backward';
import { IndexError } from '../../ts/core/errors';
import { noGrad, useBackend } from '../../ts/core/runtime';
import { keep, scope } from '../../ts/core/scope';
import type { Tensor } from '../../ts/core/tensor';
import { capture } from '../../ts/graph/capture';
import { mergeCommon } from '../../ts/graph/passes/common';
import { foldConstants } from '../../ts/graph/passes/constants';
import { PASSES, type Pass } from '../../ts/graph/passes/passes';
import { arange, full, ones, tensor } from '../../ts/ops/creation';
import { gather } from '../../ts/ops/picking';
import { add } from '../../ts/ops/arithmetic';
import { dropout } from '../../ts/ops/dropout';
import { Generator } from '../../ts/ops/generator';
import { add_ } from '../../ts/ops/inplace';
import '../../ts/methods';
import { binaries, exact } from '../backends';

describe.each([exact, ...binaries])('on $name', backend => {
  beforeEach(() => useBackend(backend));

  describe('constants', () => {
    test('what follows from numbers alone is no step', () => {
      const f: F = x =>
        x
          .mul(
            arange(3)
              .mul(2)
              .add(ones([3])),
          )
          .add(tensor([1, 2, 3]));
      const { off, on } = compare(foldConstants, f, [numbers(4, 3)]);
      expect(off.steps).toEqual(['copy', 'mul', 'full', 'add', 'mul', 'copy', 'add']);
      expect(on.steps).toEqual(['mul', 'add']);
    });

    test('the seed of a gradient and what it is scaled by are no steps', () => {
      const f: F = x => {
        const v = variable(x);
        return gradients(v.mean(), [v]);
      };
      const { off, on } = compare(foldConstants, f, [numbers(4, 3)]);
      expect(off.steps).toEqual(['full', 'mul']);
      expect(on.steps).toEqual(['mul']); // what comes out is made at each call
      const g: F = x => {
        const v = variable(x);
        return gradients(v.square().mean(), [v]);
      };
      expect(compare(foldConstants, g, [numbers(4, 3)]).on.steps).toEqual(['squareGrad']);
    });

    test('a constant that is written over, or handed out, is made at each call', () => {
      const f: F = x => {
        const [a, b] = [tensor([1, 2]), full([2], 3)];
        add_(a, x);
        add_(b, a);
        return [a, b, tensor([5, 6]), ones([2])];
      };
      const { off, on } = compare(foldConstants, f, [numbers(2)]);
      expect(on.steps).toEqual(off.steps);
    });

    test('large ones are computed at each call', () => {
      const f: F = x => x.add(ones([2 ** 19]).sum());
      expect(compare(foldConstants, f, [numbers(2)]).on.steps).toEqual(['full', 'sum', 'add']);
      expect(compare(foldConstants, x => x.add(ones([2 ** 10]).sum()), [numbers(2)]).on.steps).toEqual(['add']);
    });

    test('a random draw is none', () => {
      const generator = new Generator(3);
      const { steps } = outcome(x => x.add(dropout(ones([2]), 0.5, { generator })), [numbers(2)], PASSES);
      expect(steps).toEqual(['draw', 'dropout', 'add']);
    });

    test('errors are those of the function', () => {
      const f = capture((x: Tensor) => x.add(gather(tensor([1, 2]), 0, tensor([2], { dtype: 'i32' }))));
      expect(() => f(numbers(1))).toThrow(IndexError);
    });

    test('nothing is left when the plan goes', () =>
      scope(() => {
        const x = numbers(3);
        const f = capture((x: Tensor) => x.mul(arange(3).exp()).add(arange(3)));
        f(x).dispose();
        f.dispose();
        const { blocks } = backend.memory();
        f(x).dispose();
        expect(backend.memory().blocks).toBe(blocks + 2); // the constants
        f.dispose();
        expect(backend.memory().blocks).toBe(blocks);
      }));
  });

  describe('common subexpressions', () => {
    test('are computed once', () => {
      const f: F = (x, y) => x.exp().mul(y.exp()).add(x.exp().mul(y.exp()).sin().add(x.exp()));
      const { off, on } = compare(mergeCommon, f, [numbers(4), numbers(4)]);
      expect(off.steps).toHaveLength(10);
      expect(on.steps).toEqual(['exp', 'exp', 'mul', 'sin', 'add', 'add']);
    });

    test('with several outputs, as views, and by parameters', () => {
      const f: F = x => [
        x.max(0)[0].add(x.max(0)[1]).add(x.max(1)[0].sum()),
        x.t().add(1).sum(0).add(x.t().add(1).sum(0)),
        x.clamp(-1, 1).add(x.clamp(-1, Infinity)).add(x.clamp(-1, Infinity)),
      ];
      const { on } = compare(mergeCommon, f, [numbers(3, 3)]);
      expect(on.steps.filter(s => s === 'max')).toHaveLength(2);
      expect(on.steps.filter(s => s === 'clamp')).toHaveLength(2);
      expect(on.steps.filter(s => s === 'sum')).toHaveLength(2);
    });

    test('of results, each has memory of its own', () => {
      const f: F = x => {
        const inner = x.exp();
        return [inner.add(x.exp()), x.exp(), x.exp(), inner.mul(2)];
      };
      const { off, on } = compare(mergeCommon, f, [numbers(5)]);
      expect(off.steps.filter(s => s === 'exp')).toHaveLength(4);
      expect(on.steps.filter(s => s === 'exp')).toHaveLength(2);
      scope(() => {
        const [, a, b] = capture(f)(numbers(5)) as readonly Tensor[];
        a!.set([0, 0, 0, 0, 0]);
        expect(b!.toArray()[0]).not.toBe(0);
      });
    });

    test('not across a change of what they read, by whatever name', () => {
      const w = keep(numbers(3));
      const f: F = (x, y) =>
        noGrad(() => {
          const a = x.exp();
          const s = x.mul(1);
          const b = s.exp();
          add_(s, y);
          const c = s.exp();
          add_(y, w);
          return [a, b, c, x.exp(), s.exp(), w.exp().add(w.exp())];
        });
      const { on } = compare(mergeCommon, f, [numbers(3), numbers(3)]);
      expect(on.steps.filter(s => s === 'exp')).toHaveLength(6);
      scope(() => {
        const x = numbers(3); // the same tensor twice
        const expected = f(numbers(3).mul(1), numbers(3));
        expect(expected).toHaveLength(6);
        const twice = numbers(3);
        const plain = [f(twice, twice)].flat().map(t => Array.from(t.toArray()));
        expect([capture(f)(x, x)].flat().map(t => Array.from(t.toArray()))).toEqual(plain);
      });
      w.dispose();
    });

    test('not what is written over after it was computed', () => {
      const f: F = x => {
        const [a, b] = [x.exp(), x.exp()];
        add_(a, x);
        return [add(a, b)];
      };
      expect(compare(mergeCommon, f, [numbers(3)]).on.steps).toEqual(['exp', 'exp', 'add_', 'add']);
    });

    test('not random draws', () => {
      const generator = new Generator(3);
      const f: F = x => dropout(x, 0.5, { generator }).add(dropout(x, 0.5, { generator }));
      expect(outcome(f, [numbers(8)], PASSES).steps).toEqual(['draw', 'dropout', 'draw', 'dropout', 'add']);
    });

    test('not steps of different segments', () => {
      const f: F = x => x.exp().add(x.exp());
      const apart: Pass = graph => ({ ...graph, steps: graph.steps.map((s, segment) => ({ ...s, segment })) });
      expect(outcome(f, [numbers(3)], [apart, ...PASSES]).steps).toEqual(['exp', 'exp', 'add']);
      expect(outcome(f, [numbers(3)], PASSES).steps).toEqual(['exp', 'add']);
    });
  });
});
