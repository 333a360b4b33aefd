/** Tables: what they are made of, parts of them, and summaries beside those of pandas. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IndexError, ValueError } from 'phyllo';
import { Table, type Columns } from 'phyllo/tables';
import goldens from '../goldens/tables.json';
import { sample } from './samples';

const people = (): Table =>
  new Table({
    name: ['Ann', 'Bob', 'Cat', 'Dan'],
    age: [30, NaN, 25, 25],
    team: ['b', 'a', null, 'a'],
    member: [true, false, null, true],
    since: [new Date('2020-01-02'), null, new Date('2019-05-06'), new Date('2020-01-02')],
  });

test('values have types, and may be missing', () => {
  const table = people();
  expect(table.types).toEqual({ name: 'text', age: 'number', team: 'category', member: 'boolean', since: 'date' });
  expect(table.names.map(name => table.column(name).missing)).toEqual([0, 1, 1, 1, 1]);
  expect(table.row(1)).toEqual({ name: 'Bob', age: null, team: 'a', member: false, since: null });
  expect(table.toArray()[2]).toEqual({ name: 'Cat', age: 25, team: null, member: null, since: new Date('2019-05-06') });
  expect([...table.column('team').numbers]).toEqual([1, 0, NaN, 0]);
  expect(new Table({ x: Float32Array.of(1, 2) }).column('x').toArray()).toEqual([1, 2]);
  expect(new Table({}).length).toBe(0);
});

test('types may be given: codes that are categories, texts that are none', () => {
  const types = { code: 'category', note: 'text', none: 'date' } as const;
  const table = new Table({ code: [10, NaN, 9], note: ['a', 'a', null], none: [null, null, null] }, { types });
  expect(table.types).toEqual(types);
  expect(table.column('code').categories).toEqual(['9', '10']);
  expect(table.column('code').toArray()).toEqual(['10', null, '9']);
  expect(new Table({ c: table.column('code') }, { types: { c: 'text' } }).column('c').toArray()).toEqual([
    '10',
    null,
    '9',
  ]);
  expect(() => new Table({ x: ['a'] }, { types: { x: 'number' } })).toThrow(
    /column 'x' has values that are text, not number/,
  );
  expect(() => new Table({ x: ['a'] }, { types: { y: 'number' } })).toThrow(/there is no column 'y'/);
});

test.each<[string, unknown, RegExp]>([
  ['two types', { x: [1, 'a'] }, /^Table: column 'x' takes values of one type, here number, value 1 is 'a'$/],
  ['two lengths', { x: [1], y: [1, 2] }, /^Table: column 'y' has 2 values, column 'x' has 1$/],
  ['something else', { x: [{}] }, /column 'x' takes numbers, texts, booleans or dates, value 0 is an empty object$/],
  ['a hole', { x: Object.assign([1], { length: 2 }) }, /value 1 is missing$/],
  ['BigInts', { x: BigInt64Array.of(1n) }, /value 0 is 1n$/],
  ['no name', { '': [1] }, /a column has no name/],
  ['a list', [[1]], /columns takes lists of values by the names of their columns/],
])('columns of %s are refused', (_, columns, message) => {
  const make = (): Table => Reflect.construct(Table, [columns]);
  expect(make).toThrow(ValueError);
  expect(make).toThrow(message);
});

test('select, drop, take, slice, head', () => {
  const table = people();
  expect(table.select(['age', 'name']).names).toEqual(['age', 'name']);
  expect(table.select('age').names).toEqual(['age']);
  expect(table.drop(['age', 'since']).names).toEqual(['name', 'team', 'member']);
  const names = (t: Table): unknown[] => t.column('name').toArray();
  expect(names(table.take([3, 0, 3]))).toEqual(['Dan', 'Ann', 'Dan']);
  expect(names(table.slice(1, -1))).toEqual(['Bob', 'Cat']);
  expect(names(table.slice(-1))).toEqual(['Dan']);
  expect(names(table.slice(3, 1))).toEqual([]);
  expect(names(table.head(2))).toEqual(['Ann', 'Bob']);
  expect(names(table.filter(({ age }) => age === 25))).toEqual(['Cat', 'Dan']);
  expect(() => table.select('agee')).toThrow(IndexError);
  expect(() => table.take([4])).toThrow('Table.take: there is no row 4 among 4');
  expect(() => table.row(4)).toThrow(IndexError);
});

test('sort: by several columns, missing values last both ways, equal rows in order', () => {
  const table = people();
  const names = (t: Table): string => t.column('name').toArray().join(' ');
  expect(names(table.sort('age'))).toBe('Cat Dan Ann Bob');
  expect(names(table.sort('age', { descending: true }))).toBe('Ann Cat Dan Bob');
  expect(names(table.sort(['team', 'name'], { descending: true }))).toBe('Ann Dan Bob Cat');
  expect(names(table.sort(['since', 'member', 'age']))).toBe('Cat Dan Ann Bob');
  expect(() => table.sort('x')).toThrow(IndexError);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 })), values => {
      const expected = values.map((v, i) => [v, i]).sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
      const sorted = new Table({ v: values, i: values.map((_, i) => i) }).sort('v');
      expect(sorted.toArray().map(({ v, i }) => [v, i])).toEqual(expected);
    }),
    { seed: 1 },
  );
});

describe('describe', () => {
  test.each(goldens.describe)('pandas says the same of $table', ({ table: name, missing, numbers, values }) => {
    const { columns } = sample(name).describe();
    expect(Object.fromEntries([...columns].map(([column, s]) => [column, s.missing]))).toEqual(missing);
    for (const [column, expected] of Object.entries(numbers)) {
      const { count, numbers: n } = columns.get(column)!;
      const found = [count, n!.mean, n!.std, n!.min, ...n!.quartiles, n!.max];
      for (const [i, v] of found.entries()) expect(v / expected[i]!, `${column} ${i}`).toBeCloseTo(1, 12);
    }
    for (const [column, expected] of Object.entries(values)) {
      expect(Object.fromEntries(columns.get(column)!.values!)).toEqual(expected);
    }
  });

  test('prints as a table', () => {
    expect(`${people().describe()}`.split('\n').map(line => line.trimEnd())).toEqual([
      'column  type      count  missing     mean      std  min  25%  50%   75%  max  values',
      'name    text          4        0                                              4 different',
      'age     number        3        1  26.6667  2.88675   25   25   25  27.5   30',
      'team    category      3        1                                              a 2, b 1',
      'member  boolean       3        1                                              true 2, false 1',
      'since   date          3        1                                              2019-05-06 to 2020-01-02',
    ]);
    expect(`${people().select(['name', 'age']).slice(0, 2)}`).toBe(
      'name  age\nAnn    30\nBob     –\n2 rows, 2 columns',
    );
  });

  test('of one value, of none, of infinite ones', () => {
    const of = (x: Columns): unknown => new Table(x).describe().columns.get('x')!.numbers;
    expect(of({ x: [3, null] })).toEqual({ mean: 3, std: NaN, min: 3, quartiles: [3, 3, 3], max: 3 });
    expect(of({ x: [null] })).toEqual({ mean: NaN, std: NaN, min: NaN, quartiles: [NaN, NaN, NaN], max: NaN });
    expect(of({ x: [1, Infinity] })).toMatchObject({ mean: Infinity, min: 1, max: Infinity });
    expect(`${new Table({ x: [] }).describe()}`).toContain('x');
  });
});
