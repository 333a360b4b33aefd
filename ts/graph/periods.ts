/** A stretch that repeats itself: `times` blocks of `length`, from `from` on. */
export interface Period {
  readonly from: number;
  readonly length: number;
  readonly times: number;
}

/** Fewer repetitions than that are not worth a loop. */
const FEWEST = 4;
/** Longer blocks are not looked for: each length is a pass over all. */
const LONGEST = 512;

/**
 * Repetitions among n things, in order, none of which meet: those that make most things superfluous. `alike` compares
 * thing i with those that come `length` later, up to `reach` times.
 */
export function periodsOf(n: number, reach: 1 | 2, alike: (i: number, length: number) => boolean): Period[] {
  const found: Period[] = [];
  for (let length = 1; length <= Math.min(LONGEST, n / FEWEST); length++) {
    const end = n - reach * length;
    for (let i = 0, run = 0; i <= end; i++) {
      if (i < end && alike(i, length)) {
        run++;
        continue;
      }
      const times = Math.floor(run / length) + reach;
      if (run > 0 && times >= FEWEST) found.push({ from: i - run, length, times });
      run = 0;
    }
  }
  const spared = ({ length, times }: Period): number => length * (times - 1);
  found.sort((a, b) => spared(b) - spared(a) || a.length - b.length);
  const end = ({ from, length, times }: Period): number => from + length * times;
  const taken: Period[] = [];
  for (const p of found) if (taken.every(q => end(p) <= q.from || end(q) <= p.from)) taken.push(p);
  return taken.sort((a, b) => a.from - b.from);
}
