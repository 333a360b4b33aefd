/** Timing: enough work in a sample to trust the clock, several samples, the best and the median told. */

export interface Timing {
  /** Milliseconds of one call: of the fastest sample, of the middle one, and the spread between quartiles as a share. */
  readonly best: number;
  readonly median: number;
  readonly spread: number;
}

interface TimeOptions {
  readonly samples?: number;
  readonly sampleMs?: number;
}

const SAMPLE_MS = 40;
const SAMPLES = 9;

/** Times `f`, warmed up until V8 has compiled it for good. */
export function time(f: () => void, { samples = SAMPLES, sampleMs = SAMPLE_MS }: TimeOptions = {}): Timing {
  let calls = 1;
  for (let spent = 0, rounds = 0; spent < sampleMs || rounds < 3; rounds++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) f();
    spent = performance.now() - start;
    if (spent < sampleMs) calls = Math.ceil(calls * Math.min(Math.max(sampleMs / Math.max(spent, 0.01), 1.2), 10));
  }
  const each = Array.from({ length: samples }, () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) f();
    return (performance.now() - start) / calls;
  }).sort((a, b) => a - b);
  const at = (q: number): number => each[Math.round(q * (samples - 1))]!;
  return { best: at(0), median: at(0.5), spread: (at(0.75) - at(0.25)) / at(0.5) };
}

/** One result. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** By the median sample. */
  readonly value: number;
  /** By the best one. */
  readonly best: number;
  /** Between quartiles, as a share of the median. */
  readonly spread: number;
  /** What the core could do at most in this unit, measured in the same run; null where nothing compares. */
  readonly limit: number | null;
}

/** A row from a timing: `amount` of the unit is done in each call. Rates count amounts a second. */
export function rate(name: string, unit: string, amount: number, t: Timing, limit: number | null = null): Row {
  return { name, unit, value: (amount / t.median) * 1e3, best: (amount / t.best) * 1e3, spread: t.spread, limit };
}
/** A row of the time itself, in a unit of which a millisecond has `perMs`, for each of `count` things in a call. */
export function duration(name: string, unit: string, perMs: number, t: Timing, count = 1): Row {
  return { name, unit, value: (t.median * perMs) / count, best: (t.best * perMs) / count, spread: t.spread, limit: null };
}
