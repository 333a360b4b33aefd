/** Layers that normalise with running statistics: of batches, and of single samples. */
import { ShapeError } from '../core/errors';
import { aBoolean, aNumber, check, options as optionsOf, orNull, wholeNumber } from '../core/kinds';
import { noGrad, runtime } from '../core/runtime';
import { aTensor } from '../core/tensor-kinds';
import { scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { byPosition, checkArguments, type Positional } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { add } from '../ops/arithmetic';
import { full } from '../ops/creation';
import { reciprocal } from '../ops/elementwise';
import { batchNorm, instanceNorm } from '../ops/norm';
import { copy_ } from '../ops/inplace';
import { squeeze, unsqueeze } from '../ops/view';
import { noteFields } from './fields';
import { Buffer } from './parameter';
import { Normalization } from './normalized';

export interface BatchNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** How much of the running statistics each batch's replace; null: so much that they are the mean of all. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether to learn a factor and a summand for each channel. Default true; of instance norms false. */
  readonly affine?: boolean;
  /** Whether there are running statistics, to normalise by in evaluation. Default true; of instance norms false. */
  readonly trackRunningStats?: boolean;
}
/** Options that may be given by position, in PyTorch's order. */
type RunningOrder = readonly ['eps', 'momentum', 'affine', 'trackRunningStats'];
const RUNNING: RunningOrder = ['eps', 'momentum', 'affine', 'trackRunningStats'];

/** What layers with running statistics share. */
abstract class Running extends Normalization {
  /** [numFeatures], from 0 on; null if statistics are not tracked. */
  readonly running_mean: Buffer | null;
  /** [numFeatures], from 1 on; null if statistics are not tracked. */
  readonly running_var: Buffer | null;
  /** How many batches there were; there if momentum is null, which needs it. */
  readonly num_batches_tracked?: Buffer | null;
  readonly momentum: number | null;

  constructor(
    readonly numFeatures: number,
    where: string,
    options: BatchNormLayerOptions | undefined,
    on: boolean,
  ) {
    checkArguments(
      where,
      [
        ['numFeatures', wholeNumber(1)],
        [
          'options',
          optionsOf<BatchNormLayerOptions>({
            eps: aNumber(0),
            momentum: orNull(aNumber(0, 1)),
            affine: aBoolean,
            trackRunningStats: aBoolean,
          }),
        ],
      ],
      [numFeatures, options],
    );
    const { eps = 1e-5, momentum = 0.1, affine = on, trackRunningStats = on } = options ?? {};
    super([numFeatures], eps, affine, affine);
    this.momentum = momentum;
    const buffer = (shape: Shape, value: number, dtype: 'f32' | 'i32' = 'f32'): Buffer | null =>
      trackRunningStats ? scope(() => new Buffer(full(shape, value, { dtype })), 'initialisation') : null;
    this.running_mean = buffer([numFeatures], 0);
    this.running_var = buffer([numFeatures], 1);
    if (momentum === null) this.num_batches_tracked = buffer([], 0, 'i32');
    noteFields(this);
  }

  /** What the running statistics are to move by at this call, which counts. */
  protected step(): number | Tensor {
    const { momentum, num_batches_tracked: count } = this;
    if (momentum !== null) return momentum;
    if (!count || !this.training) return 0;
    return noGrad(() => {
      if (runtime.segment === 0) copy_(count, add(count, 1)); // and not when it is computed again
      return reciprocal(count);
    });
  }
}

/**
 * In training, each channel is normalised by the statistics of the batch, and the running statistics follow them; in
 * evaluation, by the running statistics (Ioffe & Szegedy 2015). Fields are named as in PyTorch's files, but for
 * `num_batches_tracked`, which is there with momentum null alone: elsewhere loading ignores it.
 */
abstract class BatchNorm extends Running {
  constructor(numFeatures: number, ...options: Positional<BatchNormLayerOptions, RunningOrder>) {
    const where = new.target.name;
    super(numFeatures, where, byPosition<BatchNormLayerOptions, RunningOrder>(where, 1, RUNNING, options), true);
  }

  protected normalise(x: Tensor, shape: string, fits: (ndim: number) => boolean): Tensor {
    check(this.constructor.name, 'x', aTensor, x);
    if (!fits(x.ndim) || x.shape[1] !== this.numFeatures) {
      const wanted = `${shape} with ${this.numFeatures} channels`;
      throw new ShapeError(this.constructor.name, `x takes ${wanted}, this is ${show(x.shape)}`);
    }
    const { weight, bias, eps, running_mean: mean, running_var: variance } = this;
    const training = this.training || mean === null;
    return scope(
      () => batchNorm(x, mean, variance, { weight, bias, eps, momentum: this.step(), training }),
      this.constructor.name,
    );
  }
}
/** Batch normalisation of features [n, numFeatures] or of sequences [n, numFeatures, l]. */
export class BatchNorm1d extends BatchNorm {
  forward(x: Tensor): Tensor {
    return this.normalise(x, '[batch, channels] or [batch, channels, length]', ndim => ndim === 2 || ndim === 3);
  }
}
/** Batch normalisation of images [n, numFeatures, h, w]. */
export class BatchNorm2d extends BatchNorm {
  forward(x: Tensor): Tensor {
    return this.normalise(x, '[batch, channels, height, width]', ndim => ndim === 4);
  }
}
/** Batch normalisation of volumes [n, numFeatures, d, h, w]. */
export class BatchNorm3d extends BatchNorm {
  forward(x: Tensor): Tensor {
    return this.normalise(x, '[batch, channels, depth, height, width]', ndim => ndim === 5);
  }
}
export type InstanceNormLayerOptions = BatchNormLayerOptions;
/** Each channel of each sample is normalised by itself (Ulyanov et al. 2016), with a batch or without. */
abstract class InstanceNorm extends Running {
  constructor(numFeatures: number, ...options: Positional<InstanceNormLayerOptions, RunningOrder>) {
    const where = new.target.name;
    super(numFeatures, where, byPosition<InstanceNormLayerOptions, RunningOrder>(where, 1, RUNNING, options), false);
  }

  protected normalise(x: Tensor, dims: number): Tensor {
    const where = this.constructor.name;
    check(where, 'x', aTensor, x);
    if ((x.ndim !== dims + 2 && x.ndim !== dims + 1) || x.shape.at(-dims - 1) !== this.numFeatures) {
      const layout = `[batch, channels, ${['length', 'height, width', 'depth, height, width'][dims - 1]}]`;
      throw new ShapeError(where, `x takes ${layout} with ${this.numFeatures} channels, this is ${show(x.shape)}`);
    }
    const { weight, bias, eps, running_mean: mean, running_var: variance, momentum } = this;
    const useInputStats = this.training || mean === null;
    return scope(() => {
      const run = (v: Tensor): Tensor =>
        instanceNorm(v, mean, variance, { weight, bias, eps, momentum: momentum ?? 0, useInputStats });
      return x.ndim === dims + 2 ? run(x) : squeeze(run(unsqueeze(x, 0)), 0);
    }, where);
  }
}
/** Instance normalisation of sequences [n, numFeatures, l]. */
export class InstanceNorm1d extends InstanceNorm {
  forward(x: Tensor): Tensor {
    return this.normalise(x, 1);
  }
}
/** Instance normalisation of images [n, numFeatures, h, w]. */
export class InstanceNorm2d extends InstanceNorm {
  forward(x: Tensor): Tensor {
    return this.normalise(x, 2);
  }
}
/** Instance normalisation of volumes [n, numFeatures, d, h, w]. */
export class InstanceNorm3d extends InstanceNorm {
  forward(x: Tensor): Tensor {
    return this.normalise(x, 3);
  }
}
