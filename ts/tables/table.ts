/** Columns of values under names: rows are samples. */
import { IndexError, ValueError } from 'phyllo';
import {
  aBoolean,
  aFunction,
  check,
  checkCount,
  display,
  either,
  aText,
  kind,
  listOf,
  oneOf,
  options as optionsOf,
  recordOf,
  wholeNumber,
  type Kind,
} from 'phyllo/kinds';
import { Column, columnOf, TYPES, type Cell, type ColumnType, type Values } from './column';
import { type Description, describe } from './describe';
import { toCsv } from './write';
import { align, shortened } from './aligned';

/** The values of a row by the names of their columns. */
export type Row = Readonly<Record<string, Cell>>;

export interface TableOptions {
  /** The types of some columns, by name: of texts whether they are categories, which numbers and booleans may be, too. */
  readonly types?: Readonly<Record<string, ColumnType>>;
}
export interface SortOptions {
  /** The largest first. Missing values are last all the same. Default false. */
  readonly descending?: boolean;
}

const isList = (v: unknown): boolean => Array.isArray(v) || (ArrayBuffer.isView(v) && 'length' in v);
const someValues = (v: unknown): boolean => isList(v) || v instanceof Column;
const named = (v: unknown): [unknown, unknown][] =>
  v instanceof Map ? [...v] : typeof v === 'object' && v !== null ? Object.entries(v) : [];
const isRecord = (v: unknown): boolean =>
  v instanceof Map ||
  (typeof v === 'object' && v !== null && [Object.prototype, null].includes(Object.getPrototypeOf(v)));
const someColumns: Kind<Columns> = kind('lists of values by the names of their columns', v => {
  const entries = named(v);
  return isRecord(v) && entries.every(([name, values]) => typeof name === 'string' && someValues(values));
});
const namesOrName: Kind<string | readonly string[]> = either(aText, listOf(aText, 'a list of names'));
const aRow = wholeNumber();
const aBound: Kind<number> = kind('a whole number, of rows from the end if negative', Number.isSafeInteger);
/** Numbers of rows. */
const someRows: Kind<ArrayLike<number>> = kind('a list of the numbers of rows', isList);

/** Columns by name; a Map keeps names such as `2020` in their order. */
export type Columns = Readonly<Record<string, Values>> | ReadonlyMap<string, Values>;

const tableOptions = optionsOf<TableOptions>({ types: recordOf(oneOf(...TYPES), 'types of columns by name') });

/** Rows that `toString` shows. */
const SHOWN = 10;

/** Columns by name, each of values of one type, all of the same length. Its methods make others: nothing changes it. */
export class Table {
  /** Number of rows. */
  readonly length: number;
  readonly #columns: ReadonlyMap<string, Column>;

  /**
   *     const table = new Table({ length: [5.1, null, 6.3], species: ['setosa', 'setosa', 'virginica'] });
   *
   * null, and NaN among numbers, is a missing value. Texts are categories where some are there again and they are few: 20
   * different ones, or half as many as values.
   *
   * @throws {ValueError} for values of several types in a column, or not of the type given, for lists of several lengths,
   *   a name without letters, and types of columns that are not there.
   */
  constructor(columns: Columns, options?: TableOptions) {
    checkCount('Table', 2, arguments);
    check('Table', 'columns', someColumns, columns);
    check('Table', 'options', tableOptions, options);
    const { types = {} } = options ?? {};
    const entries: readonly [string, Values][] = columns instanceof Map ? [...columns] : Object.entries(columns);
    const typeOf = (name: string): ColumnType | undefined => (Object.hasOwn(types, name) ? types[name] : undefined);
    const found = new Map(entries.map(([name, v]) => [name, columnOf('Table', name, v, typeOf(name))]));
    const strange = Object.keys(types).find(name => !found.has(name));
    if (strange !== undefined) throw new ValueError('Table', `types: there is no column '${strange}'`);
    const [[first, { length }] = ['', { length: 0 }]] = found;
    for (const [name, column] of found) {
      if (name === '') throw new ValueError('Table', 'a column has no name');
      if (column.length === length) continue;
      throw new ValueError('Table', `column '${name}' has ${column.length} values, column '${first}' has ${length}`);
    }
    this.length = length;
    this.#columns = found;
  }

  /** @internal */
  static of(columns: ReadonlyMap<string, Column>): Table {
    return new Table(columns);
  }

  /** The names of the columns, in order. */
  get names(): string[] {
    return [...this.#columns.keys()];
  }

  /** The type of each column: `readCsv(path, { types: table.types })` reads another file as this one. */
  get types(): Record<string, ColumnType> {
    return Object.fromEntries([...this.#columns].map(([name, { type }]) => [name, type]));
  }

  /** A column. Throws IndexError if there is none of the name. */
  column(name: string): Column {
    checkCount('Table.column', 1, arguments);
    check('Table.column', 'name', aText, name);
    return this.#find('Table.column', name);
  }

  #find(where: string, name: string): Column {
    const column = this.#columns.get(name);
    if (column) return column;
    throw new IndexError(where, `there is no column '${name}': there are ${this.names.map(n => `'${n}'`).join(', ')}`);
  }

  /** The values of row i. Throws IndexError. */
  row(i: number): Row {
    checkCount('Table.row', 1, arguments);
    check('Table.row', 'i', aRow, i);
    if (i >= this.length) throw new IndexError('Table.row', `there is no row ${i} among ${this.length}`);
    return this.#row(i);
  }

  #row(i: number): Row {
    return Object.fromEntries([...this.#columns].map(([name, column]) => [name, column.at(i)]));
  }

  /** All rows, as objects. */
  toArray(): Row[] {
    checkCount('Table.toArray', 0, arguments);
    return Array.from({ length: this.length }, (_, i) => this.#row(i));
  }

  #keep(names: readonly string[]): Table {
    return Table.of(new Map(names.map(name => [name, this.#columns.get(name)!])));
  }

  /** These columns alone, in this order. Throws IndexError for a name that is not there. */
  select(names: string | readonly string[]): Table {
    return this.#keep(this.#named('Table.select', arguments, names));
  }

  /** All columns but these. Throws IndexError for a name that is not there. */
  drop(names: string | readonly string[]): Table {
    const dropped = this.#named('Table.drop', arguments, names);
    return this.#keep(this.names.filter(name => !dropped.includes(name)));
  }

  #named(where: string, args: ArrayLike<unknown>, names: string | readonly string[]): readonly string[] {
    checkCount(where, 1, args);
    check(where, 'names', namesOrName, names);
    const list = typeof names === 'string' ? [names] : names;
    for (const name of list) this.#find(where, name);
    return list;
  }

  /** The rows of these numbers, in this order, a number maybe more than once. Throws IndexError. */
  take(rows: ArrayLike<number>): Table {
    checkCount('Table.take', 1, arguments);
    check('Table.take', 'rows', someRows, rows);
    for (let k = 0; k < rows.length; k++) {
      const i: unknown = rows[k];
      if (Number.isInteger(i) && Number(i) >= 0 && Number(i) < this.length) continue;
      throw new IndexError('Table.take', `there is no row ${display(i)} among ${this.length}`);
    }
    return this.#take(rows);
  }

  #take(rows: ArrayLike<number>): Table {
    return Table.of(new Map([...this.#columns].map(([name, column]) => [name, column.take(rows)])));
  }

  /** The rows for which `keeps` is true: `table.filter(row => row.age !== null)`. */
  filter(keeps: (row: Row, i: number) => boolean): Table {
    checkCount('Table.filter', 1, arguments);
    check('Table.filter', 'keeps', aFunction<typeof keeps>(), keeps);
    const rows: number[] = [];
    for (let i = 0; i < this.length; i++) if (keeps(this.#row(i), i)) rows.push(i);
    return this.#take(rows);
  }

  /** Rows from `start` to before `end`, as of a list: negative numbers count from the end. */
  slice(start: number = 0, end: number = this.length): Table {
    checkCount('Table.slice', 2, arguments);
    check('Table.slice', 'start', aBound, start);
    check('Table.slice', 'end', aBound, end);
    const bound = (i: number): number => Math.min(Math.max(i < 0 ? this.length + i : i, 0), this.length);
    const from = bound(start);
    return this.#take(Int32Array.from({ length: Math.max(bound(end) - from, 0) }, (_, i) => from + i));
  }

  /** The first n rows, or all if there are fewer. */
  head(n: number = 5): Table {
    checkCount('Table.head', 1, arguments);
    check('Table.head', 'n', wholeNumber(), n);
    return this.slice(0, n);
  }

  /**
   * Rows ordered by a column, or by several: those equal in the first by the second. Rows that are equal in all stay in
   * order. Categories have their own order. Throws IndexError for a name that is not there.
   */
  sort(by: string | readonly string[], options?: SortOptions): Table {
    checkCount('Table.sort', 2, arguments);
    check('Table.sort', 'by', namesOrName, by);
    check('Table.sort', 'options', optionsOf<SortOptions>({ descending: aBoolean }), options);
    const { descending = false } = options ?? {};
    const orders = (typeof by === 'string' ? [by] : by).map(name => order(this.#find('Table.sort', name), descending));
    const rows = Array.from({ length: this.length }, (_, i) => i);
    return this.#take(rows.sort((a, b) => orders.reduce((before, compare) => before || compare(a, b), 0)));
  }

  /** How many values there are and how they are distributed, for each column. It prints as a table. */
  describe(): Description {
    checkCount('Table.describe', 0, arguments);
    return describe(this.#columns);
  }

  /**
   * As a CSV text with lines that end in CR LF (RFC 4180). Missing values are empty fields: so is a text without letters,
   * which is read back as missing. `parseCsv(text, { types: table.types, missing: [] })` gives the table again.
   */
  toCsv(): string {
    checkCount('Table.toCsv', 0, arguments);
    return toCsv(this.#columns, this.length);
  }

  /** The first rows, and how many there are. */
  toString(): string {
    const shown = Math.min(this.length, SHOWN);
    const columns = [...this.#columns].map(([name, column]) => ({
      right: column.type === 'number',
      cells: [name, ...Array.from({ length: shown }, (_, i) => shortened(column.at(i)))],
    }));
    return `${align(columns)}\n${this.length} rows, ${columns.length} columns`.trimStart();
  }
}

/** How two rows stand in a column: below 0, a is before b. */
function order(column: Column, descending: boolean): (a: number, b: number) => number {
  const sign = descending ? -1 : 1;
  const compared =
    column.type === 'text'
      ? (a: number, b: number): number => {
          const [x, y] = [String(column.at(a)), String(column.at(b))];
          return x < y ? -1 : Number(x > y);
        }
      : (a: number, b: number): number => {
          const [x, y] = [column.numbers[a]!, column.numbers[b]!];
          return x < y ? -1 : Number(x > y);
        };
  return (a, b) => Number(column.isMissing(a)) - Number(column.isMissing(b)) || sign * compared(a, b);
}
