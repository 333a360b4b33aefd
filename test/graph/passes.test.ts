/** Each pass over captured graphs: it does its work, and without it the results are the same. */
import { linear, conv2d, gelu } from 'phyllo';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { gradients } from '../../ts/autodiff/backward';
import { IndexError } from '../../ts/core/errors';
import { noGrad, useBackend } from '../../ts/core/runtime';
import { keep, scope } from '../../ts/core/scope';
import type { Tensor } from '../../ts/core/tensor';
import { capture } from '../../ts/graph/capture';
import { fuseActivations } from '../../ts/graph/passes/activations';
import { mergeCommon } from '../../ts/graph/passes/common';
import { foldConstants } from '../../ts/graph/passes/constants';
import { writeInPlace } from '../../ts/graph/passes/inplace';
import { PASSES, type Pass } from '../../ts/graph/passes/passes';
import { arange, full, ones, tensor } from '../../ts/ops/creation';
import { gather } from '../../ts/ops/indexing';
import { add } from '../../ts/ops/arithmetic';
import { dropout } from '../../ts/ops/dropout';
import { Generator } from '../../ts/ops/random';
import { addInto } from '../../ts/ops/update';
import '../../ts/methods';
import { binaries, exact } from '../backends';

/** What graphs go through, instead of all passes. */
const chosen = vi.hoisted((): { passes: readonly Pass[] | null } => ({ passes: null }));
vi.mock('../../ts/graph/passes/passes', async original => {
  const module = await original<typeof import('../../ts/graph/passes/passes')>();
  const optimise: Pass = (graph, on) => (chosen.passes ?? module.PASSES).reduce((g, pass) => pass(g, on), graph);
  return { ...module, optimise };
});

type F = (...xs: Tensor[]) => Tensor | readonly Tensor[];
interface Outcome {
  /** Names of the ops that are left. */
  readonly steps: readonly string[];
  readonly calls: number;
  readonly arena: number;
  /** Bits of the results, and of the arguments afterwards, in two calls. */
  readonly bits: readonly (readonly number[])[];
}

/** Two calls of the captured function on copies of xs. */
function outcome(f: F, xs: readonly Tensor[], passes: readonly Pass[]): Outcome {
  return scope(() => {
    chosen.passes = passes;
    const captured = capture(f);
    try {
      const own = xs.map(x => x.detach().mul(1));
      const bits = [1, 2].flatMap(() => [captured(...own)].flat().map(y => Array.from(y.toArray())));
      const {
        program: { graph, instructions, memory },
      } = captured.plan(...own);
      return {
        steps: graph.steps.map(s => s.def.name),
        calls: instructions.length,
        arena: memory.bytes,
        bits: [...bits, ...own.map(x => Array.from(x.toArray()))],
      };
    } finally {
      captured.dispose();
      chosen.passes = null;
    }
  });
}

/** With all passes and without one of them: the bits are the same; returns the two outcomes. */
function compare(pass: Pass, f: F, xs: readonly Tensor[]): { readonly off: Outcome; readonly on: Outcome } {
  expect(PASSES).toContain(pass);
  const off = outcome(
    f,
    xs,
    PASSES.filter(p => p !== pass),
  );
  const on = outcome(f, xs, PASSES);
  expect(on.bits).toEqual(off.bits);
  return { off, on };
}

/** Numbers that are no multiples of each other. */
const numbers = (...shape: number[]): Tensor =>
  tensor(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1 + 7 * i)),
    { shape },
  );

/** x as something to differentiate by, apart from the argument. */
function variable(x: Tensor): Tensor {
  const v = x.detach();
  v.requiresGrad = true;
  return v;
}

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
        addInto(a, x);
        addInto(b, a);
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
          addInto(s, y);
          const c = s.exp();
          addInto(y, w);
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
        addInto(a, x);
        return [add(a, b)];
      };
      expect(compare(mergeCommon, f, [numbers(3)]).on.steps).toEqual(['exp', 'exp', 'addInto', 'add']);
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
        addInto(c, x);
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
        addInto(a, y);
        const b = a.sin();
        addInto(b, y);
        return [b.cos(), a.slice(0, 0, 4).cos()];
      };
      compare(writeInPlace, f, [numbers(8), numbers(8)]);
    });
  });
});
