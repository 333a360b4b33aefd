/**
 * Whether the kernels pick their fastest method: each that could do some work is timed in turn with the others, on one
 * core. `npm run bench -- dispatch` starts this.
 */
import { exit } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { backend } from '#load';
import { Stopwatch } from '../measure';
import { digits } from '../show';
import { ALL, type Case, type Method } from './cases';

/** A method may be so much faster than the one that is picked. */
const TOLERANCE = 1.1;
const ROUNDS = 7;
/** A sample's length, and how often a row is measured before it fails. */
const SAMPLE_MS = 4;
const TRIES = 3;
/** Methods that take so many times as long as the best one are not measured again, but for the one picked. */
const HOPELESS = 2;

interface Timed {
  readonly method: Method;
  readonly watch: Stopwatch;
  /** Milliseconds of the best sample. */
  best: number;
}

interface Choice {
  readonly picked: Timed;
  /** From the fastest to the slowest. */
  readonly all: readonly Timed[];
  readonly ratio: number;
}

async function sample(all: readonly Timed[], picked: Timed): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const least = Math.min(...all.map(({ best }) => best));
    for (const timed of all) {
      if (timed !== picked && timed.best > HOPELESS * least) continue;
      timed.best = Math.min(timed.best, ...(await timed.watch.samples(1, 0)));
    }
  }
}

/** The picked method beside the best; null where there is but one. */
async function measure(work: Case): Promise<Choice | null> {
  const { picked: name, methods, free } = work.prepare(backend);
  try {
    if (methods.length < 2) return null;
    const all: Timed[] = [];
    for (const method of methods) {
      const watch = await Stopwatch.warm(method, SAMPLE_MS);
      await pause(1); // what compiles for good shares the core
      all.push({ method, watch, best: Math.min(...(await watch.samples(2, SAMPLE_MS))) });
    }
    const picked = all.find(({ method }) => method.name === name)!;
    const choose = (): Choice => {
      const sorted = all.toSorted((a, b) => a.best - b.best);
      return { picked, all: sorted, ratio: picked.best / sorted[0]!.best };
    };
    for (let attempt = 0; attempt < TRIES; attempt++) {
      await sample(all, picked);
      if (choose().ratio <= TOLERANCE) break;
      await pause(50);
    }
    return choose();
  } finally {
    free();
  }
}

const {
  values: { only, assert },
} = parseArgs({
  options: { only: { type: 'string', default: '' }, assert: { type: 'boolean', default: false } },
});
const cases = ALL.filter(({ name }) => name.includes(only));
let slow = 0;
let seen = 0;
console.log(`${backend.name}: the method picked, how many times as long as the best it takes, and GFLOP/s of all`);
for (const work of cases) {
  const choice = await measure(work);
  if (!choice) continue;
  seen++;
  const { picked, all, ratio } = choice;
  if (ratio > TOLERANCE) slow++;
  const speeds = all.map(({ method, best }) => `${method.name} ${digits(work.flop / best / 1e6)}`).join(', ');
  const verdict = ratio > TOLERANCE ? 'SLOW' : '';
  console.log(
    `${work.name.padEnd(28)} ${picked.method.name.padEnd(9)} ${ratio.toFixed(2)} ${verdict.padEnd(5)} ${speeds}`,
  );
}
console.log(`${seen} choices, ${slow} of them more than ${Math.round(100 * (TOLERANCE - 1))} % slower than the best`);
exit(assert && slow > 0 ? 1 : 0);
