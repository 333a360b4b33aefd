/** Parts and folds: what scikit-learn promises of its own, for random sets. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manualSeed, ValueError } from 'phyllo';
import { kFold, Table, trainValidationTest } from 'phyllo/tables';
import { sample } from './samples';

const count = (rows: Int32Array, labels: readonly unknown[], label: unknown): number =>
  rows.filter(i => labels[i] === label).length;
const ascending = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** All indices once, each part in ascending order. */
function expectPartition(parts: readonly Int32Array[], n: number): void {
  for (const part of parts) expect([...part]).toEqual([...part].sort((a, b) => a - b));
  expect(parts.flatMap(part => [...part]).sort((a, b) => a - b)).toEqual(ascending(n));
}

/** Fractions of hundredths, of which no part is empty when there are many samples. */
const someFractions = fc
  .tuple(fc.integer({ min: 20, max: 60 }), fc.integer({ min: 10, max: 30 }))
  .map(([a, b]): [number, number, number] => [a / 100, b / 100, (100 - a - b) / 100]);

describe('trainValidationTest', () => {
  test('counts are exact, whatever fractions are rounded to', () => {
    const lengths = (n: number, fractions: [number, number, number]): number[] =>
      Object.values(trainValidationTest(n, { fractions, seed: 1 })).map(part => part.length);
    expect(lengths(100, [0.29, 0.57, 0.14])).toEqual([29, 57, 14]);
    expect(lengths(150, [0.7, 0.15, 0.15])).toEqual([105, 23, 22]);
    expect(lengths(10, [0.8, 0, 0.2])).toEqual([8, 0, 2]);
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 300 }), someFractions, (n, fractions) => {
        const parts = Object.values(trainValidationTest(n, { fractions, seed: n }));
        expectPartition(parts, n);
        for (const [p, part] of parts.entries()) expect(Math.abs(part.length - n * fractions[p]!)).toBeLessThan(1);
      }),
      { seed: 1 },
    );
  });

  test('stratified: exact totals, and of each class its share but for one', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.integer({ min: 2, max: 30 }), { minLength: 1, maxLength: 8 })
          .filter(c => c.reduce((a, b) => a + b) > 25),
        someFractions,
        fc.nat(),
        (sizes, fractions, seed) => {
          const labels = sizes.flatMap((size, c) => Array.from({ length: size }, () => c));
          const n = labels.length;
          const parts = Object.values(trainValidationTest(n, { fractions, stratify: labels, seed }));
          expectPartition(parts, n);
          const whole = Object.values(trainValidationTest(n, { fractions, seed }));
          expect(parts.map(p => p.length)).toEqual(whole.map(p => p.length));
          for (const part of parts) {
            for (const [c, size] of sizes.entries()) {
              expect(Math.abs(count(part, labels, c) - (size * part.length) / n)).toBeLessThanOrEqual(1);
            }
          }
        },
      ),
      { seed: 1 },
    );
  });

  test('groups stay whole, and parts are near their sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 20, maxLength: 60 }),
        someFractions,
        (sizes, fractions) => {
          const groups = sizes.flatMap((size, g) => Array.from({ length: size }, () => `g${g}`));
          const parts = Object.values(trainValidationTest(groups.length, { fractions, groups, seed: 1 }));
          expectPartition(parts, groups.length);
          const of = parts.map(part => new Set([...part].map(i => groups[i])));
          expect(of.reduce((sum, { size }) => sum + size, 0)).toBe(new Set(groups).size);
          for (const [p, part] of parts.entries()) {
            expect(Math.abs(part.length - fractions[p]! * groups.length)).toBeLessThanOrEqual(9);
          }
        },
      ),
      { seed: 1 },
    );
  });

  test('of a table its rows; the same seed gives the same', () => {
    const table = sample('penguins');
    const parts = trainValidationTest(table, { fractions: [0.5, 0.25, 0.25], stratify: 'species', seed: 3 });
    expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([172, 86, 86]);
    const again = trainValidationTest(table, { fractions: [0.5, 0.25, 0.25], stratify: 'species', seed: 3 });
    expect(again.test.toCsv()).toBe(parts.test.toCsv());
    const other = trainValidationTest(table, { fractions: [0.5, 0.25, 0.25], stratify: 'species', seed: 4 });
    expect(other.test.toCsv()).not.toBe(parts.test.toCsv());
    const draw = (): number[] => [...trainValidationTest(50).test];
    manualSeed(1);
    const first = draw();
    expect(draw()).not.toEqual(first);
    manualSeed(1);
    expect(draw()).toEqual(first);
  });

  test('each sample is as likely to be anywhere', () => {
    const counts = new Int32Array(10);
    for (let seed = 0; seed < 2000; seed++) {
      for (const i of trainValidationTest(10, { fractions: [0.5, 0.3, 0.2], seed }).test) counts[i]!++;
    }
    // Binomial: 2000 · 0.2 = 400, a deviation of 18.
    for (const c of counts) expect(Math.abs(c - 400)).toBeLessThan(90);
  });
});

describe('kFold', () => {
  test('without a shuffle folds follow each other, the first being the longer ones', () => {
    const folds = kFold(7, { k: 3 });
    expect(folds.map(f => [...f.validation])).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(folds.map(f => [...f.train])).toEqual([
      [3, 4, 5, 6],
      [0, 1, 2, 5, 6],
      [0, 1, 2, 3, 4],
    ]);
  });

  test('stratified: folds, and each class in them, differ by one at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.array(fc.integer({ min: 6, max: 40 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (k, sizes, shuffle) => {
          const labels = sizes.flatMap((size, c) => Array.from({ length: size }, () => c));
          const folds = kFold(labels.length, { k, stratify: labels, shuffle });
          expectPartition(
            folds.map(f => f.validation),
            labels.length,
          );
          for (const f of folds)
            expectPartition([Int32Array.from([...f.train, ...f.validation]).sort()], labels.length);
          const differ = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);
          expect(differ(folds.map(f => f.validation.length))).toBeLessThanOrEqual(1);
          for (const c of sizes.keys()) {
            expect(differ(folds.map(f => count(f.validation, labels, c)))).toBeLessThanOrEqual(1);
          }
        },
      ),
      { seed: 1 },
    );
  });

  test('groups stay whole, classes near their shares', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 10, maxLength: 40 }),
        fc.boolean(),
        (k, sizes, shuffle) => {
          const groups = sizes.flatMap((size, g) => Array.from({ length: size }, () => g));
          const classes = groups.map(g => g % 2 === 0);
          const folds = kFold(groups.length, { k, groups, stratify: classes, shuffle }).map(f => f.validation);
          expectPartition(folds, groups.length);
          for (const fold of folds) expect(fold.length).toBeGreaterThan(0);
          const of = folds.map(fold => new Set([...fold].map(i => groups[i])));
          expect(of.reduce((sum, { size }) => sum + size, 0)).toBe(sizes.length);
          const all = ascending(groups.length).filter(i => classes[i]).length;
          for (const fold of folds) expect(Math.abs(count(fold, classes, true) - all / k)).toBeLessThanOrEqual(7);
        },
      ),
      { seed: 1 },
    );
  });

  test('of a table, by the names of columns', () => {
    const table = sample('penguins');
    for (const { train, validation } of kFold(table, { k: 5, shuffle: true, seed: 1, stratify: 'species' })) {
      const [fit, rest] = [table.take(train), table.take(validation)];
      expect(fit.length + rest.length).toBe(344);
      expect([13, 14]).toContain(rest.filter(row => row.species === 'Chinstrap').length);
    }
  });
});

describe('refused', () => {
  const table = new Table({ c: ['a', 'a', null], x: [1, 2, 3] });
  test.each<[string, () => unknown, RegExp]>([
    ['a part without samples', () => trainValidationTest(2), /2 samples are too few: a part of 0.15/],
    [
      'fractions that do not add up',
      () => trainValidationTest(9, { fractions: [0.5, 0.2, 0.2] }),
      /fractions takes three numbers/,
    ],
    ['nothing to train on', () => trainValidationTest(9, { fractions: [0, 0.5, 0.5] }), /the first above 0/],
    [
      'a class of one sample',
      () => trainValidationTest(5, { stratify: [0, 0, 1, 0, 0] }),
      /classes of at least 2 samples, the class of sample 2 has 1/,
    ],
    ['a class of fewer samples than folds', () => kFold(5, { k: 3, stratify: [0, 0, 1, 0, 1] }), /at least 3 samples/],
    [
      'labels of another number',
      () => kFold(5, { k: 2, groups: [1, 2] }),
      /groups takes 5 labels, one for each sample, these are 2/,
    ],
    ['a column of no table', () => kFold(5, { k: 2, groups: 'c' }), /give the table/],
    ['a missing label', () => kFold(table, { k: 2, groups: 'c' }), /groups: row 2 has no value in column 'c'/],
    ['fewer groups than parts', () => kFold(5, { k: 3, groups: [1, 1, 2, 2, 2] }), /2 groups do not fill 3 parts/],
    ['more folds than samples', () => kFold(5, { k: 6 }), /5 samples do not fill 6 folds/],
    ['a seed without a shuffle', () => kFold(5, { k: 2, seed: 1 }), /a seed means nothing without shuffle/],
    ['no samples', () => trainValidationTest(0), /data takes/],
    ['an empty table', () => trainValidationTest(new Table({ x: [] })), /too few|at least/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });
});
