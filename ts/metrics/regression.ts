/** How far predicted numbers are from those that are. Sums are of float64. */
import { DTypeError, ShapeError } from '../core/errors';
import { check, checkCount } from '../core/kinds';
import { sameShape, show } from '../core/shape';
import { checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import type { Metric } from './metric';
import { refuseNaN } from './outputs';
import { ratio, sum } from './scores';

interface Numbers {
  readonly predicted: ArrayLike<number>;
  readonly actual: ArrayLike<number>;
}
/** The numbers of both. Throws unless the output is f32, both have one shape and no NaN. */
function numbersOf(where: string, output: Tensor, target: Tensor): Numbers {
  check(where, 'output', aTensor, output);
  check(where, 'target', aTensor, target);
  if (output.dtype !== 'f32') throw new DTypeError(where, `output takes f32, this is ${output.dtype}`);
  if (!sameShape(output.shape, target.shape)) {
    throw new ShapeError(where, `output ${show(output.shape)} has not the shape of target ${show(target.shape)}`);
  }
  const [predicted, actual] = [output.toArray(), target.toArray()];
  refuseNaN(where, 'output', output, predicted);
  refuseNaN(where, 'target', target, actual);
  return { predicted, actual };
}

/** The mean of a distance between each output and its target. */
abstract class MeanError implements Metric {
  abstract readonly name: string;
  readonly better = 'lower';
  readonly #distance: (difference: number) => number;
  #sum = 0;
  #count = 0;

  constructor(distance: (difference: number) => number) {
    this.#distance = distance;
  }
  /** Takes a batch: output (f32) and target in one shape. Throws ShapeError if they are not, ValueError for NaN. */
  update(output: Tensor, target: Tensor): void {
    const where = this.constructor.name;
    checkCount(`${where}.update`, 2, arguments);
    const { predicted, actual } = numbersOf(where, output, target);
    for (let i = 0; i < actual.length; i++) this.#sum += this.#distance(predicted[i]! - actual[i]!);
    this.#count += actual.length;
  }
  /** NaN if there are no numbers. */
  compute(): number {
    return ratio(this.#sum, this.#count, NaN);
  }
  reset(): void {
    this.#sum = 0;
    this.#count = 0;
  }
}

/** The mean of (y − t)² over all outputs y and targets t. */
export class MeanSquaredError extends MeanError {
  readonly name = 'meanSquaredError';
  constructor() {
    super(difference => difference * difference);
    checkConstructor<typeof MeanSquaredError>('MeanSquaredError', [], arguments);
  }
}
/** The mean of |y − t| over all outputs y and targets t. */
export class MeanAbsoluteError extends MeanError {
  readonly name = 'meanAbsoluteError';
  constructor() {
    super(Math.abs);
    checkConstructor<typeof MeanAbsoluteError>('MeanAbsoluteError', [], arguments);
  }
}

/** Sums over the samples, of one output. */
interface Sums {
  /** Σ t / n, and Σ (t − mean)². */
  mean: number;
  spread: number;
  /** Σ (y − t)². */
  residual: number;
}

/**
 * The coefficient of determination: of the variance of the targets, the share that the outputs explain,
 * 1 − Σ(y − t)² / Σ(t − mean t)². Of several outputs [n, …] each has its own, and the mean is taken. Where all targets are
 * equal it is 1 if all outputs are right, otherwise 0. NaN for fewer than two samples.
 */
export class R2Score implements Metric {
  readonly name = 'r2Score';
  readonly better = 'higher';
  #samples = 0;
  #sums: Sums[] = [];

  constructor() {
    checkConstructor<typeof R2Score>('R2Score', [], arguments);
  }

  /**
   * Takes a batch: output (f32) and target in one shape, [n] or [n, …]. Throws ShapeError if they are not, or have not the
   * outputs of the batches before; ValueError for NaN.
   */
  update(output: Tensor, target: Tensor): void {
    checkCount('R2Score.update', 2, arguments);
    const { predicted, actual } = numbersOf('R2Score', output, target);
    const [n] = output.shape;
    if (n === undefined) throw new ShapeError('R2Score', 'output takes [n] or [n, …], this is one number');
    if (n === 0) return;
    const outputs = actual.length / n;
    if (this.#samples === 0) this.#sums = Array.from({ length: outputs }, () => ({ mean: 0, spread: 0, residual: 0 }));
    if (outputs !== this.#sums.length) {
      throw new ShapeError('R2Score', `output has ${outputs} numbers a sample, before it had ${this.#sums.length}`);
    }
    for (let i = 0; i < actual.length; i++) {
      const [t, y] = [actual[i]!, predicted[i]!];
      const of = this.#sums[i % outputs]!;
      const before = t - of.mean;
      of.mean += before / (this.#samples + Math.floor(i / outputs) + 1); // Welford 1962
      of.spread += before * (t - of.mean);
      of.residual += (y - t) ** 2;
    }
    this.#samples += n;
  }
  compute(): number {
    if (this.#samples < 2) return NaN;
    return sum(this.#sums.map(scoreOf)) / this.#sums.length;
  }
  reset(): void {
    this.#samples = 0;
  }
}
const scoreOf = ({ spread, residual }: Sums): number => (spread === 0 ? Number(residual === 0) : 1 - residual / spread);
