/** What is measured: work said in sizes alone, so that any library that knows its kind can do it. */

/** Rates count in so many a second, durations in so many of the unit for each thing done. */
export type Unit = 'GFLOP/s' | 'samples/s' | 'tokens/s' | 'ns' | 'µs' | 'ms';

export interface Row<Work> {
  readonly name: string;
  readonly work: Work;
  readonly unit: Unit;
  /** What one run does: GFLOP, samples, tokens; or how many things the duration is shared among. */
  readonly amount: number;
  /** What one run takes at least: operations, by the definition and not the algorithm, or bytes read and written. */
  readonly flop?: number;
  readonly bytes?: number;
  /** Other libraries have a figure in another row for the same. */
  readonly alone?: boolean;
}

/** Work with its data in place, to be run again and again. */
export interface Task {
  /** Asynchronous only where the library is. */
  run(): unknown;
  /** What the last run gave, to compare; left out where there is nothing to. */
  result?(): ArrayLike<number> | Promise<ArrayLike<number>>;
  free?(): void;
}

/** What a core can do at most. */
export interface Limit {
  /** GFLOP/s of multiply-adds in registers. */
  readonly arithmetic: number;
  /** GB/s of copies that stay in the caches, and of reads that do not. */
  readonly cache: number;
  readonly memory: number;
}

const PER_SECOND: Partial<Record<Unit, number>> = { ns: 1e9, µs: 1e6, ms: 1e3 };
/** Buffers that one core's share of the caches does not hold. */
const LARGE = 2 ** 25;

type Measured = Pick<Row<unknown>, 'unit' | 'amount' | 'flop' | 'bytes'>;

/** The figure in the row's unit, from the milliseconds of a run. */
export function figure({ unit, amount }: Measured, ms: number): number {
  const per = PER_SECOND[unit];
  return per === undefined ? (amount / ms) * 1e3 : (ms / 1e3 / amount) * per;
}

/** Milliseconds of a run at the limit; null where nothing compares. */
export function leastMs({ flop = 0, bytes = 0 }: Measured, limit: Limit): number | null {
  const bandwidth = bytes > LARGE ? limit.memory : limit.cache;
  return flop + bytes === 0 ? null : Math.max(flop / limit.arithmetic, bytes / bandwidth) / 1e6;
}
