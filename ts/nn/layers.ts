/** Layers with parameters, and those that reshape. */
import { aBoolean, aDim, aNumber, aPair, options as optionsOf, wholeNumber } from '../core/kinds';
import type { Pair } from '../core/options';
import { checkArguments } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { dropout } from '../ops/dropout';
import { linear } from '../ops/matmul';
import { adaptiveAvgPool2d, adaptiveMaxPool2d, avgPool2d, maxPool2d } from '../ops/pool';
import { flatten } from '../ops/view';
import { avgPool2dKeys, maxPool2dKeys, type AvgPool2dOptions, type MaxPool2dOptions } from '../ops/windows';
import { initial, layerKeys, type LayerOptions } from './initial';
import { Layer, type Parameter } from './module';

export type { LayerOptions } from './initial';

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

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    super();
    checkArguments(
      'Linear',
      [
        ['inFeatures', wholeNumber()],
        ['outFeatures', wholeNumber()],
        ['options', optionsOf<LinearOptions>({ ...layerKeys, bias: aBoolean })],
      ],
      [inFeatures, outFeatures, options],
    );
    this.weight = initial([outFeatures, inFeatures], inFeatures, options);
    this.bias = (options.bias ?? true) ? initial([outFeatures], inFeatures, options) : null;
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}

/** The maximum of each window; by default windows do not overlap. */
export class MaxPool2d extends Layer {
  constructor(
    readonly kernelSize: Pair,
    readonly options: MaxPool2dOptions = {},
  ) {
    super();
    checkArguments(
      'MaxPool2d',
      [
        ['kernelSize', aPair(1)],
        ['options', optionsOf(maxPool2dKeys)],
      ],
      [kernelSize, options],
    );
  }
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}

/** The average of each window; by default windows do not overlap. */
export class AvgPool2d extends Layer {
  constructor(
    readonly kernelSize: Pair,
    readonly options: AvgPool2dOptions = {},
  ) {
    super();
    checkArguments(
      'AvgPool2d',
      [
        ['kernelSize', aPair(1)],
        ['options', optionsOf(avgPool2dKeys)],
      ],
      [kernelSize, options],
    );
  }
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
}

/** The averages over outputSize bins, whatever the size of the image; 1: over each feature map. */
export class AdaptiveAvgPool2d extends Layer {
  constructor(readonly outputSize: Pair) {
    super();
    checkArguments('AdaptiveAvgPool2d', [['outputSize', aPair(1)]], [outputSize]);
  }
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** The maxima over outputSize bins, whatever the size of the image. */
export class AdaptiveMaxPool2d extends Layer {
  constructor(readonly outputSize: Pair) {
    super();
    checkArguments('AdaptiveMaxPool2d', [['outputSize', aPair(1)]], [outputSize]);
  }
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}

/** Dimensions from `startDim` on made one; by default all but the batch. */
export class Flatten extends Layer {
  constructor(
    readonly startDim = 1,
    readonly endDim = -1,
  ) {
    super();
    checkArguments(
      'Flatten',
      [
        ['startDim', aDim],
        ['endDim', aDim],
      ],
      [startDim, endDim],
    );
  }
  forward(x: Tensor): Tensor {
    return flatten(x, this.startDim, this.endDim);
  }
}

/** In training, zeroes each element with probability p and divides the others by 1 − p; in evaluation, nothing. */
export class Dropout extends Layer {
  constructor(
    readonly p = 0.5,
    readonly options: LayerOptions = {},
  ) {
    super();
    checkArguments(
      'Dropout',
      [
        ['p', aNumber(0, 1)],
        ['options', optionsOf(layerKeys)],
      ],
      [p, options],
    );
  }
  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { ...this.options, training: this.training });
  }
}
