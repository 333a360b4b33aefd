/** Encoders: beside scikit-learn's, and what they refuse. */
import { describe, expect, test } from 'vitest';
import {
  DataLoader,
  decodeSafetensors,
  encodeSafetensors,
  IndexError,
  nn,
  scope,
  ShapeError,
  tensor,
  ValueError,
} from 'phyllo';
import { Table, TableEncoder, type EncoderOptions, type MissingNumber, type Scaling } from 'phyllo/tables';
import goldens from '../goldens/tables.json';
import { sample } from './samples';

const rows = (from: number, step: number, n: number): number[] =>
  Array.from({ length: Math.ceil((n - from) / step) }, (_, i) => from + i * step);
const features = (encoder: TableEncoder, table: Table): Record<string, number[]> => {
  const x = scope(() => encoder.transform(table).t().contiguous().toArray());
  return Object.fromEntries(
    encoder.featureNames.map((name, i) => [name, [...x.slice(i * table.length, (i + 1) * table.length)].map(Number)]),
  );
};

const pairs = (of: object): [string, number[]][] =>
  Object.entries(of).filter((pair): pair is [string, number[]] => Array.isArray(pair[1]));

const SCALES: Readonly<Record<string, Scaling>> = { standard: 'standard', minMax: 'minMax' };
const MISSING: Readonly<Record<string, MissingNumber>> = {
  mean: 'mean',
  median: 'median',
  mostFrequent: 'mostFrequent',
  constant: { constant: 7 },
};

describe('scikit-learn gives the same', () => {
  test.each(goldens.encoder)('$table: $scale, $missing', golden => {
    const table = sample(golden.table).drop(golden.table === 'cars' ? ['name', 'economy (mpg)'] : []);
    const target = golden.table === 'penguins' ? { target: 'species' } : {};
    const { indicator } = golden;
    const encoder = new TableEncoder({
      ...target,
      numbers: { scale: SCALES[golden.scale]!, missing: MISSING[golden.missing]!, indicator },
      categories: { missing: 'mostFrequent', indicator },
    });
    encoder.fit(table.take(rows(0, 2, table.length)));
    const use = table.take(rows(1, 18, table.length));
    // What was saved does the same.
    const loaded = TableEncoder.fromJSON(JSON.parse(JSON.stringify(encoder)));
    for (const each of [encoder, loaded]) {
      const found = features(each, use);
      expect(Object.keys(found).sort()).toEqual(Object.keys(golden.features).sort());
      for (const [name, expected] of pairs(golden.features)) {
        for (const [i, v] of expected.entries()) expect(found[name]![i], `${name} ${i}`).toBeCloseTo(v, 5);
      }
      if (golden.classes === undefined) continue;
      expect(each.classes).toEqual(golden.classes);
      expect([...each.targets(use).toArray()]).toEqual(golden.targets);
      expect(each.decode(each.targets(use))).toEqual(use.column('species').toArray());
    }
  });
});

const train = (): Table =>
  new Table({
    age: [20, 40, null, 60],
    sex: ['f', 'm', 'f', null],
    smokes: [true, false, false, true],
    since: [new Date('2020-01-01'), new Date('2020-01-03'), new Date('2020-01-05'), new Date('2020-01-03')],
    cost: [1, 2, 3, 6],
  });
const lenient: EncoderOptions = {
  target: 'cost',
  numbers: { scale: 'none', missing: 'mean', indicator: true },
  categories: { missing: { constant: 'none' }, unknown: 'zeros', indicator: true },
};

test('features by name, in the order of the columns', () => {
  const encoder = new TableEncoder({ ...lenient, columns: { since: { scale: 'standard' } } }).fit(train());
  expect(encoder.featureNames).toEqual([
    'age',
    'age missing',
    'sex=f',
    'sex=m',
    'sex=none',
    'sex missing',
    'smokes',
    'since',
  ]);
  expect(encoder.classes).toBe(null);
  const deviation = Math.fround(Math.SQRT2);
  const other = new Table({
    since: [new Date('2020-01-05'), new Date('2020-01-03')],
    age: [7, null],
    sex: ['x', null],
    smokes: [null, true],
  });
  expect(encoder.transform(other).toArray()).toEqual(
    Float32Array.of(7, 0, 0, 0, 0, 0, 0.5, deviation, 40, 1, 0, 0, 1, 1, 1, 0),
  );
  expect(encoder.transform(other).shape).toEqual([2, 8]);
});

test('targets: numbers as they are or scaled, classes, booleans', () => {
  const table = train();
  const plain = new TableEncoder(lenient).fit(table);
  expect(plain.targets(table).shape).toEqual([4, 1]);
  expect([...plain.targets(table).toArray()]).toEqual([1, 2, 3, 6]);
  const scaled = new TableEncoder({ ...lenient, targetScale: 'minMax' }).fit(table);
  expect([...scaled.targets(table).toArray()].map(v => Number(v).toFixed(2))).toEqual(['0.00', '0.20', '0.40', '1.00']);
  expect(scaled.decode(tensor([[0], [1], [2]]))).toEqual([1, 6, 11]);
  const binary = new TableEncoder({ ...lenient, target: 'smokes' }).fit(table);
  expect(binary.classes).toEqual(['false', 'true']);
  expect([...binary.targets(table).toArray()]).toEqual([1, 0, 0, 1]);
  expect(binary.targets(table).dtype).toBe('i32');
  expect(binary.decode([1, 0])).toEqual(['true', 'false']);
  expect(() => binary.decode([2])).toThrow(IndexError);
  expect(() => binary.decode(tensor([[1, 0]]))).toThrow(ShapeError);
});

test('equal values become 0, whatever their mean is rounded to', () => {
  const table = new Table({ x: Array.from({ length: 10 }, () => 0.1) });
  for (const scale of ['standard', 'minMax'] as const) {
    const x = new TableEncoder({ numbers: { scale } }).fit(table).transform(table);
    expect([...x.toArray()]).toEqual(Array.from({ length: 10 }, () => 0));
  }
});

test('categories are those of the rows that were fitted, not those of their table', () => {
  const table = new Table({ c: ['a', 'a', 'b', 'b', 'c', 'c'], t: [1, 2, 3, 4, 5, 6] });
  const encoder = new TableEncoder({ target: 't' }).fit(table.slice(0, 4));
  expect(encoder.featureNames).toEqual(['c=a', 'c=b']);
  expect(() => encoder.transform(table)).toThrow(/column 'c' is 'c' in row 4, when it was fitted it had 'a', 'b'/);
});

test('samples of a loader; the state goes with the weights', () => {
  const table = sample('penguins').filter(row => Object.values(row).every(v => v !== null));
  const encoder = new TableEncoder({ target: 'species' }).fit(table);
  const [batch] = [...new DataLoader(encoder.dataset(table), { batchSize: 400 })].map(([x, t]) => [x.shape, t.shape]);
  expect(batch).toEqual([[table.length, encoder.featureNames.length], [table.length]]);
  const model = new nn.Linear(encoder.featureNames.length, encoder.classes!.length);
  const file = encodeSafetensors(model.stateDict(), { encoder: JSON.stringify(encoder) });
  const { metadata } = decodeSafetensors(file);
  const loaded = TableEncoder.fromJSON(JSON.parse(metadata.encoder!));
  expect(loaded.transform(table).toArray()).toEqual(encoder.transform(table).toArray());
});

describe('refused', () => {
  const learn = (columns: ConstructorParameters<typeof Table>[0], options?: EncoderOptions): unknown =>
    new TableEncoder(options).fit(new Table(columns));
  test.each<[string, () => unknown, RegExp]>([
    ['a missing number', () => learn({ x: [1, null] }), /column 'x' has no value in row 1: give numbers\.missing/],
    [
      'a missing category',
      () => learn({ x: ['a', 'a', null] }),
      /column 'x' has no value in row 2: give categories\.missing/,
    ],
    [
      'nothing but missing values',
      () => learn({ x: [null, null] }, { numbers: { missing: 'mean' } }),
      /'x' is missing in all 2 rows/,
    ],
    ['an infinite number', () => learn({ x: [1, -Infinity] }), /column 'x' is -Infinity in row 1/],
    ['text', () => learn({ x: ['a', 'b'] }), /column 'x' is text, which is nothing to compute with/],
    ['no rows', () => learn({ x: [] }), /at least one row/],
    ['no columns', () => learn({ x: [1] }, { target: 'x' }), /columns beside the target/],
    [
      'a target of text',
      () => learn({ x: [1, 2], y: ['a', 'b'] }, { target: 'y' }),
      /target takes a column of numbers, categories or booleans, 'y' is text/,
    ],
    [
      'a missing target',
      () => learn({ x: [1, 2], y: [1, null] }, { target: 'y' }),
      /column 'y' has no value in row 1, which is the target/,
    ],
    [
      'options of another type',
      () => learn({ x: [1, 2] }, { columns: { x: { unknown: 'zeros' } } }),
      /no option unknown/,
    ],
    ['what is not fitted', () => new TableEncoder().transform(train()), /call fit with the rows to train on/],
    [
      'no target',
      () => new TableEncoder().fit(new Table({ x: [1] })).targets(new Table({ x: [1] })),
      /no column is to be predicted/,
    ],
    [
      'another type',
      () => new TableEncoder().fit(new Table({ x: [1] })).transform(new Table({ x: [true] })),
      /column 'x' is boolean, when it was fitted it was number/,
    ],
    [
      'a number that f32 has not',
      () =>
        new TableEncoder({ numbers: { scale: 'none' } })
          .fit(new Table({ x: [1e300] }))
          .transform(new Table({ x: [1e300] })),
      /no f32 holds it/,
    ],
    [
      'state of another kind',
      () => TableEncoder.fromJSON({ encoder: 1, columns: [{}], target: null }),
      /state takes|columns/,
    ],
    [
      'state of a later version',
      () => TableEncoder.fromJSON({ encoder: 2, columns: [], target: null }),
      /is of version 2/,
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });

  test('columns that are not there', () => {
    expect(() => learn({ x: [1] }, { target: 'y' })).toThrow(IndexError);
    expect(() => learn({ x: [1] }, { columns: { y: {} } })).toThrow(IndexError);
    expect(() => new TableEncoder().fit(new Table({ x: [1] })).transform(new Table({ y: [1] }))).toThrow(IndexError);
  });
});
