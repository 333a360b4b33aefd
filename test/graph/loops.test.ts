/** Functions that loop over time steps become plans with loops, of a length that does not depend on the sequence's. */
import { linear } from 'phyllo';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { gradients } from '../../ts/autodiff/backward';
import { IndexError } from '../../ts/core/errors';
import { noGrad, useBackend } from '../../ts/core/runtime';
import { scope } from '../../ts/core/scope';
import type { Tensor } from '../../ts/core/tensor';
import { capture } from '../../ts/graph/capture';
import { local, type Value } from '../../ts/graph/graph';
import type { Call } from '../../ts/graph/lower';
import { periodsOf } from '../../ts/graph/periods';
import type { Plan } from '../../ts/graph/plan';
import { foldLoops, type Instruction } from '../../ts/graph/repeat';
import { add } from '../../ts/ops/arithmetic';
import { tensor, zeros } from '../../ts/ops/creation';
import { neg } from '../../ts/ops/basic';
import { exp } from '../../ts/ops/elementwise';
import { stack } from '../../ts/ops/join';
import '../../ts/methods';
import { binaries, exact } from '../backends';

type F = (...xs: Tensor[]) => readonly Tensor[];

const numbers = (seed: number, ...shape: number[]): Tensor =>
  tensor(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.4 * Math.sin(seed + 3.7 * i)),
    { shape },
  );
const bits = (ts: readonly Tensor[]): number[][] => ts.map(t => Array.from(t.toArray()));

/** The plan of f for xs, after its results were found equal to f's: for xs, and for others in their place. */
function planOf(f: F, xs: readonly Tensor[], look: (plan: Plan) => void): void {
  scope(() => {
    const captured = capture(f);
    const others = xs.map(x => (x.dtype === 'f32' ? x.detach().mul(0.5) : x));
    for (const args of [xs, others, xs]) expect(bits(captured(...args))).toEqual(bits(f(...args)));
    expect(captured.plans).toHaveLength(1);
    look(captured.plan(...xs));
    captured.dispose();
  });
}
function lengthOf(f: F, xs: readonly Tensor[]): number {
  let length = 0;
  planOf(f, xs, plan => (length = plan.program.instructions.length));
  return length;
}

const [BATCH, INPUTS, HIDDEN] = [3, 4, 5];
/** Elman's cell, step by step; returns all states. */
function states(x: Tensor, wx: Tensor, wh: Tensor, b: Tensor): Tensor[] {
  let h = zeros([BATCH, HIDDEN]);
  return Array.from({ length: x.shape[0]! }, (_, t) => (h = linear(x.select(0, t), wx, b).add(linear(h, wh)).tanh()));
}
const last: F = (...xs) => noGrad(() => [states(xs[0]!, xs[1]!, xs[2]!, xs[3]!).at(-1)!.mul(1)]);
const every: F = (...xs) => noGrad(() => [stack(states(xs[0]!, xs[1]!, xs[2]!, xs[3]!))]);
const train: F = (x, ...ws) => {
  const leaves = ws.map(w => {
    const leaf = w.detach();
    leaf.requiresGrad = true;
    return leaf;
  });
  const loss = states(x!, leaves[0]!, leaves[1]!, leaves[2]!).at(-1)!.square().mean();
  return [loss.detach(), ...gradients(loss, leaves)];
};
/** A cell with gates, which learns at every step. */
const gated: F = (x, wx, wh, b) => {
  const leaves = [wx!, wh!, b!].map(w => {
    const leaf = w.detach();
    leaf.requiresGrad = true;
    return leaf;
  });
  const [i, f] = [leaves[0]!, leaves[1]!];
  let [h, loss] = [zeros([BATCH, HIDDEN]), zeros([])];
  for (let t = 0; t < x!.shape[0]!; t++) {
    const gate = linear(x!.select(0, t), i).add(linear(h, f)).sigmoid();
    h = gate.mul(h).add(gate.rsub(1).mul(linear(x!.select(0, t), i, leaves[2]!).tanh()));
    loss = add(loss, h.square().mean());
  }
  return [loss.detach(), h.detach(), ...gradients(loss, leaves)];
};
const FUNCTIONS: Readonly<Record<string, F>> = { last, every, train, gated };

describe.each([exact, ...binaries])('on $name', backend => {
  beforeEach(() => useBackend(backend));
  const arguments_ = (steps: number): Tensor[] => [
    numbers(1, steps, BATCH, INPUTS),
    numbers(2, HIDDEN, INPUTS),
    numbers(3, HIDDEN, HIDDEN),
    numbers(4, HIDDEN),
  ];

  test.each(Object.entries(FUNCTIONS))('%s: 200 steps are a plan as short as 60', (_, f) =>
    scope(() => {
      const [some, many] = [60, 200].map(steps => lengthOf(f, arguments_(steps)));
      expect(many).toBe(some);
      expect(many).toBeLessThan(150);
    }),
  );

  test('states that are not kept need no more memory for more steps', () =>
    scope(() => {
      const bytes: number[] = [];
      for (const steps of [60, 200]) planOf(last, arguments_(steps), ({ program }) => bytes.push(program.memory.bytes));
      expect(bytes[1]).toBe(bytes[0]);
      for (const f of [train, gated]) {
        planOf(f, arguments_(60), ({ program: { memory } }) => expect(memory.bytes).toBeLessThan(1.25 * memory.bound));
      }
    }));

  test('an error in a loop leaves it whole', () =>
    scope(() => {
      const table = numbers(1, 6, 4);
      const f = (index: Tensor): Tensor => {
        let h = zeros([4]);
        for (let t = 0; t < 20; t++)
          h = table
            .indexSelect(0, index.slice(0, t, t + 1))
            .reshape([4])
            .add(h.mul(0.5));
        return h;
      };
      const indices = (at: number, value: number): Tensor =>
        tensor(Int32Array.from({ length: 20 }, (_, i) => (i === at ? value : i % 6)));
      const captured = capture(f);
      const [good, bad] = [indices(0, 3), indices(11, 6)];
      expect(captured.plan(good).program.instructions.length).toBeLessThan(20);
      const expected = bits([f(good)]);
      for (let i = 0; i < 3; i++) {
        expect(bits([captured(good)])).toEqual(expected);
        expect(() => captured(bad)).toThrow(IndexError);
        expect(() => captured(bad)).toThrow('index 6 at position 0 is outside [0, 6)');
      }
      captured.dispose();
    }));

  test('layers that are alike but have weights of their own are no loop, and lie close', () =>
    scope(() => {
      const weights = Array.from({ length: 8 }, (_, i) => numbers(i, 6, 6));
      const f: F = x => [weights.reduce((y, w) => linear(y, w).exp().add(1).log(), x!)];
      planOf(f, [numbers(9, 5, 6)], ({ program: { memory, instructions, graph } }) => {
        expect(instructions.length).toBe(graph.steps.length);
        expect(memory.bytes).toBe(memory.bound);
      });
    }));

  test('a value of one step that outlives all others does not make room for all', () =>
    scope(() => {
      const f: F = x => {
        let [h, first] = [x!, x!];
        for (let t = 0; t < 40; t++) {
          const a = h.exp();
          if (t === 1) first = a;
          h = a.sum(0, { keepdim: true }).mul(h).mul(1e-3);
        }
        return [h.add(first)];
      };
      const wide = numbers(1, 64, 256);
      planOf(f, [wide], ({ program: { memory } }) => expect(memory.bytes).toBeLessThan(2 * memory.bound));
    }));
});

describe('periods', () => {
  const inWord = (word: string): string[] =>
    periodsOf(word.length, 1, (i, n) => word[i] === word[i + n]).map(
      ({ from, length, times }) => `${from}: ${length} × ${times}`,
    );

  test('are those that spare most', () => {
    expect(inWord('abcdefg')).toEqual([]);
    expect(inWord('abababa')).toEqual([]); // three times
    expect(inWord('xabababab')).toEqual(['1: 2 × 4']);
    expect(inWord('aaaabaaaabaaaabaaaab')).toEqual(['0: 5 × 4']);
    expect(inWord('abcabcabcabcxyzzyzzyzzyzz')).toEqual(['0: 3 × 4', '13: 3 × 4']);
    expect(inWord('')).toEqual([]);
  });
});

describe('loops', () => {
  /** What a list of instructions calls. */
  const unfold = (instructions: readonly Instruction[]): (readonly [string, ...(readonly (number | Value)[])[]])[] =>
    instructions.flatMap(instruction => {
      const { body, growth, times } =
        'body' in instruction
          ? instruction
          : { body: [instruction], growth: [instruction.args.map(() => 0)], times: 1 };
      return Array.from({ length: times }, (_, t) =>
        body.map(({ kernel, args, relocations }, j) => {
          const grown = args.map((x, i) => x + t * growth[j]![i]!);
          return [
            kernel,
            ...grown.map((x, arg) => {
              const relocation = relocations.find(r => r.arg === arg);
              return relocation ? [relocation.value, relocation.at + x - args[arg]!] : [x];
            }),
          ] as const;
        }),
      ).flat();
    });

  const value = local(64);
  const steps = {
    neg: { def: neg.def, params: {}, xs: [], ys: [] },
    exp: { def: exp.def, params: {}, xs: [], ys: [] },
  };
  test('do what the calls do, on evenly spaced arguments only', () => {
    const call = fc.record({
      kernel: fc.constantFrom('neg' as const, 'exp' as const),
      base: fc.boolean(),
      start: fc.integer({ min: -9, max: 9 }),
      by: fc.constantFrom(0, 4, -8, 0.5),
      fixed: fc.constantFrom(NaN, -0, Infinity, 0.1, 7),
    });
    const block = fc.record({
      times: fc.integer({ min: 1, max: 9 }),
      body: fc.array(call, { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), blocks => {
        const calls = blocks.flatMap(({ times, body }) =>
          Array.from({ length: times }, (_, t) =>
            body.map((c): Call => {
              const moving = c.start + t * c.by;
              return {
                kernel: c.kernel,
                run() {},
                args: [c.base ? 0 : moving, c.fixed, 3],
                relocations: c.base ? [{ arg: 0, value, at: moving }] : [],
                step: steps[c.kernel],
              };
            }),
          ).flat(),
        );
        const folded = foldLoops(calls, new Map());
        expect(unfold(folded)).toEqual(unfold(calls));
        for (const i of folded) if ('body' in i) expect(i.growth.flat().every(Number.isInteger)).toBe(true);
      }),
    );
  });
});
