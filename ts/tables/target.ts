/** What is to be predicted: classes by their indices, or numbers. */
import { ValueError } from 'phyllo';
import type { Column, ColumnType } from './column';
import { checkFinite, refuseMissing, scaling, type Scaling } from './encoded';

export interface ClassTarget {
  readonly kind: 'classes';
  readonly column: string;
  readonly type: ColumnType;
  /** By their indices. */
  readonly classes: readonly string[];
}
export interface NumberTarget {
  readonly kind: 'number';
  readonly column: string;
  readonly type: 'number';
  /** A target is (v − shift) / scale. */
  readonly shift: number;
  readonly scale: number;
}
export type TargetState = ClassTarget | NumberTarget;

/** Learns of the column that is to be predicted. Throws ValueError for missing values, dates and texts. */
export function fitTarget(where: string, name: string, column: Column, scale: Scaling): TargetState {
  const { type } = column;
  if (type === 'date' || type === 'text') {
    const hint = type === 'text' ? `: types: { '${name}': 'category' } reads it as classes` : '';
    throw new ValueError(
      where,
      `target takes a column of numbers, categories or booleans, '${name}' is ${type}${hint}`,
    );
  }
  if (column.length === 0) throw new ValueError(where, 'takes at least one row');
  refuseGaps(where, name, column);
  if (type === 'number') {
    checkFinite(where, name, column.numbers);
    return { kind: 'number', column: name, type, ...scaling(column.numbers, scale) };
  }
  const there = new Set(column.toArray().map(String));
  const classes = (type === 'boolean' ? ['false', 'true'] : column.categories).filter(c => there.has(c));
  return { kind: 'classes', column: name, type, classes };
}

function refuseGaps(where: string, name: string, column: Column): void {
  for (let i = 0; i < column.length; i++) {
    if (column.isMissing(i)) refuseMissing(where, name, i, ', which is the target: leave such rows out');
  }
}

/** The index of each row's class. Throws ValueError for a class that was not there when fitted. */
export function classesOf(where: string, state: ClassTarget, column: Column): Int32Array<ArrayBuffer> {
  refuseGaps(where, state.column, column);
  const at = new Map(state.classes.map((name, i) => [name, i]));
  return Int32Array.from({ length: column.length }, (_, i) => {
    const name = String(column.at(i));
    const index = at.get(name);
    if (index !== undefined) return index;
    const known = state.classes
      .slice(0, 8)
      .map(c => `'${c}'`)
      .join(', ');
    throw new ValueError(
      where,
      `column '${state.column}' is '${name}' in row ${i}, when it was fitted it had ${known}`,
    );
  });
}

/** Each row's number, scaled. Throws ValueError for one that is missing or infinite. */
export function numbersOf(where: string, state: NumberTarget, column: Column): Float32Array<ArrayBuffer> {
  refuseGaps(where, state.column, column);
  checkFinite(where, state.column, column.numbers);
  return Float32Array.from(column.numbers, v => (v - state.shift) / state.scale);
}
