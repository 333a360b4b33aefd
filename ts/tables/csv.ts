/** Comma-separated values (RFC 4180, and what programs write beside it): text becomes a table, piece by piece. */
import { FileError, ValueError } from 'phyllo';
import {
  aBoolean,
  aText,
  checkArguments,
  checkCount,
  kind,
  listOf,
  oneOf,
  options,
  recordOf,
  type Kind,
} from 'phyllo/kinds';
import Papa from 'papaparse';
import { TYPES, type ColumnType } from './column';
import { growing, inferType, type Growing } from './texts';
import { Table } from './table';

export interface CsvOptions {
  /** Whether the first line has the names of the columns. Default true; else they are `column 1`, `column 2`, … */
  readonly header?: boolean;
  /** Names of the columns, in the place of those in the file. */
  readonly names?: readonly string[];
  /** The types of some columns, by name; those of others are inferred. */
  readonly types?: Readonly<Record<string, ColumnType>>;
  /** What stands between two fields. Default: guessed among comma, tab, bar and semicolon. */
  readonly delimiter?: string;
  /** Texts that mean a missing value, beside empty fields. Default: NA, N/A, n/a, #N/A, <NA>, NaN, nan, NULL, null, None. */
  readonly missing?: readonly string[];
}

const MISSING: readonly string[] = ['NA', 'N/A', 'n/a', '#N/A', '<NA>', 'NaN', 'nan', 'NULL', 'null', 'None'];
/** Rows that types are inferred of: all rows of most files, while a large one is not kept as text. */
const INFERRED = 100_000;
/** Characters that are enough to guess a dialect from. */
const HEAD = 1 << 16;
/** Characters that are parsed at once: more keep more rows as texts, less cost more calls. */
const PIECE = 1 << 20;
/** Characters of one row; engines hold texts of some 2^29. A quote that nobody closes takes all that follows it. */
const LONGEST = 2 ** 27;

const aDelimiter: Kind<string> = kind(
  'one character, no quote and no line break',
  v => typeof v === 'string' && v.length === 1 && !/["\r\n\uFEFF]/.test(v),
);
/** {@link CsvOptions}. */
export const csvKeys: { readonly [K in keyof CsvOptions]-?: Kind<CsvOptions[K]> } = {
  header: aBoolean,
  names: listOf(aText, 'a list of names'),
  types: recordOf(oneOf(...TYPES), 'types of columns by name'),
  delimiter: aDelimiter,
  missing: listOf(aText, 'a list of texts'),
};

interface Row {
  readonly fields: readonly string[];
  /** The line that it begins in, from 1. */
  readonly line: number;
}

const isBlank = ([first, ...rest]: readonly string[]): boolean => first === '' && rest.length === 0;

/** Reads a file's text, which comes in pieces. */
export class CsvReader {
  private readonly missing: ReadonlySet<string>;
  private readonly longestMissing: number;
  private parser: Papa.Parser | null = null;
  /** Whether lines end in a line feed, so that a carriage return may stand before some. */
  private feeds = false;
  /** Text that is not parsed yet: the beginning of a row. */
  private rest = '';
  /** Characters of it that are worth another attempt: a row of many pieces is parsed a few times, not at each of them. */
  private wanted = HEAD;
  private begun = false;
  private line = 1;
  private names: readonly string[] | null = null;
  /** Rows of which types will be inferred; then there are columns. */
  private rows: Row[] = [];
  private columns: Growing[] | null = null;

  /** @param where the function, and `name` the file's, for errors. */
  constructor(
    private readonly where: string,
    private readonly name: string,
    private readonly options: CsvOptions,
  ) {
    const texts = options.missing ?? MISSING;
    this.missing = new Set(texts);
    this.longestMissing = Math.max(0, ...texts.map(text => text.length));
    if (options.names) checkNames(options.names, what => new ValueError(where, `names: ${what}`));
  }

  /** Throws FileError where the text is no CSV. */
  push(text: string): void {
    const start = !this.begun && text.startsWith('\uFEFF') ? 1 : 0; // the mark of byte order
    this.begun ||= text !== '';
    for (let at = start; at < text.length; at += PIECE) {
      this.rest += text.slice(at, at + PIECE);
      if (this.rest.length >= this.wanted) this.parse(false);
    }
  }

  /** The table, once all text is there. */
  end(): Table {
    this.parse(true);
    if (this.names === null && !this.options.names) {
      throw this.error(null, 'is empty: expected a line of names');
    }
    const names = this.names ?? this.options.names ?? [];
    this.columns ??= this.begin(names);
    const columns = this.columns.map(column => column.done());
    return Table.of(new Map(names.map((name, i) => [name, columns[i]!])));
  }

  private error(line: number | null, what: string, options?: ErrorOptions): FileError {
    return new FileError(line === null ? this.name : `${this.name}, line ${line}`, what, options);
  }

  /** Parses what is there, up to the end of the last row that is whole; or, at the end of the file, all. */
  private parse(last: boolean): void {
    this.parser ??= new Papa.Parser(this.dialect());
    const parsed: Papa.ParseResult<string[]> = this.parser.parse(this.rest, 0, !last);
    const { data, errors, meta } = parsed;
    if (last && data.length > 0 && isBlank(data.at(-1)!)) data.pop(); // what is behind the last line break
    const quoted = this.rest.includes('"');
    let next = 0;
    for (const [i, fields] of data.entries()) {
      while (next < errors.length && errors[next]!.row! < i) next++;
      const error = errors[next];
      if (error?.row === i) throw this.error(this.line, `expected a quoted field, found that its ${quoteError(error)}`);
      if (this.feeds) dropReturn(fields);
      this.take({ fields, line: this.line });
      this.line += 1 + (quoted ? breaksIn(fields) : 0);
    }
    this.rest = last ? '' : this.rest.slice(meta.cursor);
    this.wanted = data.length > 0 ? 0 : 2 * this.rest.length;
    if (this.rest.length > LONGEST) {
      throw this.error(this.line, `expected a row of up to ${LONGEST} characters, found more: is a quote not closed?`);
    }
  }

  /** How fields and lines end, as the first of them say. */
  private dialect(): Papa.ParseConfig {
    const head = this.rest.slice(0, HEAD);
    const { delimiter = '' } = this.options;
    const { meta } = Papa.parse(head, {
      preview: 20,
      skipEmptyLines: true,
      delimiter,
      delimitersToGuess: [',', '\t', '|', ';'],
    });
    const newline = meta.linebreak === '\r\n' || meta.linebreak === '\r' ? meta.linebreak : '\n';
    this.feeds = newline === '\n';
    return { delimiter: delimiter === '' ? meta.delimiter : delimiter, newline };
  }

  /** Takes a row: of names, or of values. */
  private take(row: Row): void {
    const { fields, line } = row;
    if (isBlank(fields) && this.names?.length !== 1) return; // of a single column it is a missing value
    if (this.names === null) {
      const { header = true } = this.options;
      this.names = this.namesFrom(fields, line, header);
      if (header) return;
    }
    const { length } = this.names;
    if (fields.length !== length) {
      throw this.error(line, `expected ${length} field${length === 1 ? '' : 's'}, as before, found ${fields.length}`);
    }
    if (this.columns) return this.append(this.columns, row);
    this.rows.push(row);
    if (this.rows.length === INFERRED) this.columns = this.begin(this.names);
  }

  private namesFrom(fields: readonly string[], line: number, header: boolean): readonly string[] {
    const { names } = this.options;
    if (names) {
      if (names.length === fields.length) return names;
      throw this.error(line, `expected ${names.length} fields, as there are names, found ${fields.length}`);
    }
    const found = fields.map((field, i) => (header && field !== '' ? field : `column ${i + 1}`));
    checkNames(found, what => this.error(line, what));
    return found;
  }

  /** Columns of the types that were given or inferred, with the rows that are there. */
  private begin(names: readonly string[]): Growing[] {
    const { types = {} } = this.options;
    const strange = Object.keys(types).find(name => !names.includes(name));
    if (strange !== undefined) {
      throw new ValueError(this.where, `types: there is no column '${strange}', but ${quoted(names)}`);
    }
    const columns = names.map((name, i) => {
      const given = Object.hasOwn(types, name) ? types[name] : undefined;
      return growing(given ?? inferType(this.rows.map(({ fields }) => this.presentOr(fields[i]!))));
    });
    for (const row of this.rows) this.append(columns, row);
    this.rows = [];
    return columns;
  }

  private presentOr(field: string): string | null {
    return field === '' || (field.length <= this.longestMissing && this.missing.has(field)) ? null : field;
  }

  private append(columns: readonly Growing[], { fields, line }: Row): void {
    for (let i = 0; i < columns.length; i++) {
      const { type } = columns[i]!;
      if (columns[i]!.push(this.presentOr(fields[i]!))) continue;
      const name = this.names![i]!;
      const why = Object.hasOwn(this.options.types ?? {}, name)
        ? 'as types says'
        : `as the first ${INFERRED} rows have; types: { '${name}': 'text' } takes anything`;
      throw this.error(line, `expected a ${type} in column '${name}', ${why}; found '${fields[i]!.slice(0, 40)}'`);
    }
  }
}

const quoted = (names: readonly string[]): string => names.map(name => `'${name}'`).join(', ');
const quoteError = ({ code }: Papa.ParseError): string =>
  code === 'MissingQuotes' ? 'quote is not closed' : 'closing quote is followed by more text';

/** Throws unless names are there and differ. */
export function checkNames(names: readonly string[], error: (what: string) => Error): void {
  const seen = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    if (name === '') throw error(`column ${i + 1} has no name`);
    const first = seen.get(name);
    if (first !== undefined)
      throw error(`expected each name once, found '${name}' in columns ${first + 1} and ${i + 1}`);
    seen.set(name, i);
  }
}

/** In a file of lines that end in LF, those that end in CR LF are meant as the others. */
function dropReturn(fields: string[]): void {
  const last = fields.length - 1;
  if (fields[last]!.endsWith('\r')) fields[last] = fields[last]!.slice(0, -1);
}

/** Line breaks within the fields of a row, of whatever kind. */
function breaksIn(fields: readonly string[]): number {
  let count = 0;
  for (const field of fields) {
    if (field.includes('\n') || field.includes('\r')) count += field.match(/\r\n|\r|\n/g)?.length ?? 0;
  }
  return count;
}

/**
 * The table that a CSV text says; files are read by {@link readCsv}.
 *
 *     const table = parseCsv('length,species\n5.1,setosa\n');
 *
 * Quoted fields may hold delimiters, doubled quotes and line breaks. Types that are not given are inferred of the first
 * 100,000 rows: number, boolean (true and false), date (ISO 8601; without an offset in UTC), else category, if some texts
 * are there again and they are few (20 different ones, or half as many as values), or text. Whole numbers beyond 2⁵³ stay
 * text. NaN is a missing value, `inf` is infinite. Empty lines are left out, but of a single column they are missing
 * values.
 *
 * @throws {FileError} with the line: for a row with more or fewer fields than the first, a quote that is not closed, a
 *   name that is there twice, a value that is not of its column's type; for a text without a line of names.
 * @throws {ValueError} for options of another kind, and types of columns that are not there.
 */
export function parseCsv(text: string, given?: CsvOptions): Table {
  checkArguments(
    'parseCsv',
    [
      ['text', aText],
      ['options', options<CsvOptions>(csvKeys)],
    ],
    [text, given],
  );
  checkCount('parseCsv', 2, arguments);
  const reader = new CsvReader('parseCsv', 'CSV', given ?? {});
  reader.push(text);
  return reader.end();
}
