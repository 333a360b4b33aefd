/** Tables as CSV. */
import type { Cell, Column } from './column';

/** A field as it stands in a file: quoted if it would be read as something else. */
const field = (text: string): string =>
  /[",\t|;\r\n\uFEFF]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function textOf(v: Cell): string {
  if (v === null) return '';
  if (v instanceof Date) return v.toISOString();
  return typeof v === 'string' ? field(v) : String(v);
}

export function toCsv(columns: ReadonlyMap<string, Column>, rows: number): string {
  const all = [...columns.values()];
  const lines = [[...columns.keys()].map(field).join()];
  for (let i = 0; i < rows; i++) lines.push(all.map(column => textOf(column.at(i))).join());
  return lines.map(line => `${line}\r\n`).join('');
}
