/** Class labels, as metrics read them. */
import { isFloat } from '../core/dtype';
import { DTypeError, IndexError } from '../core/errors';
import { check, kind, numbers, wholeNumber, type Kind } from '../core/kinds';
import { Tensor } from '../core/tensor';

/** One class number for each sample: a tensor of i32, u8 or bool and of any shape, or an array. */
export type Labels = Tensor | ArrayLike<number>;

const someLabels: Kind<Labels> = kind('a tensor or an array of class numbers', v => numbers.fits(v));

/** The labels in order. Throws DTypeError for a tensor of floats, ValueError for what is no list of numbers. */
export function labelsOf(where: string, name: string, labels: Labels): ArrayLike<number> {
  if (!(labels instanceof Tensor)) {
    check(where, name, someLabels, labels);
    return labels;
  }
  if (isFloat(labels.dtype)) {
    throw new DTypeError(where, `${name} takes labels of i32, u8 or bool, this is ${labels.dtype}`);
  }
  return labels.toArray();
}

const aLabel: Kind<number> = wholeNumber(-Infinity);
/** Throws ValueError unless all are labels of some class. */
export function checkWhole(where: string, name: string, labels: ArrayLike<number>): void {
  for (let i = 0; i < labels.length; i++) if (!aLabel.fits(labels[i])) check(where, `${name}[${i}]`, aLabel, labels[i]);
}

/** Throws IndexError unless all labels are whole numbers from 0 to classes − 1. */
export function checkLabels(where: string, name: string, labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    const c = labels[i]!;
    if (Number.isInteger(c) && c >= 0 && c < classes) continue;
    throw new IndexError(where, `${name} ${c} at position ${i} is outside [0, ${classes})`);
  }
}
