/** How the values of columns are distributed. */
import { align, short, shortened } from './aligned';
import type { Column, ColumnType } from './column';

/** Of numbers. Infinite ones count; of none at all each is NaN. */
export interface NumberSummary {
  readonly mean: number;
  /** The standard deviation of a sample, its sum of squares divided by count − 1; NaN for a single value. */
  readonly std: number;
  readonly min: number;
  /** The first quartile, the median and the third, linear between values. */
  readonly quartiles: readonly [number, number, number];
  readonly max: number;
}
export interface Summary {
  readonly type: ColumnType;
  /** Values that are there, and that are not. */
  readonly count: number;
  readonly missing: number;
  /** Of a column of numbers. */
  readonly numbers?: NumberSummary;
  /** Of a column of dates: the first and the last; null of none. */
  readonly range?: readonly [Date, Date] | null;
  /** Of a column of categories or booleans: each value that is there, and how often, the most frequent first. */
  readonly values?: ReadonlyMap<string, number>;
  /** Of a column of text: how many different ones there are. */
  readonly distinct?: number;
}

/** The q-quantile of numbers in order, linear between them (Hyndman and Fan 1996, definition 7). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low === high ? low : low + (at - Math.floor(at)) * (high - low);
}

export const meanOf = (values: Float64Array): number => values.reduce((sum, v) => sum + v, 0) / values.length;
/** The sum of squares of differences from the mean, divided by `by`. */
export const varianceOf = (values: Float64Array, mean: number, by: number): number =>
  values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / by;

function summary(values: Float64Array): NumberSummary {
  const sorted = values.slice().sort();
  const mean = meanOf(values);
  const { length } = values;
  return {
    mean,
    std: length < 2 ? NaN : Math.sqrt(varianceOf(values, mean, length - 1)),
    min: sorted[0] ?? NaN,
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)],
    max: sorted[length - 1] ?? NaN,
  };
}

function counts({ numbers, type, categories }: Column): ReadonlyMap<string, number> {
  const names = type === 'boolean' ? ['false', 'true'] : categories;
  const found = names.map((name): [string, number] => [name, 0]);
  for (const place of numbers) if (!Number.isNaN(place)) found[place]![1]++;
  return new Map(found.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a));
}

function rangeOf(numbers: Float64Array): readonly [Date, Date] | null {
  let [first, last] = [Infinity, -Infinity];
  for (const v of numbers) {
    if (v < first) first = v;
    if (v > last) last = v;
  }
  return first <= last ? [new Date(first), new Date(last)] : null;
}

function summarise(column: Column): Summary {
  const { type, missing, numbers } = column;
  const about = { type, count: column.length - missing, missing };
  switch (type) {
    case 'number':
      return { ...about, numbers: summary(numbers.filter(v => !Number.isNaN(v))) };
    case 'date':
      return { ...about, range: rangeOf(numbers) };
    case 'text':
      return { ...about, distinct: new Set(column.toArray().filter(v => v !== null)).size };
    default:
      return { ...about, values: counts(column) };
  }
}

/** What `table.describe()` found. */
export class Description {
  readonly columns: ReadonlyMap<string, Summary>;

  /** @internal */
  constructor(columns: ReadonlyMap<string, Summary>) {
    this.columns = columns;
  }

  /** A row for each column. */
  toString(): string {
    const all = [...this.columns];
    const texts = (title: string, of: (s: Summary) => string): { right: boolean; cells: string[] } => ({
      right: true,
      cells: [title, ...all.map(([, s]) => of(s))],
    });
    const number = (title: string, of: (n: NumberSummary) => number): { right: boolean; cells: string[] } =>
      texts(title, ({ numbers }) => (numbers && !Number.isNaN(of(numbers)) ? short(of(numbers)) : ''));
    const parts = [
      texts('count', s => `${s.count}`),
      texts('missing', s => `${s.missing}`),
      number('mean', n => n.mean),
      number('std', n => n.std),
      number('min', n => n.min),
      number('25%', n => n.quartiles[0]),
      number('50%', n => n.quartiles[1]),
      number('75%', n => n.quartiles[2]),
      number('max', n => n.max),
    ].filter(({ cells }) => cells.slice(1).some(cell => cell !== ''));
    return align([
      { right: false, cells: ['column', ...all.map(([name]) => shortened(name))] },
      { right: false, cells: ['type', ...all.map(([, { type }]) => type)] },
      ...parts,
      { right: false, cells: ['values', ...all.map(([, s]) => valuesOf(s))] },
    ]);
  }
}

/** Values that are shown of a column. */
const SHOWN = 3;

function valuesOf({ values, range, distinct }: Summary): string {
  if (distinct !== undefined) return `${distinct} different`;
  if (range) return range.map(shortened).join(' to ');
  if (!values) return '';
  const first = [...values].slice(0, SHOWN).map(([text, count]) => `${shortened(text)} ${count}`);
  return `${first.join(', ')}${values.size > SHOWN ? `, … ${values.size} in all` : ''}`;
}

export const describe = (columns: ReadonlyMap<string, Column>): Description =>
  new Description(new Map([...columns].map(([name, column]) => [name, summarise(column)])));
