/** What models put out, as metrics read it: logits and scores beside their targets. */
import { isFloat, type TensorData } from '../core/dtype';
import { DTypeError, ShapeError, ValueError } from '../core/errors';
import { aNumber, check, type Kind } from '../core/kinds';
import { scope } from '../core/scope';
import { sameShape, show, sizeOf, type Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { maxAlong } from '../ops/extremum';
import { binaryLabelsOf, checkIntegers, labelsOf, type Labels } from './labels';

export interface ThresholdOptions {
  /**
   * The outputs are scores of class 1 against class 0, in the shape of the targets, and those above the threshold are taken
   * as class 1: 0.5 goes with probabilities, 0 with logits.
   */
  readonly threshold?: number;
}
export const aThreshold: Kind<number> = aNumber();

/** Sample by sample, the class predicted and the class that it is. */
export interface Judged {
  readonly predicted: ArrayLike<number>;
  readonly actual: ArrayLike<number>;
  /** How many classes there are logits of; null: the predictions were classes. */
  readonly classes: number | null;
}

/**
 * Predictions from classes, from logits of so many classes (left out: of any), or with a threshold from scores. Unless they are
 * scores, labels are not checked.
 */
export function judge(
  where: string,
  output: Labels,
  target: Labels,
  threshold: number | undefined,
  classes?: number,
): Judged {
  if (threshold !== undefined) return decided(where, output, target, threshold);
  if (output instanceof Tensor && isFloat(output.dtype)) return likeliest(where, output, target, classes);
  const predicted = labelsOf(where, 'output', output);
  const actual = labelsOf(where, 'target', target);
  if (predicted.length !== actual.length) {
    throw new ShapeError(where, `${predicted.length} predictions for ${actual.length} targets`);
  }
  return { predicted, actual, classes: null };
}

/** 1 where the score is above the threshold. */
function decided(where: string, output: Labels, target: Labels, threshold: number): Judged {
  const { scores, labels } = scoresOf(where, output, target);
  const predicted = new Uint8Array(scores.length);
  for (let i = 0; i < scores.length; i++) predicted[i] = Number(scores[i]! > threshold);
  return { predicted, actual: labels, classes: 2 };
}

/** The class with the largest logit, of equal ones the first. */
function likeliest(where: string, output: Tensor, target: Labels, expected: number | undefined): Judged {
  if (target instanceof Tensor && !isFloat(target.dtype) && sameShape(output.shape, target.shape)) {
    throw new ShapeError(
      where,
      `output ${show(output.shape)} has the shape of its targets: scores of two classes need a threshold`,
    );
  }
  const { classes, labels } = targetsOf(where, output, target);
  if (expected !== undefined && classes !== expected) {
    throw new ShapeError(where, `output has logits of ${classes} classes, these are ${expected}`);
  }
  const predicted = scope(() => {
    const [largest, index] = maxAlong(output.detach(), { dim: 1 });
    refuseNaN(where, 'output', output, largest.toArray());
    return index.toArray();
  }, where);
  return { predicted, actual: labels, classes };
}

/** Scores of class 1 in the shape of their targets 0 and 1. Throws for other shapes and labels, and for NaN. */
export function scoresOf(
  where: string,
  output: Labels,
  target: Labels,
): { readonly scores: TensorData; readonly labels: ArrayLike<number> } {
  floats(where, output);
  if (target instanceof Tensor && !sameShape(target.shape, output.shape)) {
    throw new ShapeError(
      where,
      `output takes scores in the shape of target ${show(target.shape)}, this is ${show(output.shape)}`,
    );
  }
  const labels = binaryLabelsOf(where, 'target', target);
  if (labels.length !== output.size) throw new ShapeError(where, `${output.size} scores for ${labels.length} targets`);
  const scores = output.toArray();
  refuseNaN(where, 'output', output, scores);
  return { scores, labels };
}

/**
 * The number of classes that output [n, classes, …] has logits of, and the target of each place [n, …], in order; they may
 * have another shape if only dimensions of 1 are different. Throws ShapeError for others; the labels are not checked.
 */
export function targetsOf(
  where: string,
  output: Labels,
  target: Labels,
): { readonly classes: number; readonly labels: ArrayLike<number> } {
  floats(where, output);
  if (target instanceof Tensor) checkIntegers(where, 'target', target);
  const [n, classes, ...rest] = output.shape;
  if (n === undefined || classes === undefined || classes === 0) throw misfit(where, output, target);
  const wanted = [n, ...rest];
  if (target instanceof Tensor && !sameShape(wide(target.shape), wide(wanted))) throw misfit(where, output, target);
  const labels = labelsOf(where, 'target', target);
  if (labels.length !== sizeOf(wanted)) throw misfit(where, output, target);
  return { classes, labels };
}
const wide = (shape: Shape): Shape => shape.filter(size => size !== 1);

function misfit(where: string, output: Tensor, target: Labels): ShapeError {
  const targets = target instanceof Tensor ? `targets ${show(target.shape)}` : `${target.length} targets`;
  return new ShapeError(where, `output ${show(output.shape)} is not [n, classes, …] for ${targets}`);
}

/** Throws unless the output is f32. */
function floats(where: string, output: Labels): asserts output is Tensor {
  check<Labels>(where, 'output', aTensor, output);
  if (output instanceof Tensor && output.dtype !== 'f32') {
    throw new DTypeError(where, `output takes f32, this is ${output.dtype}`);
  }
}

/** Throws ValueError, which says where, if a number found from x is NaN. */
export function refuseNaN(where: string, name: string, x: Tensor, found: ArrayLike<number>): void {
  for (let i = 0; i < found.length; i++) {
    if (Number.isNaN(found[i])) throw new ValueError(where, `${name} ${show(x.shape)} is ${oddOf(x)}`);
  }
}

/** The first NaN among the elements, or else infinity, which makes some; and its place. */
function oddOf(x: Tensor): string {
  const all = Array.from(x.toArray());
  const places = [NaN, Infinity, -Infinity].map(odd => all.findIndex(v => Object.is(v, odd)));
  const i = places.find(place => place >= 0) ?? 0;
  return `${all[i]} at ${show(placeOf(i, x.shape))}`;
}

/** The indices of the i-th element. */
function placeOf(i: number, shape: Shape): Shape {
  const place: number[] = [];
  for (let d = shape.length - 1, rest = i; d >= 0; d--) {
    place.unshift(rest % shape[d]!);
    rest = Math.floor(rest / shape[d]!);
  }
  return place;
}
