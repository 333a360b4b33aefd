/** How one column becomes features: what was learnt of it, as plain JSON, and the numbers that follow. */
import { ValueError } from 'phyllo';
import { ordered, type Column, type ColumnType } from './column';
import { meanOf, quantile, varianceOf } from './describe';

/**
 * `standard`: (v − mean) / standard deviation, of the population. `minMax`: (v − min) / (max − min). `none`: v. A column whose
 * values are all equal becomes 0 by the first two.
 */
export type Scaling = 'standard' | 'minMax' | 'none';
/** What takes the place of a missing number. The most frequent: of several the smallest. */
export type MissingNumber = 'error' | 'mean' | 'median' | 'mostFrequent' | { readonly constant: number };
/** What takes the place of a missing category; a constant is a category of its own. */
export type MissingCategory = 'error' | 'mostFrequent' | { readonly constant: string };

/** How numbers, dates (in days since 1970) and booleans (0 or 1, which are not scaled) become features. */
export interface NumberOptions {
  /** Default 'standard'. */
  readonly scale?: Scaling;
  /** Default 'error'. */
  readonly missing?: MissingNumber;
  /** Whether columns that miss values when fitted get a feature more, 1 where one is missing. Default false. */
  readonly indicator?: boolean;
}
/** How categories become features, one for each category: 1 where it is that, else 0. */
export interface CategoryOptions {
  /** Default 'error'. */
  readonly missing?: MissingCategory;
  /** What a category becomes that was not there when fitted. Default 'error'. */
  readonly unknown?: 'error' | 'zeros';
  /** As for numbers. */
  readonly indicator?: boolean;
}

interface Common {
  readonly column: string;
  readonly type: ColumnType;
  readonly indicator: boolean;
}
export interface NumberState extends Common {
  readonly kind: 'number';
  /** What takes the place of a missing number; null: an error. */
  readonly fill: number | null;
  /** A feature is (v − shift) / scale. */
  readonly shift: number;
  readonly scale: number;
}
export interface CategoryState extends Common {
  readonly kind: 'category';
  readonly fill: string | null;
  readonly categories: readonly string[];
  readonly unknown: 'error' | 'zeros';
}
export type ColumnState = NumberState | CategoryState;

/** Milliseconds: dates are days. */
const DAY = 86_400_000;
const unitOf = (type: ColumnType): number => (type === 'date' ? DAY : 1);

/** Throws for a missing value where none is allowed. */
export function refuseMissing(where: string, name: string, row: number, hint: string): never {
  throw new ValueError(where, `column '${name}' has no value in row ${row}${hint}`);
}
const HINT = (of: string): string => `: give ${of}.missing, or leave such rows out`;

/** What the values of a column are shifted and divided by. */
export function scaling(values: Float64Array, scale: Scaling): { readonly shift: number; readonly scale: number } {
  const min = values.reduce((a, b) => Math.min(a, b), Infinity);
  const max = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (scale === 'none' || values.length === 0) return { shift: 0, scale: 1 };
  // Of equal values the mean may differ from them by rounding, and the deviation from 0.
  if (min === max) return { shift: min, scale: 1 };
  if (scale === 'minMax') return { shift: min, scale: max - min };
  const shift = meanOf(values);
  return { shift, scale: Math.sqrt(varianceOf(values, shift, values.length)) };
}

/** Throws ValueError for an infinite number. */
export function checkFinite(where: string, name: string, values: Float64Array): void {
  const row = values.findIndex(v => v === Infinity || v === -Infinity);
  if (row >= 0) throw new ValueError(where, `column '${name}' is ${values[row]} in row ${row}: leave such rows out`);
}

/** Learns of a column of numbers, dates or booleans. */
export function fitNumber(where: string, name: string, column: Column, options: NumberOptions): NumberState {
  const { scale = 'standard', missing = 'error', indicator = false } = options;
  const { type } = column;
  checkFinite(where, name, column.numbers);
  const all = column.numbers.map(v => v / unitOf(type));
  const present = all.filter(v => !Number.isNaN(v));
  const lacks = present.length < all.length;
  if (lacks && missing === 'error') refuseMissing(where, name, all.findIndex(Number.isNaN), HINT('numbers'));
  if (present.length === 0 && typeof missing !== 'object') {
    throw new ValueError(where, `column '${name}' is missing in all ${all.length} rows: drop it, or give a constant`);
  }
  const fill = missing === 'error' ? null : typeof missing === 'object' ? missing.constant : centre(present, missing);
  const filled = all.map(v => (Number.isNaN(v) ? fill! : v));
  const scaled = scaling(filled, type === 'boolean' ? 'none' : scale);
  return { kind: 'number', column: name, type, fill, indicator: indicator && lacks, ...scaled };
}

function centre(values: Float64Array, of: 'mean' | 'median' | 'mostFrequent'): number {
  if (of === 'mean') return meanOf(values);
  const sorted = values.slice().sort();
  if (of === 'median') return quantile(sorted, 0.5);
  let [best, most, run] = [sorted[0]!, 0, 0];
  for (const [i, v] of sorted.entries()) {
    run = v === sorted[i - 1] ? run + 1 : 1;
    if (run > most) [best, most] = [v, run];
  }
  return best;
}

/** Learns of a column of categories: those that are there, not all that its table knows. */
export function fitCategory(where: string, name: string, column: Column, options: CategoryOptions): CategoryState {
  const { missing = 'error', unknown = 'error', indicator = false } = options;
  const counts = column.categories.map(() => 0);
  for (const place of column.numbers) if (!Number.isNaN(place)) counts[place]!++;
  const present = column.categories.filter((_, i) => counts[i]! > 0);
  const lack = column.numbers.findIndex(Number.isNaN);
  if (lack >= 0 && missing === 'error') refuseMissing(where, name, lack, HINT('categories'));
  if (present.length === 0 && typeof missing !== 'object') {
    throw new ValueError(
      where,
      `column '${name}' is missing in all ${column.length} rows: drop it, or give a constant`,
    );
  }
  const constant = typeof missing === 'object' ? [missing.constant] : [];
  const frequent = column.categories[counts.indexOf(Math.max(...counts))]!;
  return {
    kind: 'category',
    column: name,
    type: 'category',
    fill: missing === 'error' ? null : (constant[0] ?? frequent),
    categories: ordered(new Set([...present, ...constant])),
    unknown,
    indicator: indicator && lack >= 0,
  };
}

/** The names of a column's features. */
export function featuresOf(state: ColumnState): string[] {
  const { column } = state;
  const values = state.kind === 'number' ? [column] : state.categories.map(category => `${column}=${category}`);
  return state.indicator ? [...values, `${column} missing`] : values;
}

/** Where features are written: row i's from i · width + start on. */
export interface Place {
  readonly features: Float32Array;
  readonly width: number;
  readonly start: number;
}

/** Writes a column's features. Throws ValueError for what was not to be expected of it. */
export function write(where: string, state: ColumnState, column: Column, { features, width, start }: Place): void {
  if (state.kind === 'number') writeNumbers(where, state, column, { features, width, start });
  else writeCategories(where, state, column, { features, width, start });
  if (!state.indicator) return;
  const at = start + featuresOf(state).length - 1;
  for (let i = 0; i < column.length; i++) features[i * width + at] = Number(column.isMissing(i));
}

function writeNumbers(where: string, state: NumberState, column: Column, { features, width, start }: Place): void {
  const { column: name, fill, shift, scale } = state;
  const unit = unitOf(column.type);
  for (let i = 0; i < column.length; i++) {
    let v = column.numbers[i]! / unit;
    if (Number.isNaN(v)) v = fill ?? refuseMissing(where, name, i, ': none was missing when it was fitted');
    const scaled = Math.fround((v - shift) / scale);
    if (!Number.isFinite(scaled)) throw new ValueError(where, `column '${name}' is ${v} in row ${i}: no f32 holds it`);
    features[i * width + start] = scaled;
  }
}

function writeCategories(where: string, state: CategoryState, column: Column, { features, width, start }: Place): void {
  const { column: name, fill, categories, unknown } = state;
  const at = new Map(categories.map((category, i) => [category, i]));
  for (let i = 0; i < column.length; i++) {
    const v = column.at(i) ?? fill ?? refuseMissing(where, name, i, ': none was missing when it was fitted');
    const place = at.get(String(v));
    if (place !== undefined) features[i * width + start + place] = 1;
    else if (unknown === 'error') {
      const known = categories.slice(0, 8).map(category => `'${category}'`);
      const rest = categories.length > known.length ? `, … ${categories.length} in all` : '';
      const what = `column '${name}' is '${v}' in row ${i}, when it was fitted it had ${known.join(', ')}${rest}`;
      throw new ValueError(where, `${what}: categories.unknown 'zeros' takes any`);
    }
  }
}
