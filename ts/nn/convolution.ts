/** Convolutional layers: outChannels learned filters, each moved over all positions of the input. */
import { ShapeError } from '../core/errors';
import { options as optionsOf, wholeNumber, type Keys, type Kind } from '../core/kinds';
import type { Shape } from '../core/shape';
import { checkConstructor, type Signature } from '../core/signature';
import { aPair, aTriple, pairOf, tripleOf, type Pair, type Triple } from '../core/sizes';
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
import { biasedLayerKeys, initial, type BiasedLayerOptions } from './initial';
import { noteFields } from './fields';
import { Layer } from './module';
import type { Parameter } from './parameter';

export interface Conv1dLayerOptions extends Conv1dOptions, BiasedLayerOptions {}
export interface Conv2dLayerOptions extends Conv2dOptions, BiasedLayerOptions {}
export interface Conv3dLayerOptions extends Conv3dOptions, BiasedLayerOptions {}
export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions, BiasedLayerOptions {}

/** What the constructors take, the size of a filter being of the kind `kernelSize`. */
const takes = <S, O extends object>(
  kernelSize: Kind<S>,
  keys: Keys<O>,
): Signature<[inChannels: number, outChannels: number, kernelSize: S, options?: O]> => [
  ['inChannels', wholeNumber(1)],
  ['outChannels', wholeNumber(1)],
  ['kernelSize', kernelSize],
  ['options', optionsOf(keys)],
];

/** What convolutional layers share: their parameters. */
abstract class Convolution<O extends { readonly groups?: number }> extends Layer {
  /** [outChannels, inChannels / groups, ...kernelSize]; transposed, [inChannels, outChannels / groups, ...kernelSize] */
  weight: Parameter;
  /** [outChannels] */
  bias: Parameter | null;
  readonly options: Omit<O, keyof BiasedLayerOptions>;

  constructor(
    where: string,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Shape,
    { bias = true, generator, ...options }: O & BiasedLayerOptions,
    transposed = false,
  ) {
    super();
    const { groups = 1 } = options;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ShapeError(where, `${inChannels} and ${outChannels} channels do not divide into ${groups} groups`);
    }
    const [rows, columns] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
    const shape = [rows, columns / groups, ...kernelSize];
    const fanIn = shape.slice(1).reduce((n, size) => n * size);
    this.options = options;
    this.weight = initial(shape, fanIn, { generator });
    this.bias = bias ? initial([outChannels], fanIn, { generator }) : null;
    noteFields(this);
  }
}

/** A convolutional layer over sequences x [n, inChannels, l]: see {@link conv1d}. */
export class Conv1d extends Convolution<Conv1dOptions> {
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: Conv1dLayerOptions = {}) {
    const keys: Keys<Conv1dLayerOptions> = { ...conv1dKeys, ...biasedLayerKeys };
    checkConstructor<typeof Conv1d>('Conv1d', takes(wholeNumber(1), keys), arguments);
    super('Conv1d', inChannels, outChannels, [kernelSize], options);
  }
  forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

/**
 * A convolutional layer over images x [n, inChannels, h, w]: see {@link conv2d}. It has
 * (kh · kw · inChannels / groups + 1) · outChannels parameters, whatever the size of the image.
 */
export class Conv2d extends Convolution<Conv2dOptions> {
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dLayerOptions = {}) {
    const keys: Keys<Conv2dLayerOptions> = { ...conv2dKeys, ...biasedLayerKeys };
    checkConstructor<typeof Conv2d>('Conv2d', takes(aPair(1), keys), arguments);
    super('Conv2d', inChannels, outChannels, pairOf(kernelSize), options);
  }
  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}

/** A convolutional layer over volumes x [n, inChannels, d, h, w]: see {@link conv3d}. */
export class Conv3d extends Convolution<Conv3dOptions> {
  constructor(inChannels: number, outChannels: number, kernelSize: Triple, options: Conv3dLayerOptions = {}) {
    const keys: Keys<Conv3dLayerOptions> = { ...conv3dKeys, ...biasedLayerKeys };
    checkConstructor<typeof Conv3d>('Conv3d', takes(aTriple(1), keys), arguments);
    super('Conv3d', inChannels, outChannels, tripleOf(kernelSize), options);
  }
  forward(x: Tensor): Tensor {
    return conv3d(x, this.weight, this.bias, this.options);
  }
}

/**
 * A transposed convolution, which makes images larger: each number of x [n, inChannels, h, w] is spread over a window
 * by learned filters. See {@link convTranspose2d}. The bound of the initial values is 1/√fan with the fan that PyTorch
 * takes, outChannels / groups · kh · kw.
 */
export class ConvTranspose2d extends Convolution<ConvTranspose2dOptions> {
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: ConvTranspose2dLayerOptions = {}) {
    const keys: Keys<ConvTranspose2dLayerOptions> = { ...convTranspose2dKeys, ...biasedLayerKeys };
    checkConstructor<typeof ConvTranspose2d>('ConvTranspose2d', takes(aPair(1), keys), arguments);
    super('ConvTranspose2d', inChannels, outChannels, pairOf(kernelSize), options, true);
  }
  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}
