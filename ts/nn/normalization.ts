/** Layers that normalise: x̂ · weight + bias, where x̂ has mean 0 and variance 1 over what the layer says. */
import { ShapeError } from '../core/errors';
import { aBoolean, aNumber, check, oneSizeOrMore, options as optionsOf, wholeNumber } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { full } from '../ops/creation';
import { batchNorm, groupNorm, layerNorm, localResponseNorm, rmsNorm } from '../ops/norm';
import { localResponseNormKeys, type LocalResponseNormOptions } from '../ops/windows';
import { constant } from './initial';
import { noteFields } from './fields';
import { Layer } from './module';
import { Buffer, type Parameter } from './parameter';

/** What layers that normalise share. */
abstract class Normalization extends Layer {
  /** γ, from 1 on; null if it is not learned. */
  weight: Parameter | null;
  /** β, from 0 on; null if it is not learned. */
  bias: Parameter | null;

  constructor(
    shape: Shape,
    /** ε, added to the variance. */
    readonly eps: number,
    weight: boolean,
    bias: boolean,
  ) {
    super();
    this.weight = weight ? constant(shape, 1) : null;
    this.bias = bias ? constant(shape, 0) : null;
    noteFields(this);
  }
}

export interface BatchNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** How much of the running statistics each batch's replace. Default 0.1. */
  readonly momentum?: number;
  /** Whether to learn a factor and a summand for each channel. Default true. */
  readonly affine?: boolean;
}
/**
 * In training, each channel is normalised by the statistics of the batch, and the running statistics follow them; in
 * evaluation, by the running statistics (Ioffe & Szegedy 2015). Fields are named as in PyTorch's files, but for
 * `num_batches_tracked`, which nothing here needs: loading ignores it.
 */
abstract class BatchNorm extends Normalization {
  /** [numFeatures], from 0 on. */
  running_mean: Buffer;
  /** [numFeatures], from 1 on. */
  running_var: Buffer;
  readonly momentum: number;

  constructor(
    readonly numFeatures: number,
    options: BatchNormLayerOptions = {},
  ) {
    checkConstructor<typeof BatchNorm>(
      new.target.name,
      [
        ['numFeatures', wholeNumber(1)],
        ['options', optionsOf<BatchNormLayerOptions>({ eps: aNumber(0), momentum: aNumber(0, 1), affine: aBoolean })],
      ],
      arguments,
    );
    const { eps = 1e-5, momentum = 0.1, affine = true } = options;
    super([numFeatures], eps, affine, affine);
    this.momentum = momentum;
    const buffer = (value: number): Buffer => scope(() => new Buffer(full([numFeatures], value)), 'initialisation');
    this.running_mean = buffer(0);
    this.running_var = buffer(1);
    noteFields(this);
  }

  protected normalise(x: Tensor, shape: string, fits: (ndim: number) => boolean): Tensor {
    check(this.constructor.name, 'x', aTensor, x);
    if (!fits(x.ndim) || x.shape[1] !== this.numFeatures) {
      const wanted = `${shape} with ${this.numFeatures} channels`;
      throw new ShapeError(this.constructor.name, `x takes ${wanted}, this is ${show(x.shape)}`);
    }
    const { weight, bias, eps, momentum, training } = this;
    return batchNorm(x, this.running_mean, this.running_var, { weight, bias, eps, momentum, training });
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

/** The sizes of the last dimensions. */
function normalizedShape(where: string, shape: number | Shape): Shape {
  const sizes = typeof shape === 'number' ? [shape] : [...shape];
  if (sizes.length === 0) throw new ShapeError(where, 'normalizedShape takes one dimension or more, this is []');
  return sizes;
}

export interface LayerNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether to learn a factor and a summand for each element. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Whether to learn the summand. Default true. */
  readonly bias?: boolean;
}
/** Layer normalisation over the last dimensions, those of sizes `normalizedShape` (Ba et al. 2016). */
export class LayerNorm extends Normalization {
  readonly normalizedShape: Shape;

  constructor(shape: number | Shape, options: LayerNormLayerOptions = {}) {
    checkConstructor<typeof LayerNorm>(
      'LayerNorm',
      [
        ['shape', oneSizeOrMore],
        ['options', optionsOf<LayerNormLayerOptions>({ eps: aNumber(0), elementwiseAffine: aBoolean, bias: aBoolean })],
      ],
      arguments,
    );
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    const sizes = normalizedShape('LayerNorm', shape);
    super(sizes, eps, elementwiseAffine, elementwiseAffine && bias);
    this.normalizedShape = sizes;
  }

  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, { weight: this.weight, bias: this.bias, eps: this.eps });
  }
}

export interface RMSNormLayerOptions {
  /** Added to the mean square. Default 2⁻²³. */
  readonly eps?: number;
  /** Whether to learn a factor for each element. Default true. */
  readonly elementwiseAffine?: boolean;
}
/** x / √(mean x² + ε) · weight over the last dimensions, those of sizes `normalizedShape` (Zhang & Sennrich 2019). */
export class RMSNorm extends Normalization {
  readonly normalizedShape: Shape;

  constructor(shape: number | Shape, options: RMSNormLayerOptions = {}) {
    checkConstructor<typeof RMSNorm>(
      'RMSNorm',
      [
        ['shape', oneSizeOrMore],
        ['options', optionsOf<RMSNormLayerOptions>({ eps: aNumber(0), elementwiseAffine: aBoolean })],
      ],
      arguments,
    );
    const { eps = 2 ** -23, elementwiseAffine = true } = options;
    const sizes = normalizedShape('RMSNorm', shape);
    super(sizes, eps, elementwiseAffine, false);
    this.normalizedShape = sizes;
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, { weight: this.weight, eps: this.eps });
  }
}

export interface GroupNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether to learn a factor and a summand for each channel. Default true. */
  readonly affine?: boolean;
}
/** Normalisation of each of `numGroups` groups of channels of each sample of x [n, numChannels, …] (Wu & He 2018). */
export class GroupNorm extends Normalization {
  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options: GroupNormLayerOptions = {},
  ) {
    checkConstructor<typeof GroupNorm>(
      'GroupNorm',
      [
        ['numGroups', wholeNumber(1)],
        ['numChannels', wholeNumber(1)],
        ['options', optionsOf<GroupNormLayerOptions>({ eps: aNumber(0), affine: aBoolean })],
      ],
      arguments,
    );
    const { eps = 1e-5, affine = true } = options;
    if (numChannels % numGroups !== 0) {
      throw new ShapeError('GroupNorm', `${numChannels} channels do not divide into ${numGroups} groups`);
    }
    super([numChannels], eps, affine, affine);
  }

  forward(x: Tensor): Tensor {
    check('GroupNorm', 'x', aTensor, x);
    if (x.shape[1] !== this.numChannels) {
      throw new ShapeError('GroupNorm', `x takes [batch, ${this.numChannels}, …], this is ${show(x.shape)}`);
    }
    return groupNorm(x, this.numGroups, { weight: this.weight, bias: this.bias, eps: this.eps });
  }
}

export interface InstanceNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether to learn a factor and a summand for each channel. Default false. */
  readonly affine?: boolean;
}
/** Normalisation of each channel of each image of x [n, numFeatures, h, w] by itself (Ulyanov et al. 2016). */
export class InstanceNorm2d extends Normalization {
  constructor(
    readonly numFeatures: number,
    options: InstanceNormLayerOptions = {},
  ) {
    checkConstructor<typeof InstanceNorm2d>(
      'InstanceNorm2d',
      [
        ['numFeatures', wholeNumber(1)],
        ['options', optionsOf<InstanceNormLayerOptions>({ eps: aNumber(0), affine: aBoolean })],
      ],
      arguments,
    );
    const { eps = 1e-5, affine = false } = options;
    super([numFeatures], eps, affine, affine);
  }

  forward(x: Tensor): Tensor {
    check('InstanceNorm2d', 'x', aTensor, x);
    if (x.ndim !== 4 || x.shape[1] !== this.numFeatures) {
      const wanted = `[batch, channels, height, width] with ${this.numFeatures} channels`;
      throw new ShapeError('InstanceNorm2d', `x takes ${wanted}, this is ${show(x.shape)}`);
    }
    return groupNorm(x, this.numFeatures, { weight: this.weight, bias: this.bias, eps: this.eps });
  }
}

/** Local response normalisation across `size` neighbouring channels (AlexNet). No parameters to learn here. */
export class LocalResponseNorm extends Layer {
  constructor(
    readonly size: number,
    readonly options: LocalResponseNormOptions = {},
  ) {
    super();
    checkConstructor<typeof LocalResponseNorm>(
      'LocalResponseNorm',
      [
        ['size', wholeNumber(1)],
        ['options', optionsOf(localResponseNormKeys)],
      ],
      arguments,
    );
  }
  forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, this.options);
  }
}
