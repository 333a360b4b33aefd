/** Convolutional layers. */
import { ShapeError } from '../core/errors';
import { aBoolean, aPair, aTriple, options as optionsOf, wholeNumber } from '../core/kinds';
import { pairOf, tripleOf, type Pair, type Triple } from '../core/options';
import { checkArguments } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { conv1d, conv2d, conv3d, convTranspose2d } from '../ops/conv';
import {
  conv1dKeys,
  conv2dKeys,
  conv3dKeys,
  convTranspose2dKeys,
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv3dOptions,
  type ConvTranspose2dOptions,
} from '../ops/windows';
import { initial, layerKeys, type LayerOptions } from './initial';
import { Layer, type Parameter } from './module';

function checkChannels(where: string, inChannels: number, outChannels: number, groups: number): void {
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new ShapeError(where, `${inChannels} and ${outChannels} channels do not divide into ${groups} groups`);
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
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Pair,
    given: Conv2dLayerOptions = {},
  ) {
    super();
    checkArguments(
      'Conv2d',
      [
        ['inChannels', wholeNumber(1)],
        ['outChannels', wholeNumber(1)],
        ['kernelSize', aPair(1)],
        ['options', optionsOf<Conv2dLayerOptions>({ ...conv2dKeys, ...layerKeys, bias: aBoolean })],
      ],
      [inChannels, outChannels, kernelSize, given],
    );
    const { bias = true, generator, ...options } = given;
    const { groups = 1 } = options;
    checkChannels('Conv2d', inChannels, outChannels, groups);
    const taps = pairOf('Conv2d', 'kernelSize', kernelSize, 1);
    const inputs = (inChannels / groups) * taps[0] * taps[1];
    const from = generator ? { generator } : {};
    this.options = options;
    this.weight = initial([outChannels, inChannels / groups, ...taps], inputs, from);
    this.bias = bias ? initial([outChannels], inputs, from) : null;
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}

export interface Conv1dLayerOptions extends Conv1dOptions, LayerOptions {
  /** Default true. */
  readonly bias?: boolean;
}
/** A convolutional layer over sequences x [n, inChannels, l]. */
export class Conv1d extends Layer {
  /** [outChannels, inChannels / groups, kernelSize] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | null;
  readonly options: Conv1dOptions;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: number,
    given: Conv1dLayerOptions = {},
  ) {
    super();
    checkArguments(
      'Conv1d',
      [
        ['inChannels', wholeNumber(1)],
        ['outChannels', wholeNumber(1)],
        ['kernelSize', wholeNumber(1)],
        ['options', optionsOf<Conv1dLayerOptions>({ ...conv1dKeys, ...layerKeys, bias: aBoolean })],
      ],
      [inChannels, outChannels, kernelSize, given],
    );
    const { bias = true, generator, ...options } = given;
    const { groups = 1 } = options;
    checkChannels('Conv1d', inChannels, outChannels, groups);
    const inputs = (inChannels / groups) * kernelSize;
    const from = generator ? { generator } : {};
    this.options = options;
    this.weight = initial([outChannels, inChannels / groups, kernelSize], inputs, from);
    this.bias = bias ? initial([outChannels], inputs, from) : null;
  }

  forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

export interface Conv3dLayerOptions extends Conv3dOptions, LayerOptions {
  /** Default true. */
  readonly bias?: boolean;
}
/** A convolutional layer over volumes x [n, inChannels, d, h, w]. */
export class Conv3d extends Layer {
  /** [outChannels, inChannels / groups, kd, kh, kw] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | null;
  readonly options: Conv3dOptions;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Triple,
    given: Conv3dLayerOptions = {},
  ) {
    super();
    checkArguments(
      'Conv3d',
      [
        ['inChannels', wholeNumber(1)],
        ['outChannels', wholeNumber(1)],
        ['kernelSize', aTriple(1)],
        ['options', optionsOf<Conv3dLayerOptions>({ ...conv3dKeys, ...layerKeys, bias: aBoolean })],
      ],
      [inChannels, outChannels, kernelSize, given],
    );
    const { bias = true, generator, ...options } = given;
    const { groups = 1 } = options;
    checkChannels('Conv3d', inChannels, outChannels, groups);
    const taps = tripleOf('Conv3d', 'kernelSize', kernelSize, 1);
    const inputs = (inChannels / groups) * taps[0] * taps[1] * taps[2];
    const from = generator ? { generator } : {};
    this.options = options;
    this.weight = initial([outChannels, inChannels / groups, ...taps], inputs, from);
    this.bias = bias ? initial([outChannels], inputs, from) : null;
  }

  forward(x: Tensor): Tensor {
    return conv3d(x, this.weight, this.bias, this.options);
  }
}

export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions, LayerOptions {
  /** Default true. */
  readonly bias?: boolean;
}
/**
 * A transposed convolution, which makes images larger: each number of x [n, inChannels, h, w] is spread over a window
 * by learned filters. Initial values go by the fan that PyTorch takes: outChannels / groups · kh · kw.
 */
export class ConvTranspose2d extends Layer {
  /** [inChannels, outChannels / groups, kh, kw] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | null;
  readonly options: ConvTranspose2dOptions;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Pair,
    given: ConvTranspose2dLayerOptions = {},
  ) {
    super();
    checkArguments(
      'ConvTranspose2d',
      [
        ['inChannels', wholeNumber(1)],
        ['outChannels', wholeNumber(1)],
        ['kernelSize', aPair(1)],
        ['options', optionsOf<ConvTranspose2dLayerOptions>({ ...convTranspose2dKeys, ...layerKeys, bias: aBoolean })],
      ],
      [inChannels, outChannels, kernelSize, given],
    );
    const { bias = true, generator, ...options } = given;
    const { groups = 1 } = options;
    checkChannels('ConvTranspose2d', inChannels, outChannels, groups);
    const taps = pairOf('ConvTranspose2d', 'kernelSize', kernelSize, 1);
    const inputs = (outChannels / groups) * taps[0] * taps[1];
    const from = generator ? { generator } : {};
    this.options = options;
    this.weight = initial([inChannels, outChannels / groups, ...taps], inputs, from);
    this.bias = bias ? initial([outChannels], inputs, from) : null;
  }

  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}
