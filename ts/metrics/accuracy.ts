/** How often a classifier is right. */
import { DTypeError, ShapeError, ValueError } from '../core/errors';
import { check, wholeNumber, checkCount } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { show } from '../core/shape';
import { Tensor } from '../core/tensor';
import { checkLabels, checkWhole, labelsOf, type Labels } from './labels';

/**
 * The share of samples classified as their target says, from 0 to 1; 0 if there are none. The predictions are classes,
 * as many as targets, or logits (f32, [n, classes]), of which the largest counts; of equal ones the first.
 * Throws ShapeError if numbers of samples differ, and IndexError for a target that is none of the logits' classes.
 */
export function accuracy(predicted: Labels, target: Labels): number {
  checkCount('accuracy', 2, arguments);
  if (predicted instanceof Tensor && predicted.dtype === 'f32') return hitsOf('accuracy', predicted, target, 1);
  const classes = labelsOf('accuracy', 'predicted', predicted);
  const labels = labelsOf('accuracy', 'target', target);
  checkWhole('accuracy', 'predicted', classes);
  checkWhole('accuracy', 'target', labels);
  if (classes.length !== labels.length) {
    throw new ShapeError('accuracy', `${classes.length} predictions for ${labels.length} targets`);
  }
  let hits = 0;
  for (let i = 0; i < labels.length; i++) if (classes[i] === labels[i]) hits++;
  return labels.length === 0 ? 0 : hits / labels.length;
}

/**
 * The share of samples whose target is among the k largest logits (f32, [n, classes]), from 0 to 1; 0 if there are
 * none. Of equal logits the first is the larger. Throws ValueError unless k is from 1 to the number of classes.
 */
export function topKAccuracy(logits: Tensor, target: Labels, k: number): number {
  checkCount('topKAccuracy', 3, arguments);
  check('topKAccuracy', 'logits', aTensor, logits);
  check('topKAccuracy', 'k', wholeNumber(1), k);
  if (logits.dtype !== 'f32') throw new DTypeError('topKAccuracy', `logits takes f32, this is ${logits.dtype}`);
  return hitsOf('topKAccuracy', logits, target, k);
}

function hitsOf(where: string, logits: Tensor, target: Labels, k: number): number {
  const [n, classes] = logits.shape;
  const labels = labelsOf(where, 'target', target);
  if (logits.ndim !== 2 || n === undefined || classes === undefined || n !== labels.length) {
    throw new ShapeError(where, `logits ${show(logits.shape)} are not [n, classes] for ${labels.length} targets`);
  }
  if (k > classes) {
    throw new ValueError(where, `k takes 1 to the ${classes} classes, this is ${k}`);
  }
  checkLabels(where, 'target', labels, classes);
  const x = logits.toArray();
  let hits = 0;
  for (let i = 0; i < n; i++) if (rank(x.subarray(i * classes, (i + 1) * classes), labels[i]!) < k) hits++;
  return n === 0 ? 0 : hits / n;
}

/** How many logits come before that of class c: the larger ones, and of equal ones the earlier. NaN is the largest. */
function rank(row: ArrayLike<number>, c: number): number {
  const own = row[c]!;
  let before = 0;
  for (let j = 0; j < row.length; j++) {
    const x = row[j]!;
    const same = x === own || (Number.isNaN(x) && Number.isNaN(own));
    if (same ? j < c : x > own || Number.isNaN(x)) before++;
  }
  return before;
}
