/** Scores of all samples so far, and what is found of a class at each threshold. */
import type { TensorData } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { checkCount, oneOf, optional, options as optionsOf, wholeNumber, type Keys } from '../core/kinds';
import { scope } from '../core/scope';
import { checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { softmax } from '../ops/softmax';
import { checkLabels, countOf, type Labels } from './labels';
import type { Metric } from './metric';
import { refuseNaN, scoresOf, targetsOf } from './outputs';
import { sum } from './scores';

export interface RankingOptions {
  /**
   * What the outputs for several classes are. Of 'logits' softmax is taken first, since scores of different samples are
   * compared; 'probabilities' are taken as they are, and so are always the scores of two classes. Default 'logits'.
   */
  readonly input?: 'logits' | 'probabilities';
}
const keys: Keys<RankingOptions> = { input: oneOf('logits', 'probabilities') };

/** What is found when samples with a score of at least a threshold are taken as positive. */
export interface Ranking {
  /** The distinct scores, from the largest to the smallest. */
  readonly thresholds: readonly number[];
  /** True positives at each. */
  readonly tp: readonly number[];
  /** False positives at each. */
  readonly fp: readonly number[];
  /** Samples of the class, and others. */
  readonly positives: number;
  readonly negatives: number;
}

interface Batch {
  /** [n, classes, inner] */
  readonly scores: TensorData;
  readonly labels: Uint8Array | Int32Array;
  readonly inner: number;
}

/**
 * A metric that ranks samples by their scores. It keeps them: 5 bytes a sample of two classes, 4 · classes + 4 of several,
 * until `reset`.
 */
export abstract class RankingMetric<R> implements Metric<R> {
  abstract readonly name: string;
  abstract readonly better: 'higher' | null;
  #batches: Batch[] = [];

  /**
   * @param classes how many; left out: two, of which class 1 has the scores. Of several each is told from all others.
   */
  constructor(
    readonly classes?: number,
    readonly options: RankingOptions = {},
  ) {
    const takes = [
      ['classes', optional(wholeNumber(1))],
      ['options', optionsOf(keys)],
    ] as const;
    checkConstructor<typeof RankingMetric>(new.target.name, takes, arguments);
  }

  /**
   * Takes a batch. Without `classes` the output is scores (f32) in the shape of the targets, 0 or 1 of any type; otherwise
   * f32 [n, classes, …]. Throws, before it keeps any, ShapeError if shapes do not fit, IndexError for a target that is none
   * of the classes, ValueError for NaN.
   */
  update(output: Tensor, target: Labels): void {
    const where = this.constructor.name;
    checkCount(`${where}.update`, 2, arguments);
    const { classes, options } = this;
    if (classes === undefined) {
      const { scores, labels } = scoresOf(where, output, target);
      this.#batches.push({ scores, labels: Uint8Array.from(labels), inner: 1 });
      return;
    }
    const { classes: given, labels } = targetsOf(where, output, target);
    if (given !== classes) throw new ShapeError(where, `output has scores of ${given} classes, these are ${classes}`);
    checkLabels(where, 'target', labels, classes);
    const scores =
      options.input === 'probabilities' ? output.toArray() : scope(() => softmax(output.detach(), 1).toArray(), where);
    refuseNaN(where, 'output', output, scores);
    const inner = labels.length === 0 ? 1 : labels.length / output.shape[0]!;
    this.#batches.push({ scores, labels: Int32Array.from(labels), inner });
  }

  abstract compute(): R;

  reset(): void {
    this.#batches = [];
  }

  /** Of each class beside all others; of two classes, of class 1. */
  protected rankings(): Ranking[] {
    if (this.classes === undefined) return [ranking(this.#batches, 1, 1, 0)];
    return Array.from({ length: this.classes }, (_, c) => ranking(this.#batches, c, this.classes!, c));
  }
}

/** Of class c, whose scores are in column `column` of `columns`. */
function ranking(batches: readonly Batch[], c: number, columns: number, column: number): Ranking {
  const all = sum(batches.map(({ labels }) => labels.length));
  const positives = sum(batches.map(({ labels }) => countOf(labels, c)));
  const [of, others] = [new Float64Array(positives), new Float64Array(all - positives)];
  let [p, n] = [0, 0];
  for (const { scores, labels, inner } of batches) {
    for (let i = 0; i < labels.length; i++) {
      const score = scores[(Math.floor(i / inner) * columns + column) * inner + (i % inner)]!;
      if (labels[i] === c) of[p++] = score;
      else others[n++] = score;
    }
  }
  return descend(of.sort(), others.sort());
}

/** Goes through the scores of positives and negatives, each sorted, from the largest down; equal ones are passed at once. */
function descend(positive: Float64Array, negative: Float64Array): Ranking {
  const [thresholds, tp, fp]: [number[], number[], number[]] = [[], [], []];
  let [i, j] = [positive.length, negative.length];
  while (i > 0 || j > 0) {
    const threshold = Math.max(positive[i - 1] ?? -Infinity, negative[j - 1] ?? -Infinity);
    while (i > 0 && positive[i - 1] === threshold) i--;
    while (j > 0 && negative[j - 1] === threshold) j--;
    thresholds.push(threshold);
    tp.push(positive.length - i);
    fp.push(negative.length - j);
  }
  return { thresholds, tp, fp, positives: positive.length, negatives: negative.length };
}
