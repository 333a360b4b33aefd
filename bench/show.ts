/** Results, for people and as data. */
import type { Contest, Result } from './contest';

export const digits = (v: number): string => v.toLocaleString('en-US', { maximumSignificantDigits: 4 });
export const percent = (v: number, places = 0): string => `${(100 * v).toFixed(places)} %`;

/** Of what was possible, how much; null where nothing compares. */
export function share({ row, outcomes, limit }: Result): number | null {
  const own = outcomes.get('phyllo');
  if (limit === null || !own || 'why' in own) return null;
  return row.unit.endsWith('/s') ? own.value / limit : limit / own.value;
}

const PEER_WIDTH = 17;

/** Who is measured, on what; then the names of the peers' columns. */
export function title({ limit, versions }: Contest): string {
  const [own, ...peers] = [...versions].map(([name, version]) => `${name} ${version}`);
  const { arithmetic, cache, memory } = limit;
  const core = `${digits(arithmetic)} GFLOP/s, copies ${digits(cache)} GB/s, reads ${digits(memory)} GB/s`;
  const columns = [...versions.keys()]
    .slice(1)
    .map(name => name.padStart(PEER_WIDTH))
    .join('');
  return [
    `${own}, one core: ${core}`,
    ...(peers.length > 0 ? [`beside ${peers.join(', ')}`, ' '.repeat(OWN_WIDTH) + columns] : []),
  ].join('\n');
}

const OWN_WIDTH = 94;

/** A line of a table: the figure, the best sample's, the spread, the throughput, the share of the limit; then peers. */
export function line(result: Result): string {
  const { row, outcomes } = result;
  const { name, unit, flop, bytes } = row;
  const own = outcomes.get('phyllo');
  const cells = [name.padEnd(24)];
  if (!own || 'why' in own) {
    cells.push(own?.why ?? '');
  } else {
    const { value, best, spread, ms } = own;
    const through =
      unit === 'GFLOP/s'
        ? ''
        : flop
          ? `${digits(flop / ms / 1e6)} GFLOP/s`
          : bytes
            ? `${digits(bytes / ms / 1e6)} GB/s`
            : '';
    const part = share(result);
    cells.push(
      digits(value).padStart(9),
      unit.padEnd(9),
      `best ${digits(best)}`.padEnd(14),
      `± ${percent(spread, 1)}`.padEnd(8),
      through.padEnd(14),
      part === null ? '' : percent(part).padStart(5),
    );
  }
  const peers = [...outcomes].filter(([name]) => name !== 'phyllo');
  const columns = peers.map(([, outcome]) => ('why' in outcome ? '–' : digits(outcome.value)).padStart(PEER_WIDTH));
  return `${cells.join(' ').padEnd(peers.length > 0 ? OWN_WIDTH : 0)}${columns.join('')}`.trimEnd();
}

/** The row as a JSON object. */
export function record({ row, outcomes, limit }: Result): string {
  const own = outcomes.get('phyllo');
  const measured = own && 'value' in own ? own : null;
  const peers = [...outcomes].filter(([name]) => name !== 'phyllo');
  return JSON.stringify({
    name: row.name,
    unit: row.unit,
    value: measured?.value,
    best: measured?.best,
    spread: measured?.spread,
    limit,
    peers: Object.fromEntries(peers.map(([name, outcome]) => [name, 'value' in outcome ? outcome.value : null])),
  });
}
