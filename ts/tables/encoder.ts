/** From tables to tensors, by what was learnt of a training set. */
import { IndexError, ShapeError, tensor, Tensor, TensorDataset, ValueError } from 'phyllo';
import {
  aBoolean,
  aNumber,
  aText,
  check,
  checkCount,
  either,
  instanceOf,
  kind,
  oneOf,
  options as optionsOf,
  recordOf,
  requires,
  type Kind,
} from 'phyllo/kinds';
import type { Column } from './column';
import {
  featuresOf,
  fitCategory,
  fitNumber,
  write,
  type CategoryOptions,
  type ColumnState,
  type MissingCategory,
  type MissingNumber,
  type NumberOptions,
  type Scaling,
} from './encoded';
import { readState, VERSION, type EncoderState } from './state';
import { Table } from './table';
import { classesOf, fitTarget, numbersOf, type TargetState } from './target';

export interface EncoderOptions {
  /** The column to be predicted; it is no feature. */
  readonly target?: string;
  /** How a target of numbers is scaled. Default 'none'. */
  readonly targetScale?: Scaling;
  /** How numbers, dates and booleans become features. */
  readonly numbers?: NumberOptions;
  /** How categories become features. */
  readonly categories?: CategoryOptions;
  /** What differs for some columns, by their names. */
  readonly columns?: Readonly<Record<string, NumberOptions | CategoryOptions>>;
}

const aScaling: Kind<Scaling> = oneOf('standard', 'minMax', 'none');
const missingNumber: Kind<MissingNumber> = either(
  oneOf('error', 'mean', 'median', 'mostFrequent'),
  requires(optionsOf<{ constant: number }>({ constant: aNumber() }), 'constant'),
);
const missingCategory: Kind<MissingCategory> = either(
  oneOf('error', 'mostFrequent'),
  requires(optionsOf<{ constant: string }>({ constant: aText }), 'constant'),
);
const numberOptions = optionsOf<NumberOptions>({ scale: aScaling, missing: missingNumber, indicator: aBoolean });
const unknownKey = { unknown: oneOf('error', 'zeros') };
const categoryOptions = optionsOf<CategoryOptions>({ ...unknownKey, missing: missingCategory, indicator: aBoolean });
const columnOptions: Kind<NumberOptions | CategoryOptions> = kind(
  `${numberOptions.takes} or ${categoryOptions.takes}`,
  v => v !== undefined && (numberOptions.fits(v) || categoryOptions.fits(v)),
);
const encoderOptions = optionsOf<EncoderOptions>({
  target: aText,
  targetScale: aScaling,
  numbers: numberOptions,
  categories: categoryOptions,
  columns: recordOf(columnOptions, 'options of columns by name'),
});
const aTable: Kind<Table> = instanceOf(Table, 'a Table');
const predictions: Kind<Tensor | ArrayLike<number>> = kind(
  'a tensor or a list of numbers',
  v =>
    v instanceof Tensor ||
    (ArrayBuffer.isView(v) && 'length' in v && !(v instanceof BigInt64Array || v instanceof BigUint64Array)) ||
    (Array.isArray(v) && Array.from(v).every(e => typeof e === 'number')),
);

interface Fitted {
  readonly columns: readonly ColumnState[];
  readonly target: TargetState | null;
}

/**
 * Learns of a training set how its columns become numbers, and does that to any table: numbers are scaled and categories
 * become zeros and ones.
 *
 *     const { train, test } = trainValidationTest(table, { stratify: 'species', seed: 1 });
 *     const encoder = new TableEncoder({ target: 'species' }).fit(train);
 *     const loader = new DataLoader(encoder.dataset(train), { batchSize: 16, shuffle: true });
 *     const classes = encoder.decode(model.forward(encoder.transform(test)).argmax(1));
 *
 * What it learnt is plain JSON, which is saved with a model: `encodeSafetensors(model.stateDict(), { encoder:
 * JSON.stringify(encoder) })`.
 */
export class TableEncoder {
  readonly #options: EncoderOptions;
  #fitted: Fitted | null = null;

  /** Throws ValueError for options of another kind. */
  constructor(options?: EncoderOptions) {
    checkCount('TableEncoder', 1, arguments);
    check('TableEncoder', 'options', encoderOptions, options);
    this.#options = options ?? {};
  }

  /**
   * Learns from the rows of a table, which are those to train on: means, categories and the like of others would tell
   * of them. All columns but the target become features, in their order.
   *
   * @throws {ValueError} for text, which is nothing to compute with (a column may be dropped, or read as a category), for
   *   missing values where options allow none, for infinite numbers, and without rows or features.
   * @throws {IndexError} for a target, or options, of a column that is not there.
   */
  fit(table: Table): this {
    const where = 'TableEncoder.fit';
    checkCount(where, 1, arguments);
    check(where, 'table', aTable, table);
    const { target, targetScale = 'none', columns = {} } = this.#options;
    for (const name of Object.keys(columns)) table.column(name);
    if (table.length === 0) throw new ValueError(where, 'takes a table with at least one row');
    const goal = target === undefined ? null : fitTarget(where, target, table.column(target), targetScale);
    const names = table.names.filter(name => name !== target);
    if (names.length === 0) throw new ValueError(where, 'takes a table with columns beside the target');
    const states = names.map(name => this.#fitColumn(where, name, table.column(name)));
    this.#fitted = { columns: states, target: goal };
    return this;
  }

  #fitColumn(where: string, name: string, column: Column): ColumnState {
    const { numbers, categories, columns = {} } = this.#options;
    const own = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (column.type === 'text') {
      const hint = `drop it, or read it as a category: types: { '${name}': 'category' }`;
      throw new ValueError(where, `column '${name}' is text, which is nothing to compute with: ${hint}`);
    }
    if (column.type === 'category') {
      check(where, `columns['${name}']`, categoryOptions, own);
      return fitCategory(where, name, column, { ...categories, ...pick(categoryOptions, own) });
    }
    check(where, `columns['${name}']`, numberOptions, own);
    return fitNumber(where, name, column, { ...numbers, ...pick(numberOptions, own) });
  }

  #known(where: string): Fitted {
    if (this.#fitted) return this.#fitted;
    throw new ValueError(where, 'nothing is known yet: call fit with the rows to train on');
  }

  /** What each feature is: `age`, `sex=female`, `age missing`. Throws ValueError before `fit`. */
  get featureNames(): string[] {
    return this.#known('TableEncoder.featureNames').columns.flatMap(featuresOf);
  }

  /** The names of the target's classes, by index; null if it is numbers, or there is none. Throws ValueError before `fit`. */
  get classes(): string[] | null {
    const { target } = this.#known('TableEncoder.classes');
    return target?.kind === 'classes' ? [...target.classes] : null;
  }

  /**
   * The features of each row: f32 [rows, features]. The target need not be in the table.
   *
   * @throws {ValueError} for values that are missing, infinite or unknown where options allow none, and for columns of
   *   another type than when fitted.
   * @throws {IndexError} for columns that are not there.
   */
  transform(table: Table): Tensor {
    const where = 'TableEncoder.transform';
    checkCount(where, 1, arguments);
    check(where, 'table', aTable, table);
    const { columns } = this.#known(where);
    const width = columns.flatMap(featuresOf).length;
    const features = new Float32Array(table.length * width);
    let start = 0;
    for (const state of columns) {
      write(where, state, ofType(where, state, table), { features, width, start });
      start += featuresOf(state).length;
    }
    return tensor(features, { shape: [table.length, width] });
  }

  /**
   * What is to be predicted of each row: class indices, i32 [rows], or numbers, f32 [rows, 1]. Throws as `transform`
   * does, and ValueError if no target was named.
   */
  targets(table: Table): Tensor {
    const where = 'TableEncoder.targets';
    checkCount(where, 1, arguments);
    check(where, 'table', aTable, table);
    const target = this.#target(where);
    const column = ofType(where, target, table);
    if (target.kind === 'classes') return tensor(classesOf(where, target, column));
    return tensor(numbersOf(where, target, column), { shape: [table.length, 1] });
  }

  /** Features and targets as samples for a DataLoader. Throws as `transform` and `targets` do. */
  dataset(table: Table): TensorDataset<[Tensor, Tensor]> {
    checkCount('TableEncoder.dataset', 1, arguments);
    return new TensorDataset(this.transform(table), this.targets(table));
  }

  /**
   * What predictions mean: the names of classes by their indices, or numbers as they are in tables.
   *
   * @param y class indices, or numbers as `targets` scales them.
   * @throws {IndexError} for an index that is no class's.
   */
  decode(y: Tensor | ArrayLike<number>): (string | number)[] {
    const where = 'TableEncoder.decode';
    checkCount(where, 1, arguments);
    check(where, 'y', predictions, y);
    const target = this.#target(where);
    if (y instanceof Tensor && y.ndim > 1 && y.size !== y.shape[0]) {
      throw new ShapeError(
        where,
        `takes one number for each row, this is [${y.shape.join(', ')}]: argmax(1) gives classes`,
      );
    }
    const values = y instanceof Tensor ? y.toArray() : y;
    return Array.from(values, v => {
      if (target.kind === 'number') return v * target.scale + target.shift;
      const name = target.classes[v];
      if (name === undefined) throw new IndexError(where, `there is no class ${v} among ${target.classes.length}`);
      return name;
    });
  }

  #target(where: string): TargetState {
    const { target } = this.#known(where);
    if (target) return target;
    throw new ValueError(where, "no column is to be predicted: new TableEncoder({ target: '…' })");
  }

  /** What it learnt, which `fromJSON` takes: for JSON.stringify. Throws ValueError before `fit`. */
  toJSON(): EncoderState {
    return { encoder: VERSION, ...this.#known('TableEncoder.toJSON') };
  }

  /** The encoder that `toJSON` told of. Throws ValueError for anything else, and for a later version of it. */
  static fromJSON(state: unknown): TableEncoder {
    checkCount('TableEncoder.fromJSON', 1, arguments);
    const encoder = new TableEncoder();
    encoder.#fitted = readState('TableEncoder.fromJSON', state);
    return encoder;
  }
}

/** The options that are of the kind: those of another would not have got here. */
function pick<T extends object>(of: Kind<T | undefined>, v: object | undefined): T | undefined {
  const fits = (given: object | undefined): given is T | undefined => of.fits(given);
  return fits(v) ? v : undefined;
}

/** A column that is of the type that it had when it was fitted. One that has no values at all may be of any. */
function ofType(where: string, { column: name, type }: { column: string; type: Column['type'] }, table: Table): Column {
  const column = table.column(name);
  const same = column.type === type || (type === 'category' && column.type === 'text');
  if (same || column.missing === column.length) return column;
  throw new ValueError(where, `column '${name}' is ${column.type}, when it was fitted it was ${type}`);
}
