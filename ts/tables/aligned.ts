/** Tables as text. */
import type { Cell } from './column';

/** Characters of a text that are shown. */
const CHARACTERS = 24;

/** A number with six digits that count, as tables show it. */
export const short = (v: number): string => String(Number(v.toPrecision(6)));

/** A value as tables show it. */
export function shortened(v: Cell): string {
  if (v === null) return '–';
  if (typeof v === 'number') return short(v);
  if (v instanceof Date) return v.toISOString().replace(/T00:00:00\.000Z$/, '');
  const text = String(v).replaceAll(/[\r\n\t]/g, ' ');
  return text.length > CHARACTERS ? `${text.slice(0, CHARACTERS - 1)}…` : text;
}

/** Columns side by side, two spaces apart, each as wide as its widest cell. */
export function align(columns: readonly { readonly right: boolean; readonly cells: readonly string[] }[]): string {
  const padded = columns.map(({ right, cells }) => {
    const width = Math.max(...cells.map(cell => cell.length));
    return cells.map(cell => (right ? cell.padStart(width) : cell.padEnd(width)));
  });
  const [first = []] = padded;
  return first
    .map((_, i) =>
      padded
        .map(cells => cells[i])
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
