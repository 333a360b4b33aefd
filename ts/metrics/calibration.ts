/** Whether a classifier is right as often as it says. */
import { ValueError } from '../core/errors';
import { check, checkCount, oneOf, options as optionsOf, wholeNumber, type Keys } from '../core/kinds';
import { scope } from '../core/scope';
import { sameShape } from '../core/shape';
import { checkConstructor } from '../core/signature';
import { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { maxAlong } from '../ops/extremum';
import { softmax } from '../ops/softmax';
import { checkLabels, type Labels } from './labels';
import type { Metric } from './metric';
import { refuseNaN, scoresOf, targetsOf } from './outputs';
import { ratio, sum } from './scores';

export interface CalibrationOptions {
  /** How many intervals of equal width the confidences from 0 to 1 fall into. Default 15. */
  readonly bins?: number;
  /** The mean over all samples, or the largest of a bin. Default 'expected'. */
  readonly error?: 'expected' | 'maximal';
  /** What the outputs are. Default 'logits'. */
  readonly input?: 'logits' | 'probabilities';
}
const keys: Keys<CalibrationOptions> = {
  bins: wholeNumber(1, 2 ** 20),
  error: oneOf('expected', 'maximal'),
  input: oneOf('logits', 'probabilities'),
};

/** The samples with a confidence in one interval. */
export interface CalibrationBin {
  /** The mean of their confidences; NaN if there are none. */
  readonly confidence: number;
  /** The share of them that are right; NaN if there are none. */
  readonly accuracy: number;
  readonly samples: number;
}

/** Of each sample, the probability of what was predicted, and whether it was right (1 or 0). */
interface Confidences {
  readonly confidence: ArrayLike<number>;
  readonly right: ArrayLike<number>;
}

/**
 * How far confidence is from accuracy: Σ nᵦ/n · |accuracyᵦ − confidenceᵦ| over the bins b (ECE), or the largest of these
 * distances (MCE). Bin b of B has the confidences in (b/B, (b+1)/B], the first also 0 (Naeini 2015, Guo 2017). NaN if there
 * are no samples.
 */
export class CalibrationError implements Metric {
  readonly name: string;
  readonly better = 'lower';
  readonly #confidence: Float64Array;
  readonly #right: Float64Array;
  readonly #samples: Float64Array;

  constructor(readonly options: CalibrationOptions = {}) {
    checkConstructor<typeof CalibrationError>('CalibrationError', [['options', optionsOf(keys)]], arguments);
    const { bins = 15, error = 'expected' } = options;
    this.name = `${error}CalibrationError`;
    this.#confidence = new Float64Array(bins);
    this.#right = new Float64Array(bins);
    this.#samples = new Float64Array(bins);
  }

  /**
   * Counts a batch. Of [n, classes, …] (f32) the confidence is the probability of the most likely class, of equal ones the
   * first; of scores in the shape of the targets (f32, targets 0 or 1 of any type) it is the probability of class 1, which
   * is to be the share of class 1. Throws, before it counts any, ShapeError if shapes do not fit, IndexError for a target
   * that is none of the classes, ValueError for NaN and for probabilities outside [0, 1].
   */
  update(output: Tensor, target: Labels): void {
    const where = 'CalibrationError';
    checkCount(`${where}.update`, 2, arguments);
    check(where, 'output', aTensor, output);
    const isOne = target instanceof Tensor ? sameShape(output.shape, target.shape) : output.ndim === 1;
    const { confidence, right } = (isOne ? ofOne : ofMany)(where, output, target, this.options);
    for (let i = 0; i < confidence.length; i++) checkProbability(where, confidence[i]!, i);
    const bins = this.#samples.length;
    for (let i = 0; i < confidence.length; i++) {
      const p = confidence[i]!;
      const b = Math.max(Math.ceil(p * bins) - 1, 0);
      this.#confidence[b]! += p;
      this.#right[b]! += right[i]!;
      this.#samples[b]!++;
    }
  }

  compute(): number {
    const bins = this.perBin().filter(({ samples }) => samples > 0);
    if (bins.length === 0) return NaN;
    const distances = bins.map(({ accuracy, confidence }) => Math.abs(accuracy - confidence));
    if (this.options.error === 'maximal') return Math.max(...distances);
    return sum(distances.map((d, b) => d * bins[b]!.samples)) / sum(bins.map(({ samples }) => samples));
  }

  /** What a reliability diagram shows. */
  perBin(): CalibrationBin[] {
    return Array.from(this.#samples, (samples, b) => ({
      confidence: ratio(this.#confidence[b]!, samples, NaN),
      accuracy: ratio(this.#right[b]!, samples, NaN),
      samples,
    }));
  }

  reset(): void {
    for (const sums of [this.#confidence, this.#right, this.#samples]) sums.fill(0);
  }
}

/** Of the most likely class. */
function ofMany(where: string, output: Tensor, target: Labels, { input }: CalibrationOptions): Confidences {
  const { classes, labels } = targetsOf(where, output, target);
  checkLabels(where, 'target', labels, classes);
  return scope(() => {
    const x = output.detach();
    const [largest, index] = maxAlong(input === 'probabilities' ? x : softmax(x, 1), { dim: 1 });
    const [confidence, predicted] = [largest.toArray(), index.toArray()];
    refuseNaN(where, 'output', output, confidence);
    const right = new Uint8Array(labels.length);
    for (let i = 0; i < right.length; i++) right[i] = Number(labels[i] === predicted[i]);
    return { confidence, right };
  }, where);
}

/** Of class 1. */
function ofOne(where: string, output: Tensor, target: Labels, { input }: CalibrationOptions): Confidences {
  const { scores, labels } = scoresOf(where, output, target);
  const confidence = input === 'probabilities' ? scores : Float64Array.from(scores, x => 1 / (1 + Math.exp(-x)));
  return { confidence, right: labels };
}

function checkProbability(where: string, p: number, i: number): void {
  if (p >= 0 && p <= 1) return;
  throw new ValueError(where, `output takes probabilities from 0 to 1, that of sample ${i} is ${p}`);
}
