/** A column of a table: values of one type, some of which may be missing. */
import { IndexError, ValueError } from 'phyllo';
import { display } from 'phyllo/kinds';

/** What the values of a column are. A category is one of few texts; a date is a moment, in UTC where it says nothing. */
export type ColumnType = 'number' | 'category' | 'text' | 'boolean' | 'date';
export const TYPES: readonly ['number', 'category', 'text', 'boolean', 'date'] = [
  'number',
  'category',
  'text',
  'boolean',
  'date',
];
/** A value of a table; null where it is missing. */
export type Cell = number | string | boolean | Date | null;
/** Values of one type: of numbers, NaN is missing, too. */
export type Values = ArrayLike<number> | readonly Cell[] | Column;

/** What a column is made of. */
interface Parts {
  /** Numbers, dates in milliseconds since 1970, 0 and 1, or places among the categories; NaN where missing. */
  readonly numbers?: Float64Array;
  /** Texts; null where missing. */
  readonly texts?: readonly (string | null)[];
  readonly categories?: readonly string[];
}

export class Column {
  readonly type: ColumnType;
  /** Number of values, the missing ones included. */
  readonly length: number;
  /**
   * A number for each value, NaN where it is missing: itself, of a date milliseconds since 1970, of a boolean 0 or 1, of
   * a category its place among the categories. Of text: nothing.
   */
  readonly numbers: Float64Array;
  /** What the values of a category may be: in order, of numbers if all are, else of the codes of their letters. */
  readonly categories: readonly string[];
  private readonly texts: readonly (string | null)[];

  /** @internal */
  constructor(type: ColumnType, { numbers = new Float64Array(0), texts = [], categories = [] }: Parts) {
    this.type = type;
    this.numbers = numbers;
    this.texts = texts;
    this.categories = categories;
    this.length = type === 'text' ? texts.length : numbers.length;
  }

  /** Value i, from 0; null if it is missing. Throws IndexError. */
  at(i: number): Cell {
    if (!Number.isInteger(i) || i < 0 || i >= this.length) {
      throw new IndexError('Column.at', `there is no row ${display(i)} among ${this.length}`);
    }
    if (this.type === 'text') return this.texts[i]!;
    const v = this.numbers[i]!;
    if (Number.isNaN(v)) return null;
    switch (this.type) {
      case 'number':
        return v;
      case 'boolean':
        return v === 1;
      case 'date':
        return new Date(v);
      case 'category':
        return this.categories[v]!;
    }
  }

  isMissing(i: number): boolean {
    return this.type === 'text' ? this.texts[i] === null : Number.isNaN(this.numbers[i]);
  }

  /** How many values are missing. */
  get missing(): number {
    let count = 0;
    for (let i = 0; i < this.length; i++) count += Number(this.isMissing(i));
    return count;
  }

  /** All values, as a list. */
  toArray(): Cell[] {
    return Array.from({ length: this.length }, (_, i) => this.at(i));
  }

  /** @internal The values in rows that are there, in this order. */
  take(rows: ArrayLike<number>): Column {
    const { type, categories } = this;
    if (type === 'text') return new Column(type, { texts: Array.from(rows, i => this.texts[i]!) });
    const numbers = new Float64Array(rows.length);
    for (let k = 0; k < rows.length; k++) numbers[k] = this.numbers[rows[k]!]!;
    return new Column(type, { numbers, categories });
  }
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));
/** Orders texts: as numbers if all are, else by the codes of their letters, which is the same everywhere. */
export function ordered(texts: Iterable<string>): string[] {
  const all = [...texts];
  const numeric = all.every(isNumber);
  return all.sort((a, b) => (numeric && Number(a) !== Number(b) ? Number(a) - Number(b) : a < b ? -1 : Number(a > b)));
}

/** A column of categories from places in a list of them, NaN where missing: the list is put in order. */
export function categoryColumn(places: Float64Array, found: readonly string[]): Column {
  const categories = ordered(found);
  const at = new Map(categories.map((text, i) => [text, i]));
  const there = found.map(text => at.get(text)!);
  return new Column('category', { numbers: places.map(p => (Number.isNaN(p) ? p : there[p]!)), categories });
}

/** The same from texts. */
function categories(texts: readonly (string | null)[]): Column {
  const at = new Map<string, number>();
  const places = Float64Array.from(texts, text => {
    if (text === null) return NaN;
    let place = at.get(text);
    if (place === undefined) at.set(text, (place = at.size));
    return place;
  });
  return categoryColumn(places, [...at.keys()]);
}

/** So many different texts are few, however few values there are. */
const FEW = 20;
/** Texts are categories where some are there again, and they are few, or there are half as many as values at most. */
export function areCategories(texts: readonly (string | null)[]): boolean {
  const distinct = new Set<string>();
  let present = 0;
  for (const text of texts) if (text !== null) distinct.add(text), present++;
  return distinct.size < present && (distinct.size <= FEW || 2 * distinct.size <= present);
}

const typeOf = (v: unknown): 'number' | 'text' | 'boolean' | 'date' | null =>
  typeof v === 'number'
    ? 'number'
    : typeof v === 'string'
      ? 'text'
      : typeof v === 'boolean'
        ? 'boolean'
        : v instanceof Date
          ? 'date'
          : null;

/**
 * A column of values, all of one type, or of a type that was asked for: texts may be categories or not, and numbers and
 * booleans may be categories, by how they are written. Throws ValueError, which says which value is of another.
 */
export function columnOf(where: string, name: string, values: Values, asked?: ColumnType): Column {
  const list = values instanceof Column ? values.toArray() : values;
  if (values instanceof Column && (asked ?? values.type) === values.type) return values;
  const numbers = new Float64Array(list.length);
  const texts: (string | null)[] = [];
  let type: ReturnType<typeof typeOf> = null;
  for (let i = 0; i < list.length; i++) {
    const v = list[i];
    if (v === null) {
      numbers[i] = NaN;
      texts.push(null);
      continue;
    }
    const own = typeOf(v);
    if (own === null || (type !== null && own !== type)) {
      const takes = type === null ? 'numbers, texts, booleans or dates' : `values of one type, here ${type}`;
      throw new ValueError(where, `column '${name}' takes ${takes}, value ${i} is ${display(v)}`);
    }
    type = own;
    numbers[i] = typeof v === 'string' ? NaN : Number(v);
    texts.push(typeof v === 'number' && Number.isNaN(v) ? null : String(v));
  }
  if (asked === 'category' && type !== 'date') return categories(texts);
  if (asked === 'text' && (type ?? 'text') === 'text') return new Column('text', { texts });
  if (asked !== undefined && asked !== (type ?? asked)) {
    throw new ValueError(where, `column '${name}' has values that are ${type}, not ${asked}, as types says`);
  }
  if (type !== 'text') return new Column(type ?? asked ?? 'number', { numbers });
  return areCategories(texts) ? categories(texts) : new Column('text', { texts });
}
