/** Layers with parameters, and those that reshape. */
import { ShapeError } from '../core/errors';
import { checkInteger, checkNumber, pairOf, type Pair } from '../core/options';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { conv2d, type Conv2dOptions } from '../ops/conv';
import { dropout } from '../ops/dropout';
import { linear } from '../ops/matmul';
import { avgPool2d, maxPool2d, type AvgPool2dOptions, type MaxPool2dOptions } from '../ops/pool';
import { uniform, type Generator } from '../ops/random';
import { flatten } from '../ops/view';
import { Layer, Parameter } from './module';

export interface LayerOptions {
  /** Where the initial parameters come from. Default: the default generator. */
  readonly generator?: Generator;
}

/** PyTorch's default for weights and biases: evenly over (−1/√n, 1/√n), n being the inputs of one output. */
function initial(shape: readonly number[], inputs: number, { generator }: LayerOptions): Parameter {
  const bound = inputs > 0 ? 1 / Math.sqrt(inputs) : 0;
  return scope(() => new Parameter(uniform(shape, -bound, bound, generator && { generator })), 'initialisation');
}

export interface LinearOptions extends LayerOptions {
  /** Default true. */
  readonly bias?: boolean;
}
/** A fully-connected (dense) layer y = x Wᵀ + b, from […, inFeatures] to […, outFeatures]. */
export class Linear extends Layer {
  /** [outFeatures, inFeatures] */
  readonly weight: Parameter;
  /** [outFeatures] */
  readonly bias: Parameter | null;

  constructor(readonly inFeatures: number, readonly outFeatures: number, options: LinearOptions = {}) {
    super();
    checkInteger('Linear', 'inFeatures', inFeatures);
    checkInteger('Linear', 'outFeatures', outFeatures);
    this.weight = initial([outFeatures, inFeatures], inFeatures, options);
    this.bias = (options.bias ?? true) ? initial([outFeatures], inFeatures, options) : null;
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}

export interface Conv2dLayerOptions extends Conv2dOptions, LayerOptions {
  /** Default true. */
  readonly bias?: boolean;
}
/**
 * A convolutional layer: x [n, inChannels, h, w] cross-correlated with outChannels learned filters. It has
 * (kh · kw · inChannels / groups + 1) · outChannels parameters, whatever the size of the image.
 */
export class Conv2d extends Layer {
  /** [outChannels, inChannels / groups, kh, kw] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | null;
  readonly options: Conv2dOptions;

  constructor(
    readonly inChannels: number, readonly outChannels: number, kernelSize: Pair,
    { bias = true, generator, ...options }: Conv2dLayerOptions = {},
  ) {
    super();
    checkInteger('Conv2d', 'inChannels', inChannels, 1);
    checkInteger('Conv2d', 'outChannels', outChannels, 1);
    const [kh, kw] = pairOf('Conv2d', 'kernelSize', kernelSize, 1);
    const { groups = 1 } = options;
    checkInteger('Conv2d', 'groups', groups, 1);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ShapeError('Conv2d', `${inChannels} and ${outChannels} channels do not divide into ${groups} groups`);
    }
    const inputs = (inChannels / groups) * kh * kw;
    const from = generator ? { generator } : {};
    this.options = options;
    this.weight = initial([outChannels, inChannels / groups, kh, kw], inputs, from);
    this.bias = bias ? initial([outChannels], inputs, from) : null;
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}

/** The maximum of each window; by default windows do not overlap. */
export class MaxPool2d extends Layer {
  constructor(readonly kernelSize: Pair, readonly options: MaxPool2dOptions = {}) {
    super();
    pairOf('MaxPool2d', 'kernelSize', kernelSize, 1);
  }
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}

/** The average of each window; by default windows do not overlap. */
export class AvgPool2d extends Layer {
  constructor(readonly kernelSize: Pair, readonly options: AvgPool2dOptions = {}) {
    super();
    pairOf('AvgPool2d', 'kernelSize', kernelSize, 1);
  }
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
}

/** Dimensions from `startDim` on made one; by default all but the batch. */
export class Flatten extends Layer {
  constructor(readonly startDim = 1, readonly endDim = -1) {
    super();
  }
  forward(x: Tensor): Tensor {
    return flatten(x, this.startDim, this.endDim);
  }
}

/** In training, zeroes each element with probability p and divides the others by 1 − p; in evaluation, nothing. */
export class Dropout extends Layer {
  constructor(readonly p = 0.5, readonly options: LayerOptions = {}) {
    super();
    checkNumber('Dropout', 'p', p, 0, 1);
  }
  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { ...this.options, training: this.training });
  }
}
