/** * A captured function is the function, whatever it does: random programs of ops, views, writes in place, values saved for
 * gradients and backward passes, on arguments of any layout that may share memory with each other and with what the
 * program finds around it. Run as they are and as plans, they give the same bits and the same errors, and leave the same
 * memory. PHYLLO_FUZZ_RUNS says how many. */
import { env } from 'node:process';
import { capture, IndexError, manualSeed, memory, PhylloError, scope, tensor, type Tensor } from 'phyllo';
import { expect, test, vi } from 'vitest';
import { backends, dice, start } from '../toy';
import { type World, SIZE, world, argument, program } from './programs';

vi.setConfig({ testTimeout: 2 ** 30 });
const RUNS = Number(env.PHYLLO_FUZZ_RUNS ?? 250);
const FIRST = Number(env.PHYLLO_FUZZ_SEED ?? 1);

interface Outcome {
  readonly error: string | null;
  /** Whether the error came of numbers: then all that came before it is done. */
  readonly late: boolean;
  readonly results: readonly (readonly number[])[];
}
const numbersOf = (t: Tensor): number[] => [...t.shape, ...t.toArray()];
function outcome(f: () => readonly Tensor[]): Outcome {
  return scope(() => {
    try {
      return { error: null, late: false, results: f().map(numbersOf) };
    } catch (e) {
      if (!(e instanceof PhylloError)) throw e;
      return { error: `${e.name} in ${e.where}`, late: e instanceof IndexError, results: [] };
    }
  });
}
const memoryOf = (w: World): unknown =>
  [...w.bases, ...w.parameters, ...w.states]
    .map(numbersOf)
    .concat(w.parameters.map(p => (p.grad ? numbersOf(p.grad) : [])));

/** What differs, if something does; and what happened. */
function differs(seed: number): { readonly fault: string | null; readonly kind: string } {
  const make = program(seed);
  const worlds = [world(seed), world(seed)] as const;
  const plain = make(worlds[0]);
  const planned = capture(make(worlds[1]), { audit: false });
  const count = 1 + dice(seed + 1)(3);
  const layouts = Array.from({ length: count }, (_, i) => seed * 31 + i);
  let kind = 'computed';
  try {
    for (let call = 0; call < SIZE; call++) {
      const fresh = call === SIZE - 1 ? 1000 : 0; // the last call has arguments that lie otherwise
      const both = [plain, planned].map((f, side) => {
        manualSeed(seed);
        return outcome(() => {
          const xs = layouts.map(l => argument(worlds[side]!, dice(l + fresh)));
          const roll = dice(seed + call);
          const index = tensor(Int32Array.from({ length: 3 }, () => roll(roll(12) === 0 ? 4 : 3)));
          return f(xs, index);
        });
      });
      const [want, got] = [both[0]!, both[1]!];
      // A function that cannot be traced is not run: whether its numbers would have failed before is not known.
      if (want.late && got.error !== null && !got.late) break;
      if (want.error !== got.error) return { fault: `call ${call}: ${got.error}, expected ${want.error}`, kind };
      if (want.error !== null) kind = want.error;
      if (JSON.stringify(want.results) !== JSON.stringify(got.results))
        return {
          fault: `call ${call}: results ${JSON.stringify(got.results)}, expected ${JSON.stringify(want.results)}`,
          kind,
        };
      if (want.error !== null && !want.late) break; // it was not run either
      const [memory, expected] = [memoryOf(worlds[1]), memoryOf(worlds[0])].map(m => JSON.stringify(m));
      if (memory !== expected)
        return { fault: `call ${call} (${want.error}): memory ${memory}, expected ${expected}`, kind };
    }
    return { fault: null, kind };
  } finally {
    for (const { parameters } of worlds) for (const p of parameters) p.grad = null;
    planned.dispose();
    for (const w of worlds) for (const t of [...w.bases, ...w.parameters, ...w.states, w.alias]) t.dispose();
  }
}

test.each(backends)('on %s', (_, make) => {
  start(make);
  scope(() => {
    // what stays: a constant of the programs, and the state of random numbers
    tensor([1]).mul(-0.125);
    manualSeed(1);
  });
  const faults: string[] = [];
  const kinds = new Map<string, number>();
  for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
    const { blocks } = memory();
    const { fault, kind } = scope(() => differs(seed));
    const left = memory().blocks - blocks;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (fault !== null) faults.push(`seed ${seed}: ${fault.slice(0, 600)}`);
    if (left !== 0) faults.push(`seed ${seed}: ${left} blocks are left`);
    if (faults.length >= 10) break;
  }
  console.log([...kinds].map(([kind, n]) => `${kind}: ${n}`).join('\n'));
  expect(faults).toEqual([]);
});
