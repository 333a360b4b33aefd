/** Convolutional layers: outChannels learned filters, each moved over all positions of the input. */
import { ShapeError, ValueError } from '../core/errors';
import { check, oneOf, options as optionsOf, wholeNumber, type Keys } from '../core/kinds';
import { scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { byPosition, checkArguments, type Positional } from '../core/signature';
import { sizesOf, type Pair, type Triple } from '../core/sizes';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { conv1d, conv2d, conv3d } from '../ops/conv';
import { pad, type PadMode } from '../ops/pad';
import { convTranspose1d, convTranspose2d, convTranspose3d } from '../ops/transposed';
import {
  CONV1D,
  CONV2D,
  CONV3D,
  TRANSPOSE1D,
  TRANSPOSE2D,
  TRANSPOSE3D,
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv3dOptions,
  type ConvTranspose1dOptions,
  type ConvTranspose2dOptions,
  type ConvTranspose3dOptions,
  type Windowed,
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
type ConvLayerOrder = readonly ['stride', 'padding', 'dilation', 'groups', 'bias', 'paddingMode'];
const CONV: ConvLayerOrder = ['stride', 'padding', 'dilation', 'groups', 'bias', 'paddingMode'];
type TransposeLayerOrder = readonly ['stride', 'padding', 'outputPadding', 'groups', 'bias', 'dilation'];
const TRANSPOSE: TransposeLayerOrder = ['stride', 'padding', 'outputPadding', 'groups', 'bias', 'dilation'];

type Sizes = number | Shape;
interface WindowOptions {
  readonly stride?: Sizes;
  readonly padding?: Sizes | 'same' | 'valid';
  readonly dilation?: Sizes;
  readonly groups?: number;
}

/** The padding of windows, [before, after] of each direction, the last first. */
function borderOf(kernelSize: Shape, { padding = 0, dilation = 1 }: WindowOptions): number[] {
  const apart = sizesOf(kernelSize.length, dilation);
  const each = (k: number, i: number): readonly [after: number, before: number] => {
    if (padding === 'valid') return [0, 0];
    if (padding !== 'same') return [sizesOf(kernelSize.length, padding)[i]!, sizesOf(kernelSize.length, padding)[i]!];
    const total = apart[i]! * (k - 1);
    return [Math.ceil(total / 2), Math.floor(total / 2)];
  };
  return kernelSize.flatMap(each).reverse();
}

/** What convolutional layers share: their parameters. */
abstract class Convolution<
  S extends Sizes,
  O extends WindowOptions & PaddedOptions,
  K extends readonly (keyof O & string)[],
> extends Layer {
  /** Of each direction. */
  readonly kernelSize: Shape;
  /** [outChannels, inChannels / groups, ...kernelSize]; transposed, [inChannels, outChannels / groups, ...kernelSize] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | null;
  readonly paddingMode: 'zeros' | Exclude<PadMode, 'constant'>;
  readonly options: Omit<Partial<O>, keyof PaddedOptions>;

  constructor(
    { dims, size, keys, order }: Windowed<S, O, K>,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: S,
    given: Positional<O, K>,
    transposed = false,
  ) {
    super();
    const where = new.target.name;
    const all = byPosition<O, K>(where, 3, order, given);
    checkArguments(
      where,
      [
        ['inChannels', wholeNumber(1)],
        ['outChannels', wholeNumber(1)],
        ['kernelSize', size(1)],
        ['options', optionsOf(keys)],
      ],
      [inChannels, outChannels, kernelSize, all],
    );
    this.kernelSize = sizesOf(dims, kernelSize);
    const { bias = true, generator, paddingMode = 'zeros', ...options }: Partial<O> = all ?? {};
    const { groups = 1, padding = 0, stride = 1 }: WindowOptions = options;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ShapeError(where, `${inChannels} and ${outChannels} channels do not divide into ${groups} groups`);
    }
    if (padding === 'same' && sizesOf(dims, stride).some(step => step !== 1)) {
      throw new ValueError(where, `padding 'same' takes stride 1, this is ${show(sizesOf(dims, stride))}`);
    }
    const [rows, columns] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
    const shape = [rows, columns / groups, ...this.kernelSize];
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
    return scope(() => f(pad(x, borderOf(this.kernelSize, this.options), paddingMode), 0), this.constructor.name);
  }
}

/**
 * A convolutional layer over sequences x [n, inChannels, l] (or without the batch): see {@link conv1d}.
 */
export class Conv1d extends Convolution<number, Conv1dLayerOptions, ConvLayerOrder> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    ...options: Positional<Conv1dLayerOptions, ConvLayerOrder>
  ) {
    super(
      { ...CONV1D, keys: { ...CONV1D.keys, ...paddedKeys }, order: CONV },
      inChannels,
      outChannels,
      kernelSize,
      options,
    );
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
export class Conv2d extends Convolution<Pair, Conv2dLayerOptions, ConvLayerOrder> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    ...options: Positional<Conv2dLayerOptions, ConvLayerOrder>
  ) {
    super(
      { ...CONV2D, keys: { ...CONV2D.keys, ...paddedKeys }, order: CONV },
      inChannels,
      outChannels,
      kernelSize,
      options,
    );
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
export class Conv3d extends Convolution<Triple, Conv3dLayerOptions, ConvLayerOrder> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Triple,
    ...options: Positional<Conv3dLayerOptions, ConvLayerOrder>
  ) {
    super(
      { ...CONV3D, keys: { ...CONV3D.keys, ...paddedKeys }, order: CONV },
      inChannels,
      outChannels,
      kernelSize,
      options,
    );
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
export class ConvTranspose1d extends Convolution<number, ConvTranspose1dLayerOptions, TransposeLayerOrder> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    ...options: Positional<ConvTranspose1dLayerOptions, TransposeLayerOrder>
  ) {
    super(
      { ...TRANSPOSE1D, keys: { ...TRANSPOSE1D.keys, ...biasedLayerKeys }, order: TRANSPOSE },
      inChannels,
      outChannels,
      kernelSize,
      options,
      true,
    );
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
export class ConvTranspose2d extends Convolution<Pair, ConvTranspose2dLayerOptions, TransposeLayerOrder> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    ...options: Positional<ConvTranspose2dLayerOptions, TransposeLayerOrder>
  ) {
    super(
      { ...TRANSPOSE2D, keys: { ...TRANSPOSE2D.keys, ...biasedLayerKeys }, order: TRANSPOSE },
      inChannels,
      outChannels,
      kernelSize,
      options,
      true,
    );
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
export class ConvTranspose3d extends Convolution<Triple, ConvTranspose3dLayerOptions, TransposeLayerOrder> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Triple,
    ...options: Positional<ConvTranspose3dLayerOptions, TransposeLayerOrder>
  ) {
    super(
      { ...TRANSPOSE3D, keys: { ...TRANSPOSE3D.keys, ...biasedLayerKeys }, order: TRANSPOSE },
      inChannels,
      outChannels,
      kernelSize,
      options,
      true,
    );
  }
  forward(x: Tensor): Tensor {
    return convTranspose3d(x, this.weight, this.bias, this.options);
  }
}
