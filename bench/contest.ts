/** Rows, measured one after another: every library does the work, is checked, and is timed in turn with the others. */
import { coldStarts } from './cold';
import { Contestant, type Setting } from './contestant';
import type { Row, Warm } from './groups/all';
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
  /** What the core could do around the row: the better of before and after. */
  readonly core: Limit;
  /** That in the row's unit; null where nothing compares. */
  readonly limit: number | null;
}

/** How far a result may be from float64's, relative to the largest: float32's error, and that of fast algorithms. */
const TOLERANCE = 2e-4;
/** With one library all samples are taken at once, with several in rounds of a few. */
const SAMPLES = 9;
const ROUNDS = 3;
const BUDGET_MS = 1500;
/** What is as slow as this, is measured once. */
const SLOW_MS = 1000;

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

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]!;

/** What a library returns, or why it failed; phyllo must not. */
async function attempt<T>(c: Contestant, row: string, f: () => Promise<T>): Promise<T | string> {
  try {
    return await f();
  } catch (error) {
    if (c.name === 'phyllo') throw error;
    const why = reason(error);
    console.error(`${row}: ${why}`);
    return why;
  }
}

const better = (a: Limit, b: Limit): Limit => ({
  arithmetic: Math.max(a.arithmetic, b.arithmetic),
  cache: Math.max(a.cache, b.cache),
  memory: Math.max(a.memory, b.memory),
});

async function limitOf(phyllo: Contestant): Promise<Limit> {
  const limit = await phyllo.limits();
  if (!limit) throw new Error('phyllo measures no limits');
  return limit;
}

type Times = ReadonlyMap<LibraryName, readonly number[] | string>;

export class Contest {
  private expected: { readonly key: string; readonly result: Float64Array | string | null } | null = null;

  private constructor(
    /** phyllo first. */
    private readonly contestants: readonly Contestant[],
    private readonly oracle: Contestant | null,
    private readonly setting: Setting,
    readonly limit: Limit,
    readonly versions: ReadonlyMap<LibraryName, string>,
  ) {}

  /** Starts phyllo and its peers; beside peers, results are checked. */
  static async open(peers: readonly LibraryName[], setting: Setting): Promise<Contest> {
    const phyllo = await Contestant.start('phyllo', setting);
    const limit = await limitOf(phyllo);
    const contestants = [phyllo];
    for (const name of peers) {
      try {
        contestants.push(await Contestant.start(name, setting));
      } catch (error) {
        console.error(`left out: ${reason(error)}`);
      }
    }
    const oracle = peers.length > 0 ? await Contestant.start('float64', setting) : null;
    const versions = new Map<LibraryName, string>();
    for (const c of contestants) versions.set(c.name, await c.version());
    return new Contest(contestants, oracle, setting, limit, versions);
  }

  /** Measures a row. What fails or is wrong has no figure; phyllo must not fail. */
  async run(row: Row): Promise<Result> {
    const { work } = row;
    const before = await this.limits();
    const times = work.kind === 'cold' ? await this.coldStarts() : await this.time(row, work);
    const core = better(before, await this.limits());
    const outcomes = new Map<LibraryName, Outcome>();
    for (const [name, all] of times) {
      if (typeof all === 'string') {
        outcomes.set(name, { why: all });
      } else {
        const { best, median, spread } = summary(all);
        outcomes.set(name, { value: figure(row, median), best: figure(row, best), spread, ms: median });
      }
    }
    const least = leastMs(row, core);
    return { row, outcomes, core, limit: least === null ? null : figure(row, least) };
  }

  /** Milliseconds by library, or why there are none. */
  private async time({ name, alone }: Row, work: Warm): Promise<Times> {
    const times = new Map<LibraryName, readonly number[] | string>();
    const results = new Map<Contestant, Float64Array>();
    const contestants = alone ? this.contestants.slice(0, 1) : this.contestants;
    for (const c of contestants) {
      const result = await attempt(c, name, () => c.prepare(work));
      times.set(c.name, typeof result === 'string' ? result : []);
      if (result instanceof Float64Array) results.set(c, result);
    }
    // A result that no other library has is left to the tests.
    const expected = results.size > 1 ? await this.expect(work) : null;
    for (const [c, result] of results) {
      const wrong = expected instanceof Float64Array ? difference(result, expected) : null;
      if (wrong === null) continue;
      console.error(`${name}: ${c.name} ${wrong}`);
      times.set(c.name, wrong);
    }
    const rounds = results.size > 1 ? ROUNDS : 1;
    for (let round = 0; round < rounds; round++) {
      for (const c of contestants) {
        const all = times.get(c.name)!;
        if (typeof all === 'string' || all.some(ms => ms > SLOW_MS)) continue;
        const more = await attempt(c, name, () => c.time(SAMPLES / rounds, BUDGET_MS / rounds));
        times.set(c.name, typeof more === 'string' ? more : [...all, ...more]);
      }
    }
    for (const c of contestants) await attempt(c, name, () => c.free());
    return times;
  }

  /** The result in float64: once for rows that differ only in how it is come by. */
  private async expect(work: Warm): Promise<Float64Array | string | null> {
    const key = JSON.stringify(work, (name, value: unknown) =>
      name === 'prepared' || name === 'eager' ? undefined : value,
    );
    if (this.expected?.key !== key && this.oracle) {
      this.expected = { key, result: await this.oracle.prepare(work) };
      await this.oracle.free();
    }
    return this.expected?.result ?? null;
  }

  private coldStarts(): Promise<Times> {
    return coldStarts(
      this.contestants.map(c => c.name),
      this.setting,
    );
  }

  private limits(): Promise<Limit> {
    return limitOf(this.contestants[0]!);
  }

  /** Ends the processes. */
  close(): void {
    for (const c of this.contestants) c.end();
    this.oracle?.end();
  }
}
