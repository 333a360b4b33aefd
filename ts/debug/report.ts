/** What a detector found, layer by layer; printed, a table. */
export interface Report<R> {
  readonly layers: readonly R[];
  toString(): string;
}

type Cell = string | number;
const shown = (v: Cell): string => (typeof v === 'string' ? v : Number.isInteger(v) ? `${v}` : v.toPrecision(3));

/** A report with the columns that `cells` gives of each row; text is flush left, numbers right. */
export function report<R>(
  layers: readonly R[],
  heading: readonly string[],
  cells: (row: R) => readonly Cell[],
): Report<R> {
  return {
    layers,
    toString() {
      const rows = layers.map(cells);
      const texts = [heading, ...rows.map(r => r.map(shown))];
      const right = heading.map((_, c) => rows.length > 0 && rows.every(r => typeof r[c] === 'number'));
      const widths = heading.map((_, c) => Math.max(...texts.map(t => t[c]!.length)));
      const line = (t: readonly string[]): string =>
        t
          .map((cell, c) => (right[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
          .join('  ')
          .trimEnd();
      return texts.map(line).join('\n');
    },
  };
}
