/** What a captured function does with all passes and without one. It is imported first: it stands in for the module of the passes. */
import { expect, vi } from 'vitest';
import { scope } from '../../ts/core/scope';
import type { Tensor } from '../../ts/core/tensor';
import { capture } from '../../ts/graph/capture';
import { PASSES, type Pass } from '../../ts/graph/passes/passes';
import { tensor } from '../../ts/ops/creation';
import '../../ts/methods';

/** What graphs go through, instead of all passes. */
const chosen = vi.hoisted((): { passes: readonly Pass[] | null } => ({ passes: null }));
vi.mock('../../ts/graph/passes/passes', async original => {
  const module = await original<typeof import('../../ts/graph/passes/passes')>();
  const optimise: Pass = (graph, on) => (chosen.passes ?? module.PASSES).reduce((g, pass) => pass(g, on), graph);
  return { ...module, optimise };
});

export type F = (...xs: Tensor[]) => Tensor | readonly Tensor[];
export interface Outcome {
  /** Names of the ops that are left. */
  readonly steps: readonly string[];
  readonly calls: number;
  readonly arena: number;
  /** Bits of the results, and of the arguments afterwards, in two calls. */
  readonly bits: readonly (readonly number[])[];
}

/** Two calls of the captured function on copies of xs. */
export function outcome(f: F, xs: readonly Tensor[], passes: readonly Pass[]): Outcome {
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
export function compare(pass: Pass, f: F, xs: readonly Tensor[]): { readonly off: Outcome; readonly on: Outcome } {
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
export const numbers = (...shape: number[]): Tensor =>
  tensor(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1 + 7 * i)),
    { shape },
  );

/** x as something to differentiate by, apart from the argument. */
export function variable(x: Tensor): Tensor {
  const v = x.detach();
  v.requiresGrad = true;
  return v;
}
