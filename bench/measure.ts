/** Timing: enough work in a sample to trust the clock, and several samples. */
import type { Task } from './row';

/** Milliseconds for each of `calls` calls, one after the other. */
function timeSync(run: () => unknown, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) run();
  return (performance.now() - start) / calls;
}
async function timeAsync(run: () => unknown, calls: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) await run();
  return (performance.now() - start) / calls;
}

export class Stopwatch {
  private constructor(private readonly sample: () => number | Promise<number>) {}

  /** Runs a task until the engine has compiled it for good, and learns how many calls fill a sample of `ms`. */
  static async warm(task: Task, ms = 40): Promise<Stopwatch> {
    const run = (): unknown => task.run();
    const start = performance.now();
    const first = run();
    const time = first instanceof Promise ? timeAsync : timeSync;
    await first;
    let calls = 1;
    let total = performance.now() - start;
    for (let spent = total, rounds = 0; spent < ms || (rounds < 3 && total < 10 * ms); rounds++) {
      spent = (await time(run, calls)) * calls;
      total += spent;
      if (spent < ms) calls = Math.ceil(calls * Math.min(Math.max(ms / Math.max(spent, 0.01), 1.2), 10));
    }
    return new Stopwatch(() => time(run, calls));
  }

  /** Milliseconds of a call: so many samples, or fewer if they take longer than `budgetMs`, but one at least. */
  async samples(count: number, budgetMs: number): Promise<number[]> {
    const each: number[] = [];
    const end = performance.now() + budgetMs;
    do each.push(await this.sample());
    while (each.length < count && performance.now() < end);
    return each;
  }
}

/** Of some samples: the least, the middle one, and the spread between quartiles as a share of it. */
export function summary(samples: readonly number[]): { best: number; median: number; spread: number } {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (q: number): number => sorted[Math.round(q * (sorted.length - 1))]!;
  return { best: at(0), median: at(0.5), spread: (at(0.75) - at(0.25)) / at(0.5) };
}
