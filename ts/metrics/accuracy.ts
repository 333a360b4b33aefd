/** How often a classifier is right: hits / samples. */
import { check, checkCount, options as optionsOf, wholeNumber } from '../core/kinds';
import { checkConstructor } from '../core/signature';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { ValueError } from '../core/errors';
import { topk } from '../ops/order';
import { checkLabels, checkWhole, type Labels } from './labels';
import type { Metric } from './metric';
import { aThreshold, judge, refuseNaN, targetsOf, type ThresholdOptions } from './outputs';

/** Samples that were classified as their target says, and all. */
interface Hits {
  readonly hits: number;
  readonly samples: number;
}
const share = ({ hits, samples }: Hits): number => (samples === 0 ? 0 : hits / samples);

/** Counts the hits of batches. */
abstract class HitRate implements Metric {
  abstract readonly name: string;
  readonly better = 'higher';
  #hits = 0;
  #samples = 0;

  protected count({ hits, samples }: Hits): void {
    this.#hits += hits;
    this.#samples += samples;
  }
  abstract update(output: Tensor, target: Tensor): void;
  /** The share of hits, from 0 to 1; 0 if there are no samples. */
  compute(): number {
    return share({ hits: this.#hits, samples: this.#samples });
  }
  reset(): void {
    this.#hits = 0;
    this.#samples = 0;
  }
}

/** The share of samples classified as their target says, from 0 to 1; 0 if there are none. */
export class Accuracy extends HitRate {
  readonly name = 'accuracy';

  constructor(readonly options: ThresholdOptions = {}) {
    super();
    const keys = optionsOf<ThresholdOptions>({ threshold: aThreshold });
    checkConstructor<typeof Accuracy>('Accuracy', [['options', keys]], arguments);
  }

  /**
   * Counts a batch. The output is logits (f32, [n, classes, …]), of which the largest counts and of equal ones the first;
   * with a threshold, scores in the shape of the targets; or classes, as many as targets. Throws, before it counts any,
   * ShapeError if shapes do not fit, IndexError for a target that is none of the logits' classes, ValueError for NaN.
   */
  update(output: Labels, target: Labels): void {
    checkCount('Accuracy.update', 2, arguments);
    this.count(hitsOf('Accuracy', output, target, this.options.threshold));
  }
}

/** The share of samples whose target is among the k largest logits, from 0 to 1; 0 if there are none. */
export class TopKAccuracy extends HitRate {
  readonly name: string;

  constructor(readonly k: number) {
    super();
    checkConstructor<typeof TopKAccuracy>('TopKAccuracy', [['k', wholeNumber(1)]], arguments);
    this.name = `top${k}Accuracy`;
  }

  /**
   * Counts a batch of logits (f32, [n, classes, …]); of equal ones the first is the larger. Throws ValueError for fewer than
   * k classes and for NaN, ShapeError if shapes do not fit, IndexError for a target that is none of the classes.
   */
  update(output: Tensor, target: Labels): void {
    checkCount('TopKAccuracy.update', 2, arguments);
    this.count(topHitsOf('TopKAccuracy', output, target, this.k));
  }
}

/**
 * The share of samples classified as their target says, from 0 to 1; 0 if there are none. Takes, and throws, what
 * {@link Accuracy} does.
 */
export function accuracy(output: Labels, target: Labels): number {
  checkCount('accuracy', 2, arguments);
  return share(hitsOf('accuracy', output, target, undefined));
}

/**
 * The share of samples whose target is among the k largest logits (f32, [n, classes, …]), from 0 to 1; 0 if there are
 * none. Of equal logits the first is the larger. Throws ValueError unless k is from 1 to the number of classes.
 */
export function topKAccuracy(output: Tensor, target: Labels, k: number): number {
  checkCount('topKAccuracy', 3, arguments);
  check('topKAccuracy', 'k', wholeNumber(1), k);
  return share(topHitsOf('topKAccuracy', output, target, k));
}

function hitsOf(where: string, output: Labels, target: Labels, threshold: number | undefined): Hits {
  const { predicted, actual, classes } = judge(where, output, target, threshold);
  if (classes !== null) checkLabels(where, 'target', actual, classes);
  else {
    checkWhole(where, 'output', predicted);
    checkWhole(where, 'target', actual);
  }
  let hits = 0;
  for (let i = 0; i < actual.length; i++) if (predicted[i] === actual[i]) hits++;
  return { hits, samples: actual.length };
}

function topHitsOf(where: string, output: Tensor, target: Labels, k: number): Hits {
  const { classes, labels } = targetsOf(where, output, target);
  if (k > classes) throw new ValueError(where, `k takes 1 to the ${classes} classes, this is ${k}`);
  checkLabels(where, 'target', labels, classes);
  const samples = labels.length;
  const largest = scope(() => {
    const [values, index] = topk(output.detach(), k, 1);
    refuseNaN(where, 'output', output, values.toArray());
    return index.toArray();
  }, where);
  // [n, k, …]: sample i of n · inner has its k at a distance of inner.
  const inner = samples === 0 ? 1 : samples / output.shape[0]!;
  let hits = 0;
  for (let i = 0; i < samples; i++) {
    const first = Math.floor(i / inner) * k * inner + (i % inner);
    for (let j = 0; j < k; j++) if (largest[first + j * inner] === labels[i]) hits++;
  }
  return { hits, samples };
}
