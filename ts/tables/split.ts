/** Parts of a set: to train on, to choose by, to look at once; and folds that take turns. */
import { Generator, permutation, ValueError } from 'phyllo';
import {
  aBoolean,
  aText,
  checkArguments,
  checkCount,
  either,
  instanceOf,
  kind,
  options as optionsOf,
  requires,
  wholeNumber,
  type Kind,
} from 'phyllo/kinds';
import { apportion, assign } from './parts';
import { Table } from './table';

/** The class or group of each sample; or, of a table, the name of a column. */
export type Labels = string | ArrayLike<number | string | boolean>;

interface Labelled {
  /** Classes, of which each part gets its share: counts differ from it by at most 1. */
  readonly stratify?: Labels;
  /** Groups, such as the patients of many images: one is never in two parts, whose counts are only about right then. */
  readonly groups?: Labels;
  /** Seeds the random order. Default: the default generator. */
  readonly seed?: number;
}
export interface PartsOptions extends Labelled {
  /** Of the samples to train on, to validate with and to test with; they add up to 1. Default [0.7, 0.15, 0.15]. */
  readonly fractions?: readonly [train: number, validation: number, test: number];
}
export interface FoldOptions extends Labelled {
  /** How many folds there are. */
  readonly k: number;
  /** Whether folds are drawn at random, in the place of following each other. Default false. */
  readonly shuffle?: boolean;
}

export interface Parts<T> {
  readonly train: T;
  readonly validation: T;
  readonly test: T;
}
/** The indices of samples, in ascending order. */
export interface Fold {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

const isLabel = (v: unknown): boolean => typeof v === 'string' || typeof v === 'boolean' || Number.isFinite(v);
const someLabels: Kind<Labels> = kind(
  'the name of a column, or a list of a number, text or boolean for each sample',
  v => aText.fits(v) || (Array.isArray(v) && Array.from(v).every(isLabel)) || (ArrayBuffer.isView(v) && 'length' in v),
);
const setOfSamples: Kind<Table | number> = either(instanceOf(Table, 'a Table'), wholeNumber(1));
const labelKeys = { stratify: someLabels, groups: someLabels, seed: wholeNumber(0, Number.MAX_SAFE_INTEGER) };
const theFractions: Kind<NonNullable<PartsOptions['fractions']>> = kind(
  'three numbers from 0 that add up to 1, the first above 0',
  v =>
    Array.isArray(v) &&
    v.length === 3 &&
    Array.from(v).every(f => typeof f === 'number' && f >= 0) &&
    v[0] > 0 &&
    Math.abs(v[0] + v[1] + v[2] - 1) < 1e-9,
);

/** Numbers for labels, in the order of their first appearance. Throws ValueError unless there is one for each sample. */
function numbered(where: string, name: string, data: Table | number, labels: Labels): Int32Array {
  const n = typeof data === 'number' ? data : data.length;
  if (typeof labels === 'string' && typeof data === 'number') {
    throw new ValueError(where, `${name} takes a list here, '${labels}' is the name of a column: give the table`);
  }
  const list = typeof labels === 'string' && data instanceof Table ? data.column(labels).toArray() : Array.from(labels);
  if (list.length !== n)
    throw new ValueError(where, `${name} takes ${n} labels, one for each sample, these are ${list.length}`);
  const at = new Map<unknown, number>();
  return Int32Array.from(list, (label, i) => {
    if (label === null) throw new ValueError(where, `${name}: row ${i} has no value in column '${String(labels)}'`);
    const key = label instanceof Date ? label.getTime() : label;
    let place = at.get(key);
    if (place === undefined) at.set(key, (place = at.size));
    return place;
  });
}

/** Throws unless each class has so many samples. */
function checkClasses(where: string, classes: Int32Array, least: number): void {
  const counts: number[] = [];
  for (const c of classes) counts[c] = (counts[c] ?? 0) + 1;
  const rare = counts.findIndex(count => count < least);
  if (rare < 0) return;
  const first = classes.indexOf(rare);
  const found = `the class of sample ${first} has ${counts[rare]}`;
  throw new ValueError(
    where,
    `stratify takes classes of at least ${least} samples, ${found}: leave it out or merge it`,
  );
}

/** The part of each sample. */
function partsOf(
  where: string,
  data: Table | number,
  { stratify, groups }: Labelled,
  { random, least, weights }: { random: Generator | boolean; least: number; weights: readonly number[] },
): Int32Array {
  const n = typeof data === 'number' ? data : data.length;
  const classes = stratify === undefined ? new Int32Array(n) : numbered(where, 'stratify', data, stratify);
  if (stratify !== undefined) checkClasses(where, classes, least);
  const group = groups === undefined ? null : numbered(where, 'groups', data, groups);
  const sizes = apportion(n, weights);
  const order =
    random === false
      ? Int32Array.from({ length: n }, (_, i) => i)
      : permutation(n, random === true ? undefined : random);
  return assign(where, { order, classes, groups: group }, weightsOf(weights, sizes), sizes);
}

/** Equal weights stay equal, so that folds differ by at most 1 in each class; others become the sizes that they led to. */
const weightsOf = (weights: readonly number[], sizes: readonly number[]): readonly number[] =>
  weights.every(w => w === weights[0]) ? weights : sizes;

/** The places for whose part it is so. */
const placesOf = (part: Int32Array, is: (p: number) => boolean): Int32Array => {
  const found: number[] = [];
  for (let i = 0; i < part.length; i++) if (is(part[i]!)) found.push(i);
  return Int32Array.from(found);
};

/**
 * Samples drawn at random to train on, to validate with and to test with; of a table its rows, of a number n indices below
 * n, in ascending order. How many: n times the fraction, rounded so that all are used.
 *
 *     const { train, validation, test } = trainValidationTest(table, { stratify: 'species', seed: 1 });
 *
 * With `stratify` each part has the classes in the proportions of all. With `groups`, groups are not divided.
 *
 * @throws {ValueError} for a part that should have samples and would have none, a class of a single sample, fewer groups than parts, a
 *   missing label.
 */
export function trainValidationTest(data: Table, options?: PartsOptions): Parts<Table>;
export function trainValidationTest(data: number, options?: PartsOptions): Parts<Int32Array>;
export function trainValidationTest(data: Table | number, options?: PartsOptions): Parts<Table | Int32Array> {
  const name = 'trainValidationTest';
  const keys = optionsOf<PartsOptions>({ ...labelKeys, fractions: theFractions });
  checkArguments(
    name,
    [
      ['data', setOfSamples],
      ['options', keys],
    ],
    [data, options],
  );
  checkCount(name, 2, arguments);
  const { fractions = [0.7, 0.15, 0.15], seed, ...labels } = options ?? {};
  const random = seed === undefined ? true : new Generator(seed);
  const part = partsOf(name, data, labels, { random, least: 2, weights: fractions });
  const parts = fractions.map((fraction, p) => {
    const rows = placesOf(part, q => q === p);
    if (rows.length === 0 && fraction > 0) {
      throw new ValueError(name, `${part.length} samples are too few: a part of ${fraction} of them would have none`);
    }
    return rows;
  });
  const of = (p: number): Table | Int32Array => (typeof data === 'number' ? parts[p]! : data.take(parts[p]!));
  return { train: of(0), validation: of(1), test: of(2) };
}

/**
 * For k-fold cross-validation: each sample is in the validation part of one fold and in the training part of the others.
 * Folds differ by at most one sample, and with `stratify` by at most one of each class. Of a table, `take` gives the rows.
 *
 *     for (const { train, validation } of kFold(table, { k: 5, shuffle: true, seed: 1, stratify: 'species' })) {
 *       const encoder = new TableEncoder({ target: 'species' }).fit(table.take(train));
 *       …
 *     }
 *
 * @throws {ValueError} for more folds than samples or groups, or than a class has samples; for a seed without `shuffle`.
 */
export function kFold(data: Table | number, options: FoldOptions): Fold[] {
  const keys = optionsOf<FoldOptions>({ ...labelKeys, k: wholeNumber(2), shuffle: aBoolean });
  checkArguments(
    'kFold',
    [
      ['data', setOfSamples],
      ['options', requires(keys, 'k')],
    ],
    [data, options],
  );
  checkCount('kFold', 2, arguments);
  const { k, shuffle = false, seed, ...labels } = options;
  const n = typeof data === 'number' ? data : data.length;
  if (k > n) throw new ValueError('kFold', `${n} samples do not fill ${k} folds`);
  if (seed !== undefined && !shuffle) throw new ValueError('kFold', 'a seed means nothing without shuffle: true');
  const random = shuffle && seed !== undefined ? new Generator(seed) : shuffle;
  const fold = partsOf('kFold', data, labels, { random, least: k, weights: Array.from({ length: k }, () => 1) });
  return Array.from({ length: k }, (_, f) => ({
    train: placesOf(fold, p => p !== f),
    validation: placesOf(fold, p => p === f),
  }));
}
