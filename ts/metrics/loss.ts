/** Means of losses over samples that come in batches. */
import { ShapeError, ValueError } from '../core/errors';
import {
  aFunction,
  aText,
  check,
  checkCount,
  optional,
  options as optionsOf,
  wholeNumber,
  type Keys,
} from '../core/kinds';
import { scope } from '../core/scope';
import { show } from '../core/shape';
import { checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { crossEntropy } from '../ops/cross-entropy';
import { reshape } from '../ops/basic';
import { checkLabels, countOf } from './labels';
import type { Metric } from './metric';
import { refuseNaN, targetsOf } from './outputs';
import { ratio } from './scores';

export interface PerplexityOptions {
  /** A target that does not count, as padding. Default −100. */
  readonly ignoreIndex?: number;
}
const keys: Keys<PerplexityOptions> = { ignoreIndex: wholeNumber(-Infinity) };

/**
 * exp(−1/n Σ ln pᵢ) with the probability pᵢ that the model gave to the i-th of n targets: among how many equally likely ones
 * it would be as unsure. NaN if there are no targets.
 */
export class Perplexity implements Metric {
  readonly name = 'perplexity';
  readonly better = 'lower';
  #sum = 0;
  #targets = 0;

  constructor(readonly options: PerplexityOptions = {}) {
    checkConstructor<typeof Perplexity>('Perplexity', [['options', optionsOf(keys)]], arguments);
  }

  /**
   * Takes a batch of logits (f32, [n, classes, …]) and class targets [n, …]. Throws, before it counts any, ShapeError if
   * shapes do not fit, IndexError for a target that is none of the classes, ValueError for NaN.
   */
  update(output: Tensor, target: Tensor): void {
    const where = 'Perplexity';
    checkCount(`${where}.update`, 2, arguments);
    check(where, 'target', aTensor, target);
    const { ignoreIndex = -100 } = this.options;
    const { classes, labels } = targetsOf(where, output, target);
    checkLabels(where, 'target', labels, classes, ignoreIndex);
    const counts = labels.length - countOf(labels, ignoreIndex);
    if (counts === 0) return;
    const losses = scope(() => {
      const [n, , ...rest] = output.shape;
      const index = reshape(target, [n!, ...rest]);
      // Without ignored targets it is one kernel.
      const options = { reduction: 'none', ...(counts < labels.length && { ignoreIndex }) } as const;
      return crossEntropy(output.detach(), index, options).toArray();
    }, where);
    refuseNaN(where, 'output', output, losses);
    for (let i = 0; i < losses.length; i++) this.#sum += losses[i]!;
    this.#targets += counts;
  }
  compute(): number {
    return Math.exp(ratio(this.#sum, this.#targets, NaN));
  }
  reset(): void {
    this.#sum = 0;
    this.#targets = 0;
  }
}

/** What {@link MeanLoss} takes: a loss of a batch, which is the mean over its samples. */
export type BatchLoss = (output: Tensor, target: Tensor) => Tensor;

/** The mean of a loss over all samples, where batches may be of different sizes. NaN if there are no samples. */
export class MeanLoss implements Metric {
  readonly better = 'lower';
  #sum = 0;
  #samples = 0;

  /** @param loss the mean over the samples of a batch, as losses are by default: `crossEntropy` */
  constructor(
    readonly loss: BatchLoss,
    readonly name: string = 'loss',
  ) {
    checkConstructor<typeof MeanLoss>(
      'MeanLoss',
      [
        ['loss', aFunction<BatchLoss>()],
        ['name', optional(aText)],
      ],
      arguments,
    );
  }

  /** Takes a batch, whose first dimension is its samples. Throws what the loss throws, and ValueError if it is NaN. */
  update(output: Tensor, target: Tensor): void {
    const where = 'MeanLoss';
    checkCount(`${where}.update`, 2, arguments);
    check(where, 'output', aTensor, output);
    const n = output.shape[0] ?? 1;
    if (n === 0) return;
    const value = scope(() => {
      const loss = this.loss(output.detach(), target);
      check(where, 'loss', aTensor, loss);
      if (loss.size !== 1)
        throw new ShapeError(where, `loss takes one number for a batch, this has ${show(loss.shape)}`);
      return loss.item();
    }, where);
    if (Number.isNaN(value)) throw new ValueError(where, 'the loss is NaN');
    this.#sum += value * n;
    this.#samples += n;
  }
  compute(): number {
    return ratio(this.#sum, this.#samples, NaN);
  }
  reset(): void {
    this.#sum = 0;
    this.#samples = 0;
  }
}
