/** Rows, measured one after another: every library does the work, is checked, and is timed in turn with the others. */
import { Contestant, type Setting } from './contestant';
import type { Row } from './groups/all';
import type { LibraryName } from './library';
import { summary } from './measure';
import { figure, leastMs, type Limit } from './row';

/** One library's figure, or why there is none. */
export type Outcome =
  | { readonly value: number; readonly best: number; readonly spread: number; readonly ms: number }
  | { readonly why: string };

export interface Result {
  readonly row: Row;
  readonly outcomes: ReadonlyMap<LibraryName, Outcome>;
  /** In the row's unit; null where nothing compares. */
  readonly limit: number | null;
}

/** How far a result may be from float64's, relative to the largest: float32's error, and that of fast algorithms. */
const TOLERANCE = 2e-4;
/** With one library all samples are taken at once, with several in rounds of a few. */
const SAMPLES = 9;
const ROUNDS = 3;
const BUDGET_MS = 1500;

/** Says how a result is wrong, or null. */
function difference(got: ArrayLike<number>, want: ArrayLike<number>): string | null {
  if (got.length !== want.length) return `gives ${got.length} numbers instead of ${want.length}`;
  let scale = 0;
  for (let i = 0; i < want.length; i++) scale = Math.max(scale, Math.abs(want[i]!));
  for (let i = 0; i < want.length; i++) {
    if (!(Math.abs(got[i]! - want[i]!) <= TOLERANCE * scale)) {
      return `is wrong: number ${i} is ${got[i]} instead of ${want[i]} (the largest is ${scale})`;
    }
  }
  return null;
}

export class Contest {
  private constructor(
    private readonly contestants: readonly Contestant[],
    private readonly oracle: Contestant | null,
    readonly limit: Limit,
    readonly versions: ReadonlyMap<LibraryName, string>,
  ) {}

  /** Starts the libraries; with `checked`, one more that knows the results. */
  static async open(names: readonly LibraryName[], setting: Setting, checked: boolean): Promise<Contest> {
    const contestants: Contestant[] = [];
    for (const name of names) contestants.push(await Contestant.start(name, setting));
    const oracle = checked ? await Contestant.start('float64', setting) : null;
    const versions = new Map<LibraryName, string>();
    for (const c of contestants) versions.set(c.name, await c.version());
    const limit = await contestants[0]!.limits();
    if (!limit) throw new Error(`${names[0]} measures no limits`);
    return new Contest(contestants, oracle, limit, versions);
  }

  /** Measures a row. */
  async run(row: Row): Promise<Result> {
    const outcomes = new Map<LibraryName, Outcome>();
    const able: Contestant[] = [];
    const expected = this.oracle && (await this.oracle.prepare(row.work));
    for (const c of this.contestants) {
      const result = await c.prepare(row.work);
      const wrong = typeof result === 'string' ? result : result && typeof expected === 'object' && expected && difference(result, expected);
      if (wrong) outcomes.set(c.name, { why: wrong });
      else able.push(c);
    }
    const times = new Map<Contestant, number[]>(able.map((c) => [c, []]));
    const rounds = able.length > 1 ? ROUNDS : 1;
    for (let round = 0; round < rounds; round++) {
      for (const c of able) times.get(c)!.push(...(await c.time(SAMPLES / rounds, BUDGET_MS / rounds)));
    }
    for (const c of able) {
      const { best, median, spread } = summary(times.get(c)!);
      outcomes.set(c.name, { value: figure(row, median), best: figure(row, best), spread, ms: median });
    }
    for (const c of [...this.contestants, ...(this.oracle ? [this.oracle] : [])]) await c.free();
    const least = leastMs(row, this.limit);
    return { row, outcomes, limit: least === null ? null : figure(row, least) };
  }

  /** Ends the processes. */
  close(): void {
    for (const c of this.contestants) c.end();
    this.oracle?.end();
  }
}
