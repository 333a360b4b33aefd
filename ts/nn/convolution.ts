/** Convolutional layers: outChannels learned filters, each moved over all positions of the input. */
import { ShapeError, ValueError } from '../core/errors';
import { check, oneOf, options as optionsOf, wholeNumber, type Keys, type Kind } from '../core/kinds';
import { scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { byPosition, checkArguments, type Positional, type Signature } from '../core/signature';
import { anExtent, aPair, aTriple, sizesOf, type Pair, type Triple } from '../core/sizes';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { conv1d, conv2d, conv3d } from '../ops/conv';
import { pad, type PadMode } from '../ops/pad';
import { convTranspose1d, convTranspose2d, convTranspose3d } from '../ops/transposed';
import {
  conv1dKeys,
  conv2dKeys,
  conv3dKeys,
  convTranspose1dKeys,
  convTranspose2dKeys,
  convTranspose3dKeys,
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv3dOptions,
  type ConvTranspose1dOptions,
  type ConvTranspose2dOptions,
  type ConvTranspose3dOptions,
} from '../ops/windows';
import { noteFields } from './fields';
import { biasedLayerKeys, initial, type BiasedLayerOptions } from './initial';
import { Layer } from './module';
import type { Parameter } from './parameter';

interface PaddedOptions extends BiasedLayerOptions {
  /** What the padding holds: zeros, the mirror image of x, its edge, or its other end. Default 'zeros'. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
}
const paddedKeys: Keys<PaddedOptions> = {
  ...biasedLayerKeys,
  paddingMode: oneOf('zeros', 'reflect', 'replicate', 'circular'),
};
export interface Conv1dLayerOptions extends Conv1dOptions, PaddedOptions {}
export interface Conv2dLayerOptions extends Conv2dOptions, PaddedOptions {}
export interface Conv3dLayerOptions extends Conv3dOptions, PaddedOptions {}
export interface ConvTranspose1dLayerOptions extends ConvTranspose1dOptions, BiasedLayerOptions {}
export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions, BiasedLayerOptions {}
export interface ConvTranspose3dLayerOptions extends ConvTranspose3dOptions, BiasedLayerOptions {}

/** Options that may be given by position, in PyTorch's order. */
type ConvOrder = readonly ['stride', 'padding', 'dilation', 'groups', 'bias', 'paddingMode'];
const CONV: ConvOrder = ['stride', 'padding', 'dilation', 'groups', 'bias', 'paddingMode'];
type TransposeOrder = readonly ['stride', 'padding', 'outputPadding', 'groups', 'bias', 'dilation'];
const TRANSPOSE: TransposeOrder = ['stride', 'padding', 'outputPadding', 'groups', 'bias', 'dilation'];

const takes = <S, O extends object>(
  kernelSize: Kind<S>,
  keys: Keys<O>,
): Signature<[inChannels: number, outChannels: number, kernelSize: S, options: O | undefined]> => [
  ['inChannels', wholeNumber(1)],
  ['outChannels', wholeNumber(1)],
  ['kernelSize', kernelSize],
  ['options', optionsOf(keys)],
];
type Sizes = number | Shape;
interface WindowOptions {
  readonly stride?: Sizes;
  readonly padding?: Sizes | 'same' | 'valid';
  readonly dilation?: Sizes;
  readonly groups?: number;
}

/** What convolutional layers share: their parameters. */
abstract class Convolution<O extends WindowOptions> extends Layer {
  /** [outChannels, inChannels / groups, ...kernelSize]; transposed, [inChannels, outChannels / groups, ...kernelSize] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | null;
  readonly paddingMode: 'zeros' | Exclude<PadMode, 'constant'>;
  readonly options: Omit<O, keyof PaddedOptions>;
  /** [before, after] of each direction, the last first. */
  readonly #border: readonly number[];

  constructor(
    where: string,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Shape,
    { bias = true, generator, paddingMode = 'zeros', ...options }: O & PaddedOptions,
    transposed = false,
  ) {
    super();
    const { groups = 1, padding = 0, stride = 1, dilation = 1 }: WindowOptions = options;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ShapeError(where, `${inChannels} and ${outChannels} channels do not divide into ${groups} groups`);
    }
    const dims = kernelSize.length;
    if (padding === 'same' && sizesOf(dims, stride).some(step => step !== 1)) {
      throw new ValueError(where, `padding 'same' takes stride 1, this is ${show(sizesOf(dims, stride))}`);
    }
    const apart = sizesOf(dims, dilation);
    this.#border = kernelSize
      .flatMap((k, i) => {
        const total = padding === 'same' ? apart[i]! * (k - 1) : 0;
        const each = typeof padding === 'string' ? Math.floor(total / 2) : sizesOf(dims, padding)[i]!;
        return [padding === 'same' ? total - each : each, each];
      })
      .reverse();
    const [rows, columns] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
    const shape = [rows, columns / groups, ...kernelSize];
    const fanIn = shape.slice(1).reduce((n, size) => n * size);
    this.paddingMode = paddingMode;
    this.options = options;
    this.weight = initial(shape, fanIn, { generator });
    this.bias = bias ? initial([outChannels], fanIn, { generator }) : null;
    noteFields(this);
  }

  /** f of x, with the border that the padding mode says, or null where the convolution itself adds zeros. */
  protected bordered(x: Tensor, f: (x: Tensor, padding: 0 | null) => Tensor): Tensor {
    const { paddingMode } = this;
    check(this.constructor.name, 'x', aTensor, x);
    if (paddingMode === 'zeros') return f(x, null);
    return scope(() => f(pad(x, this.#border, paddingMode), 0), this.constructor.name);
  }
}

/**
 * A convolutional layer over sequences x [n, inChannels, l] (or without the batch): see {@link conv1d}.
 */
export class Conv1d extends Convolution<Conv1dOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    ...options: Positional<Conv1dLayerOptions, ConvOrder>
  ) {
    const given = byPosition<Conv1dLayerOptions, ConvOrder>('Conv1d', 3, CONV, options);
    const keys: Keys<Conv1dLayerOptions> = { ...conv1dKeys, ...paddedKeys };
    checkArguments('Conv1d', takes(anExtent(1), keys), [inChannels, outChannels, kernelSize, given]);
    super('Conv1d', inChannels, outChannels, sizesOf(1, kernelSize), given ?? {});
  }
  forward(x: Tensor): Tensor {
    const { weight, bias, options } = this;
    return this.bordered(x, (y, padding) =>
      conv1d(y, weight, bias, padding === null ? options : { ...options, padding }),
    );
  }
}

/**
 * A convolutional layer over images x [n, inChannels, h, w] (or without the batch): see {@link conv2d}. It has
 * (kh · kw · inChannels / groups + 1) · outChannels parameters, whatever the size of the image.
 */
export class Conv2d extends Convolution<Conv2dOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    ...options: Positional<Conv2dLayerOptions, ConvOrder>
  ) {
    const given = byPosition<Conv2dLayerOptions, ConvOrder>('Conv2d', 3, CONV, options);
    const keys: Keys<Conv2dLayerOptions> = { ...conv2dKeys, ...paddedKeys };
    checkArguments('Conv2d', takes(aPair(1), keys), [inChannels, outChannels, kernelSize, given]);
    super('Conv2d', inChannels, outChannels, sizesOf(2, kernelSize), given ?? {});
  }
  forward(x: Tensor): Tensor {
    const { weight, bias, options } = this;
    return this.bordered(x, (y, padding) =>
      conv2d(y, weight, bias, padding === null ? options : { ...options, padding }),
    );
  }
}

/**
 * A convolutional layer over volumes x [n, inChannels, d, h, w] (or without the batch): see {@link conv3d}.
 */
export class Conv3d extends Convolution<Conv3dOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Triple,
    ...options: Positional<Conv3dLayerOptions, ConvOrder>
  ) {
    const given = byPosition<Conv3dLayerOptions, ConvOrder>('Conv3d', 3, CONV, options);
    const keys: Keys<Conv3dLayerOptions> = { ...conv3dKeys, ...paddedKeys };
    checkArguments('Conv3d', takes(aTriple(1), keys), [inChannels, outChannels, kernelSize, given]);
    super('Conv3d', inChannels, outChannels, sizesOf(3, kernelSize), given ?? {});
  }
  forward(x: Tensor): Tensor {
    const { weight, bias, options } = this;
    return this.bordered(x, (y, padding) =>
      conv3d(y, weight, bias, padding === null ? options : { ...options, padding }),
    );
  }
}

/**
 * A transposed convolution, which makes sequences longer: each number of x [n, inChannels, l] is spread over a window by learned
 * filters. See {@link convTranspose1d}. The bound of the initial values is 1/√fan with the fan that PyTorch takes,
 * outChannels / groups · kl.
 */
export class ConvTranspose1d extends Convolution<ConvTranspose1dOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    ...options: Positional<ConvTranspose1dLayerOptions, TransposeOrder>
  ) {
    const given = byPosition<ConvTranspose1dLayerOptions, TransposeOrder>('ConvTranspose1d', 3, TRANSPOSE, options);
    const keys: Keys<ConvTranspose1dLayerOptions> = { ...convTranspose1dKeys, ...biasedLayerKeys };
    checkArguments('ConvTranspose1d', takes(anExtent(1), keys), [inChannels, outChannels, kernelSize, given]);
    super('ConvTranspose1d', inChannels, outChannels, sizesOf(1, kernelSize), given ?? {}, true);
  }
  forward(x: Tensor): Tensor {
    return convTranspose1d(x, this.weight, this.bias, this.options);
  }
}

/**
 * A transposed convolution, which makes images larger: each number of x [n, inChannels, h, w] is spread over a window by learned
 * filters. See {@link convTranspose2d}. The bound of the initial values is 1/√fan with the fan that PyTorch takes,
 * outChannels / groups · kh · kw.
 */
export class ConvTranspose2d extends Convolution<ConvTranspose2dOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    ...options: Positional<ConvTranspose2dLayerOptions, TransposeOrder>
  ) {
    const given = byPosition<ConvTranspose2dLayerOptions, TransposeOrder>('ConvTranspose2d', 3, TRANSPOSE, options);
    const keys: Keys<ConvTranspose2dLayerOptions> = { ...convTranspose2dKeys, ...biasedLayerKeys };
    checkArguments('ConvTranspose2d', takes(aPair(1), keys), [inChannels, outChannels, kernelSize, given]);
    super('ConvTranspose2d', inChannels, outChannels, sizesOf(2, kernelSize), given ?? {}, true);
  }
  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}

/**
 * A transposed convolution, which makes volumes larger: each number of x [n, inChannels, d, h, w] is spread over a window by learned
 * filters. See {@link convTranspose3d}. The bound of the initial values is 1/√fan with the fan that PyTorch takes,
 * outChannels / groups · kd · kh · kw.
 */
export class ConvTranspose3d extends Convolution<ConvTranspose3dOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Triple,
    ...options: Positional<ConvTranspose3dLayerOptions, TransposeOrder>
  ) {
    const given = byPosition<ConvTranspose3dLayerOptions, TransposeOrder>('ConvTranspose3d', 3, TRANSPOSE, options);
    const keys: Keys<ConvTranspose3dLayerOptions> = { ...convTranspose3dKeys, ...biasedLayerKeys };
    checkArguments('ConvTranspose3d', takes(aTriple(1), keys), [inChannels, outChannels, kernelSize, given]);
    super('ConvTranspose3d', inChannels, outChannels, sizesOf(3, kernelSize), given ?? {}, true);
  }
  forward(x: Tensor): Tensor {
    return convTranspose3d(x, this.weight, this.bias, this.options);
  }
}
