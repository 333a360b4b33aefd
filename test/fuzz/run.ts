/** Runs a program on backends that free and on one that does not, with plans and without, and tells how they differ. */
import type { Backend } from '../../ts/backend/backend';
import { sweep } from '../../ts/core/collector';
import { useBackend } from '../../ts/core/runtime';
import { full, noGrad, scope } from 'phyllo';
import { BLOCKS } from './blocks';
import { CALLS, FUNCTIONS } from './functions';
import { programs, type Program } from './instruction';
import { ledger, type Ledger } from './ledger';
import { Machine, type Handlers } from './machine';
import { ARITHMETIC, MEMORY } from './ops';
import { STEPS, TRAINING } from './training';
import type fc from 'fast-check';

const HANDLERS: Handlers = { ...ARITHMETIC, ...MEMORY, ...STEPS, ...TRAINING, ...BLOCKS, ...FUNCTIONS, ...CALLS };
const weigh = (handlers: Handlers, weights: Readonly<Record<string, number>> = {}): Record<string, number> =>
  Object.fromEntries(Object.keys(handlers).map(name => [name, 2 * (weights[name] ?? 1)]));

/** Programs of all instructions. */
export const anyProgram = (scoped: boolean): fc.Arbitrary<Program> =>
  programs(
    {
      ...weigh(ARITHMETIC),
      ...weigh(MEMORY, { tensor: 3, kept: 3 }),
      ...weigh(STEPS),
      ...weigh(TRAINING),
      ...weigh(CALLS, { call: 3, many: 0.5 }),
    },
    weigh(BLOCKS),
    weigh(FUNCTIONS),
    { ...weigh(ARITHMETIC, { binary: 3, matmul: 2 }), ...weigh(STEPS, { forward: 3 }) },
    scoped,
  );

interface Outcome {
  readonly log: readonly string[];
  readonly faults: readonly string[];
}

/** From beginning to end. */
function perform(program: Program, inline: boolean): Outcome {
  const m = new Machine(HANDLERS, inline, program.scoped);
  for (const i of program.instructions) m.step(i);
  if (!program.scoped) sweep(); // what is in use stays
  m.readAll();
  m.dispose();
  return { log: m.log, faults: m.faults };
}
const whole = (program: Program, inline: boolean): Outcome =>
  program.scoped ? scope(() => perform(program, inline)) : perform(program, inline);

/** On a memory of its own; what is still in use in the end, beside constants, is a fault. */
function on(below: Backend, frees: boolean, program: Program, inline: boolean): Outcome {
  const memory = ledger(below, frees);
  useBackend(memory);
  try {
    constants();
    const before = memory.live.size;
    const outcome = whole(program, inline);
    const faults = [...outcome.faults, ...memory.wrong];
    const first = memory.live.size;
    if (program.scoped && first > before) {
      whole(program, inline); // the first time makes constants
      if (memory.live.size > first) faults.push(`${memory.live.size - first} blocks are never freed${sizes(memory)}`);
    }
    return { log: outcome.log, faults };
  } finally {
    memory.close();
  }
}
const sizes = (memory: Ledger): string => `, of all sizes ${[...memory.live.values()].slice(-12).join()} bytes`;

/** Numbers that most programs meet. */
function constants(): void {
  scope(() =>
    noGrad(() => {
      const x = full([1], 1);
      for (const n of [2, 0.5, -1, 0, 3, 1, -2, -1.5, -0.5, 0.25]) x.mul(n);
    }),
  );
}

/** How runs of a program differ, as text; null: they do not. */
export function difference(program: Program, fast: Backend, checked: Backend): string | null {
  const runs = {
    freeing: on(fast, true, program, false),
    checked: on(checked, true, program, false),
    keeping: on(fast, false, program, false),
    'keeping, without plans': on(fast, false, program, true),
  };
  for (const [name, { log, faults }] of Object.entries(runs)) {
    if (faults.length > 0) return report(`${name}: ${faults[0]}`, log, log.length);
  }
  const { log } = runs.keeping;
  for (const name of ['freeing', 'checked'] as const) {
    const i = firstDifference(runs[name].log, log);
    if (i >= 0) return report(`${name}: ${lines(runs[name].log, i)}\nkeeping: ${lines(log, i)}`, log, i + 10);
  }
  return planDifference(log, runs['keeping, without plans'].log);
}

/** Until a captured function first throws: tracing one has done nothing then, running it a part. */
function planDifference(log: readonly string[], without: readonly string[]): string | null {
  const [planned, plain] = [log, without].map(l => l.filter(line => !line.trimStart().startsWith('#')));
  const i = firstDifference(planned!, plain!);
  const failed = planned!.findIndex(
    (line, j) => /^ *f\d+\(/.test(line) && planned![j + 1]?.trimStart().startsWith('throws'),
  );
  if (i < 0 || (failed >= 0 && failed + 1 < i)) return null;
  if ([i, i + 1].some(j => planned![j]?.trim() === 'throws CaptureError')) return null; // a plan may refuse
  // What is wrong with shapes comes up before what is wrong with indices.
  if (failed === i - 1 && plain![i]?.trim() === 'throws IndexError') return null;
  return report(`with plans:    ${lines(planned!, i)}\nwithout plans: ${lines(plain!, i)}`, log, log.length);
}
/** A line of a log, and what came of it. */
const lines = (log: readonly string[], i: number): string =>
  log
    .slice(i, i + 2)
    .map(line => line.trim())
    .join(' | ');
function firstDifference(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) return i;
  return -1;
}
const report = (what: string, log: readonly string[], upTo: number): string =>
  `${what}\n\n${log.slice(0, upTo).join('\n')}`;
