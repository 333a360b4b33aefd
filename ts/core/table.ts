/** Text in columns. */

/** Rows of equal length; a column is flush right if all below its heading are numbers. */
export function table(rows: readonly (readonly string[])[]): string {
  const [heading = []] = rows;
  const columns = heading.map((_, j) => {
    const cells = rows.map(row => row[j] ?? '');
    const right = cells.slice(1).some(c => c !== '') && cells.slice(1).every(c => /^[\d.,]*( \S{1,4})?$/.test(c));
    return { width: Math.max(...cells.map(c => c.length)), right };
  });
  const line = (row: readonly string[]): string =>
    columns
      .map(({ width, right }, j) => (right ? (row[j] ?? '').padStart(width) : (row[j] ?? '').padEnd(width)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

const PREFIXES = ['', 'k', 'M', 'G', 'T'];
/** A number in three digits and a prefix: 1234567 is `1.23 M`. */
export function short(n: number): string {
  let power = 0;
  for (; n >= 999.5 && power < PREFIXES.length - 1; power++) n /= 1000;
  return `${power === 0 ? Math.round(n) : n.toPrecision(3)} ${PREFIXES[power]}`.trim();
}
/** Bytes in binary units: `1.18 MiB`. */
export function bytes(n: number): string {
  let power = 0;
  for (; n >= 1023.5 && power < PREFIXES.length - 1; power++) n /= 1024;
  return power === 0
    ? `${Math.round(n)} B`
    : `${n >= 1000 ? Math.round(n) : n.toPrecision(3)} ${PREFIXES[power]!.toUpperCase()}iB`;
}
