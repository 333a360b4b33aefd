/** Results, for people and as data. */
import type { Contest, Result } from './contest';

export const digits = (v: number): string => v.toLocaleString('en-US', { maximumSignificantDigits: 4 });
const percent = (v: number, places = 0): string => `${(100 * v).toFixed(places)} %`;

/** Of what was possible, how much; null where nothing compares. */
export function share({ row, outcomes, limit }: Result): number | null {
  const own = outcomes.get('phyllo');
  if (limit === null || !own || 'why' in own) return null;
  return row.unit.endsWith('/s') ? own.value / limit : limit / own.value;
}

export function title({ limit, versions }: Contest): string {
  const who = [...versions].map(([name, version]) => `${name} ${version}`).join(', ');
  const { arithmetic, cache, memory } = limit;
  return `${who}; one core: ${digits(arithmetic)} GFLOP/s, copies ${digits(cache)} GB/s, reads ${digits(memory)} GB/s`;
}

/** A line of a table: the figure, the best sample's, the spread, the throughput, the share of the limit; then peers. */
export function line(result: Result): string {
  const { row, outcomes } = result;
  const cells = [row.name.padEnd(24)];
  for (const [name, outcome] of outcomes) {
    if (name !== 'phyllo') {
      cells.push(`${name} ${'why' in outcome ? '–' : digits(outcome.value)}`);
    } else if ('why' in outcome) {
      cells.push(outcome.why);
    } else {
      const { value, best, spread, ms } = outcome;
      const through = row.unit === 'GFLOP/s' ? ''
        : row.flop ? `${digits(row.flop / ms / 1e6)} GFLOP/s` : row.bytes ? `${digits(row.bytes / ms / 1e6)} GB/s` : '';
      const part = share(result);
      cells.push(
        digits(value).padStart(10), row.unit.padEnd(10), `best ${digits(best)}`.padEnd(16),
        `± ${percent(spread, 1)}`.padEnd(9), through.padEnd(14), (part === null ? '' : percent(part)).padEnd(6),
      );
    }
  }
  return cells.join(' ').trimEnd();
}

/** The row as a JSON object. */
export function record({ row, outcomes, limit }: Result): string {
  const own = outcomes.get('phyllo');
  const measured = own && 'value' in own ? own : null;
  const peers = [...outcomes].filter(([name]) => name !== 'phyllo');
  return JSON.stringify({
    name: row.name,
    unit: row.unit,
    value: measured && measured.value,
    best: measured && measured.best,
    spread: measured && measured.spread,
    limit,
    peers: Object.fromEntries(peers.map(([name, outcome]) => [name, 'value' in outcome ? outcome.value : null])),
  });
}
