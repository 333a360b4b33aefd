/** Layers that normalise: x̂ · weight + bias, where x̂ has mean 0 and variance 1 over what the layer says. */
import { ShapeError } from '../core/errors';
import { aBoolean, aNumber, check, oneSizeOrMore, options as optionsOf, wholeNumber } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { show, type Shape } from '../core/shape';
import { byPosition, checkArguments, checkConstructor, type Positional } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { groupNorm, layerNorm, localResponseNorm, rmsNorm } from '../ops/norm';
import { localResponseNormKeys, type LocalResponseNormOptions } from '../ops/windows';
import { Layer } from './module';
import { Normalization } from './normalized';

/** Options that may be given by position, in PyTorch's order. */
type EpsOrder = readonly ['eps', 'affine'];
const EPS: EpsOrder = ['eps', 'affine'];
type AffineOrder = readonly ['eps', 'elementwiseAffine', 'bias'];
const AFFINE: AffineOrder = ['eps', 'elementwiseAffine', 'bias'];

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

  constructor(shape: number | Shape, ...options: Positional<LayerNormLayerOptions, AffineOrder>) {
    const given = byPosition<LayerNormLayerOptions, AffineOrder>('LayerNorm', 1, AFFINE, options);
    checkArguments(
      'LayerNorm',
      [
        ['shape', oneSizeOrMore],
        ['options', optionsOf<LayerNormLayerOptions>({ eps: aNumber(0), elementwiseAffine: aBoolean, bias: aBoolean })],
      ],
      [shape, given],
    );
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = given ?? {};
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
    ...options: Positional<GroupNormLayerOptions, EpsOrder>
  ) {
    const given = byPosition<GroupNormLayerOptions, EpsOrder>('GroupNorm', 2, EPS, options);
    checkArguments(
      'GroupNorm',
      [
        ['numGroups', wholeNumber(1)],
        ['numChannels', wholeNumber(1)],
        ['options', optionsOf<GroupNormLayerOptions>({ eps: aNumber(0), affine: aBoolean })],
      ],
      [numGroups, numChannels, given],
    );
    const { eps = 1e-5, affine = true } = given ?? {};
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
