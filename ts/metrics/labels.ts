/** Class labels, as metrics read them. */
import { DTypeError, IndexError } from '../core/errors';
import { Tensor } from '../core/tensor';

/** One class number for each sample: a tensor of i32, u8 or bool and of any shape, or an array. */
export type Labels = Tensor | ArrayLike<number>;

/** The labels in order. Throws DTypeError for a tensor of floats. */
export function labelsOf(where: string, name: string, labels: Labels): ArrayLike<number> {
  if (!(labels instanceof Tensor)) return labels;
  if (labels.dtype === 'f32' || labels.dtype === 'f64') {
    throw new DTypeError(where, `${name} takes labels of i32, u8 or bool, this is ${labels.dtype}`);
  }
  return labels.toArray();
}

/** Throws IndexError unless all labels are whole numbers from 0 to classes − 1. */
export function checkLabels(where: string, name: string, labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    const c = labels[i]!;
    if (Number.isInteger(c) && c >= 0 && c < classes) continue;
    throw new IndexError(where, `${name} ${c} at place ${i} is outside [0, ${classes})`);
  }
}
