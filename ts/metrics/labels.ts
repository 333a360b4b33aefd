/** Class labels, as metrics read them. */
import { isFloat } from '../core/dtype';
import { DTypeError, IndexError } from '../core/errors';
import { check, kind, numbers, wholeNumber, type Kind } from '../core/kinds';
import { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';

/** One class number for each sample: a tensor of i32, u8 or bool and of any shape, or an array. */
export type Labels = Tensor | ArrayLike<number>;

const someLabels: Kind<Labels> = kind('a tensor or an array of class numbers', v => numbers.fits(v));

/** Numbers in order. Throws ValueError for what is no list of numbers. */
function numbersOf(where: string, name: string, labels: Labels): ArrayLike<number> {
  if (labels instanceof Tensor) {
    check(where, name, aTensor, labels);
    return labels.toArray();
  }
  check(where, name, someLabels, labels);
  return labels;
}

/** The labels in order. Throws DTypeError for a tensor of floats, ValueError for what is no list of numbers. */
export function labelsOf(where: string, name: string, labels: Labels): ArrayLike<number> {
  if (labels instanceof Tensor) checkIntegers(where, name, labels);
  return numbersOf(where, name, labels);
}
export function checkIntegers(where: string, name: string, { dtype }: Tensor): void {
  if (isFloat(dtype)) throw new DTypeError(where, `${name} takes labels of i32, u8 or bool, this is ${dtype}`);
}

/** The labels of two classes in order, 0 or 1, in floats too: so losses of two classes take them. Otherwise an IndexError. */
export function binaryLabelsOf(where: string, name: string, labels: Labels): ArrayLike<number> {
  const all = numbersOf(where, name, labels);
  checkLabels(where, name, all, 2);
  return all;
}

const aLabel: Kind<number> = wholeNumber(-Infinity);
/** Throws ValueError unless all are labels of some class. */
export function checkWhole(where: string, name: string, labels: ArrayLike<number>): void {
  for (let i = 0; i < labels.length; i++) if (!aLabel.fits(labels[i])) check(where, `${name}[${i}]`, aLabel, labels[i]);
}

/** Throws IndexError unless all labels are whole numbers from 0 to classes − 1, or the one that is left out. */
export function checkLabels(
  where: string,
  name: string,
  labels: ArrayLike<number>,
  classes: number,
  leftOut: number | null = null,
): void {
  for (let i = 0; i < labels.length; i++) {
    const c = labels[i]!;
    if ((Number.isInteger(c) && c >= 0 && c < classes) || c === leftOut) continue;
    throw new IndexError(where, `${name} ${c} at position ${i} is outside [0, ${classes})`);
  }
}

/** How many labels are of class c. */
export function countOf(labels: ArrayLike<number>, c: number): number {
  let count = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === c) count++;
  return count;
}
