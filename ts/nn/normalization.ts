/** Layers that normalise. Weights begin at 1, biases at 0. */
import { ShapeError } from '../core/errors';
import { aBoolean, aNumber, aTensor, check, oneSizeOrMore, options as optionsOf, wholeNumber } from '../core/kinds';
import { scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { checkArguments } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { full } from '../ops/creation';
import { batchNorm, groupNorm, layerNorm, localResponseNorm, rmsNorm } from '../ops/norm';
import { localResponseNormKeys, type LocalResponseNormOptions } from '../ops/windows';
import { constant } from './initial';
import { Buffer, Layer, type Parameter } from './module';

export interface BatchNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** How much of the running statistics each batch's replace. Default 0.1. */
  readonly momentum?: number;
  /** Whether to learn a factor and a summand for each channel. Default true. */
  readonly affine?: boolean;
}
/**
 * In training, each channel is normalised by the batch and the running statistics follow; in evaluation, by those.
 * Their names are those of PyTorch's files, but for `num_batches_tracked`, which nothing here needs: load such a file
 * with `strict: false`.
 */
abstract class BatchNorm extends Layer {
  /** [numFeatures] */
  readonly weight: Parameter | null;
  /** [numFeatures] */
  readonly bias: Parameter | null;
  /** [numFeatures], from 0 on. */
  readonly running_mean: Buffer;
  /** [numFeatures], from 1 on. */
  readonly running_var: Buffer;
  readonly eps: number;
  readonly momentum: number;

  constructor(
    readonly numFeatures: number,
    options: BatchNormLayerOptions = {},
  ) {
    super();
    checkArguments(
      this.constructor.name,
      [
        ['numFeatures', wholeNumber(1)],
        ['options', optionsOf<BatchNormLayerOptions>({ eps: aNumber(0), momentum: aNumber(0, 1), affine: aBoolean })],
      ],
      [numFeatures, options],
    );
    const { eps = 1e-5, momentum = 0.1, affine = true } = options;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? constant([numFeatures], 1) : null;
    this.bias = affine ? constant([numFeatures], 0) : null;
    const buffer = (value: number): Buffer => scope(() => new Buffer(full([numFeatures], value)), 'initialisation');
    this.running_mean = buffer(0);
    this.running_var = buffer(1);
  }

  protected normalise(x: Tensor, form: string, fits: (ndim: number) => boolean): Tensor {
    check(this.constructor.name, 'x', aTensor, x);
    if (!fits(x.ndim) || x.shape[1] !== this.numFeatures) {
      const wanted = `${form} with ${this.numFeatures} channels`;
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
/** Layer normalisation over the last dimensions, those of sizes `normalizedShape`. */
export class LayerNorm extends Layer {
  readonly normalizedShape: Shape;
  /** In the shape that is normalised. */
  readonly weight: Parameter | null;
  /** In the shape that is normalised. */
  readonly bias: Parameter | null;
  readonly eps: number;

  constructor(shape: number | Shape, options: LayerNormLayerOptions = {}) {
    super();
    checkArguments(
      'LayerNorm',
      [
        ['shape', oneSizeOrMore],
        ['options', optionsOf<LayerNormLayerOptions>({ eps: aNumber(0), elementwiseAffine: aBoolean, bias: aBoolean })],
      ],
      [shape, options],
    );
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    this.normalizedShape = normalizedShape('LayerNorm', shape);
    this.eps = eps;
    this.weight = elementwiseAffine ? constant(this.normalizedShape, 1) : null;
    this.bias = elementwiseAffine && bias ? constant(this.normalizedShape, 0) : null;
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
export class RMSNorm extends Layer {
  readonly normalizedShape: Shape;
  /** In the shape that is normalised. */
  readonly weight: Parameter | null;
  readonly eps: number;

  constructor(shape: number | Shape, options: RMSNormLayerOptions = {}) {
    super();
    checkArguments(
      'RMSNorm',
      [
        ['shape', oneSizeOrMore],
        ['options', optionsOf<RMSNormLayerOptions>({ eps: aNumber(0), elementwiseAffine: aBoolean })],
      ],
      [shape, options],
    );
    const { eps = 2 ** -23, elementwiseAffine = true } = options;
    this.normalizedShape = normalizedShape('RMSNorm', shape);
    this.eps = eps;
    this.weight = elementwiseAffine ? constant(this.normalizedShape, 1) : null;
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
/** Normalisation of each of `numGroups` groups of channels of each sample of x [n, numChannels, …]. */
export class GroupNorm extends Layer {
  /** [numChannels] */
  readonly weight: Parameter | null;
  /** [numChannels] */
  readonly bias: Parameter | null;
  readonly eps: number;

  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options: GroupNormLayerOptions = {},
  ) {
    super();
    checkArguments(
      'GroupNorm',
      [
        ['numGroups', wholeNumber(1)],
        ['numChannels', wholeNumber(1)],
        ['options', optionsOf<GroupNormLayerOptions>({ eps: aNumber(0), affine: aBoolean })],
      ],
      [numGroups, numChannels, options],
    );
    const { eps = 1e-5, affine = true } = options;
    if (numChannels % numGroups !== 0) {
      throw new ShapeError('GroupNorm', `${numChannels} channels do not divide into ${numGroups} groups`);
    }
    this.eps = eps;
    this.weight = affine ? constant([numChannels], 1) : null;
    this.bias = affine ? constant([numChannels], 0) : null;
  }

  forward(x: Tensor): Tensor {
    check('GroupNorm', 'x', aTensor, x);
    if (x.shape[1] !== this.numChannels) {
      throw new ShapeError('GroupNorm', `x takes [batch, ${this.numChannels}, …], this is ${show(x.shape)}`);
    }
    return groupNorm(x, this.numGroups, { weight: this.weight, bias: this.bias, eps: this.eps });
  }
}

/** Local response normalisation across `size` neighbouring channels (AlexNet). No parameters to learn here. */
export class LocalResponseNorm extends Layer {
  constructor(
    readonly size: number,
    readonly options: LocalResponseNormOptions = {},
  ) {
    super();
    checkArguments(
      'LocalResponseNorm',
      [
        ['size', wholeNumber(1)],
        ['options', optionsOf(localResponseNormKeys)],
      ],
      [size, options],
    );
  }
  forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, this.options);
  }
}
