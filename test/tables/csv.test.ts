/** CSV texts: what pandas reads, what the format allows beside, errors with their lines, and what was written is read again. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FileError, ValueError } from 'phyllo';
import { parseCsv, Table, type Cell, type CsvOptions, type Values } from 'phyllo/tables';
import goldens from '../goldens/tables.json';

/** As the goldens have them. */
const plain = (v: Cell): unknown =>
  v === Infinity ? 'inf' : v === -Infinity ? '-inf' : v instanceof Date ? v.toISOString() : v;
const columns = (table: Table): Record<string, unknown[]> =>
  Object.fromEntries(table.names.map(name => [name, table.column(name).toArray().map(plain)]));

describe('pandas reads the same', () => {
  test.each(goldens.csv.map(({ text, columns }) => [JSON.stringify(text), text, columns] as const))(
    '%s',
    (_, text, expected) => {
      expect(columns(parseCsv(text))).toEqual(expected);
    },
  );
});

describe('types', () => {
  const typeOf = (...fields: string[]): string | undefined =>
    parseCsv(`a,b\n${fields.map(f => `${f},\n`).join('')}`).types.a;
  test.each([
    ['number', ['1', '-2.5', '+.5e-3', '', 'NA']],
    ['number', ['', 'NA']],
    ['text', ['0x10', '1']],
    ['text', ['1_000', '2']],
    ['text', ['12345678901234567', '12345678901234568']], // keys: as numbers they would be the same
    ['boolean', ['true', 'False', '']],
    ['date', ['2020-02-29', '2020-03-01T12:30Z', '']],
    ['text', ['2021-02-29', '2020-03-01']], // there was none
    ['text', ['2020-13-01']],
    ['category', ['x', 'y', 'x', 'y', '']],
    ['category', ['x', 'y', 'x']],
    ['text', ['x', 'y', 'z', '']],
    ['text', Array.from({ length: 30 }, (_, i) => `n${i % 21}`)],
  ])('%s: %s', (type, fields) => {
    expect(typeOf(...fields)).toBe(type);
  });

  test('dates are moments in UTC, or at the offset they say', () => {
    const text = 'at,b\n2020-01-02,1\n2020-01-02 03:04,1\n2020-01-02T03:04:05.678+02:30,1\n0099-12-31T23:59:59Z,1\n';
    expect(parseCsv(text).column('at').toArray().map(plain)).toEqual([
      '2020-01-02T00:00:00.000Z',
      '2020-01-02T03:04:00.000Z',
      '2020-01-02T00:34:05.678Z',
      '0099-12-31T23:59:59.000Z',
    ]);
  });

  test('given ones are taken; categories are in order, of numbers if all are', () => {
    const text = 'size,zip\n10,01234\n9,00001\n';
    const table = parseCsv(text, { types: { size: 'category', zip: 'text' } });
    expect(table.types).toEqual({ size: 'category', zip: 'text' });
    expect(table.column('size').categories).toEqual(['9', '10']);
    expect(table.column('size').numbers).toEqual(Float64Array.of(1, 0));
    expect(table.column('zip').toArray()).toEqual(['01234', '00001']);
  });

  test('are inferred of the first 100,000 rows; what comes after must fit', () => {
    const rows = '1,x\n'.repeat(100_000);
    expect(parseCsv(`a,b\n${rows}2,new\n`).row(100_000)).toEqual({ a: 2, b: 'new' });
    expect(() => parseCsv(`a,b\n${rows}many,x\n`)).toThrow(
      /^CSV, line 100002: expected a number in column 'a', as the first 100000 rows have.*found 'many'$/,
    );
  });
});

describe('dialects', () => {
  test.each([
    ['a;b\n1;"x;y"\n2;z\n', ';'],
    ['a\tb\n1\tx;y\n2\tz\n', '\t'],
    ['a|b\r\n1|"x;y"\r\n2|z', '|'],
    ['a,b\r1,x;y\r2,z\r', ','],
  ])('%j is guessed', (text, delimiter) => {
    const expected = [
      { a: 1, b: 'x;y' },
      { a: 2, b: 'z' },
    ];
    expect(parseCsv(text).toArray()).toEqual(expected);
    expect(parseCsv(text, { delimiter }).toArray()).toEqual(expected);
  });

  test('lines that end in CR LF among others that end in LF', () => {
    expect(parseCsv('a,b\n1,x\r\n2,"y"\r\n3,z\n').toArray()).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
      { a: 3, b: 'z' },
    ]);
  });

  test('names: given, none, an index without one', () => {
    expect(parseCsv('1,2\n3,4\n', { header: false }).names).toEqual(['column 1', 'column 2']);
    expect(parseCsv('1,2\n3,4\n', { header: false, names: ['a', 'b'] }).toArray()).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ]);
    expect(parseCsv('x,y\n1,2\n', { names: ['a', 'b'] }).toArray()).toEqual([{ a: 1, b: 2 }]);
    expect(parseCsv(',y\n0,2\n').names).toEqual(['column 1', 'y']);
    expect(parseCsv('2020,2019,__proto__\n1,2,3\n').names).toEqual(['2020', '2019', '__proto__']);
  });

  test('missing values are those that are said to be', () => {
    expect(
      parseCsv('a\nNA\n?\n', { missing: ['?'] })
        .column('a')
        .toArray(),
    ).toEqual(['NA', null]);
    expect(parseCsv('a,b\nNA,\n-,1\n', { missing: [] }).toArray()).toEqual([
      { a: 'NA', b: null },
      { a: '-', b: 1 },
    ]);
  });
});

test('a header alone, one row, one column', () => {
  const empty = parseCsv('a,b\n');
  expect([empty.length, empty.names]).toEqual([0, ['a', 'b']]);
  expect(parseCsv('', { names: ['a', 'b'] }).names).toEqual(['a', 'b']);
  expect(parseCsv('a,b\n1,2').toArray()).toEqual([{ a: 1, b: 2 }]);
  expect(parseCsv('a\n1\n\n3\n').column('a').toArray()).toEqual([1, null, 3]);
});

describe('errors say the line', () => {
  test.each<[string, string, RegExp, CsvOptions?]>([
    ['nothing', '', /^CSV: is empty: expected a line of names$/],
    ['empty lines', '\n\r\n', /is empty/],
    ['a field less', 'a,b\n1,2\n3\n', /^CSV, line 3: expected 2 fields, as before, found 1$/],
    ['a field more', 'a,b\n1,2,3\n', /^CSV, line 2: expected 2 fields, as before, found 3$/],
    ['behind quoted lines', 'a,b\r\n"1\r\n\r\n",2\r\n\r\n3\r\n', /^CSV, line 6: expected 2 fields/],
    ['an open quote', 'a,b\n1,"2\n3,4\n', /^CSV, line 2: .*quote is not closed$/],
    ['a closed one', 'a,b\n1,"2"3\n', /^CSV, line 2: .*closing quote is followed by more text$/],
    ['a name twice', 'a,b,a\n', /^CSV, line 1: expected each name once, found 'a' in columns 1 and 3$/],
    [
      'a given type',
      'a\n1\nx\n',
      /^CSV, line 3: expected a number in column 'a', as types says; found 'x'$/,
      { types: { a: 'number' } },
    ],
    [
      'names that do not fit',
      'a,b\n',
      /^CSV, line 1: expected 1 fields, as there are names, found 2$/,
      { names: ['a'] },
    ],
  ])('%s', (_, text, message, options) => {
    expect(() => parseCsv(text, options)).toThrow(FileError);
    expect(() => parseCsv(text, options)).toThrow(message);
  });

  test('of options, as the values that they are', () => {
    expect(() => parseCsv('a\n1\n', { types: { b: 'number' } })).toThrow(ValueError);
    expect(() => parseCsv('a\n1\n', { names: ['a', 'a'] })).toThrow(ValueError);
    expect(() => parseCsv('a\n1\n', { delimiter: '\n' })).toThrow(ValueError);
  });
});

test('very long fields, and many', () => {
  const long = 'x"y\n'.repeat(400_000);
  const table = parseCsv(`a,b\n1,"${long.replaceAll('"', '""')}"\n2,z\n`);
  expect(table.column('b').at(0)).toBe(long);
  expect(table.column('b').at(1)).toBe('z');
  const names = Array.from({ length: 20_000 }, (_, i) => `c${i}`);
  expect(
    parseCsv(`${names.join()}\n${names.map((_, i) => i).join()}\n`)
      .column('c19999')
      .at(0),
  ).toBe(19_999);
});

describe('what was written is read again', () => {
  const cells: Record<string, fc.Arbitrary<Cell>> = {
    number: fc.double({ noNaN: true }),
    boolean: fc.boolean(),
    date: fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
    text: fc.string({ unit: 'binary', minLength: 1 }),
    odd: fc.stringMatching(/^[",;\r\n\t |a-c]{1,9}$/),
    few: fc.constantFrom('NA', 'null', '"', 'a,b', ' '),
  };
  const aTable = fc
    .record({
      rows: fc.nat({ max: 12 }),
      names: fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 }),
    })
    .chain(({ rows, names }) =>
      fc.tuple(
        ...names.map(name =>
          fc
            .constantFrom(...Object.values(cells))
            .chain(cell => fc.array(fc.option(cell, { freq: 4 }), { minLength: rows, maxLength: rows }))
            .map((values): [string, Values] => [name, values]),
        ),
      ),
    )
    .map(entries => new Table(new Map(entries)));

  test('random tables', () => {
    fc.assert(
      fc.property(aTable, table => {
        const { types } = table;
        const read = parseCsv(table.toCsv(), { types, missing: [], delimiter: ',' });
        expect(read.names).toEqual(table.names);
        expect(read.types).toEqual(types);
        // −0 and 0 are the same number, and written as one.
        const values = (t: Table): unknown[] =>
          t.names.map(name =>
            t
              .column(name)
              .toArray()
              .map(v => (v === 0 ? 0 : v)),
          );
        expect(values(read)).toEqual(values(table));
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
