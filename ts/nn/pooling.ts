/** Pooling layers, with or without a batch. Nothing is learned here. */
import { checkCount, nonzero, options as optionsOf, type Kind } from '../core/kinds';
import { byPosition, checkArguments, type Positional } from '../core/signature';
import type { Pair, Triple } from '../core/sizes';
import type { Tensor } from '../core/tensor';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  aPairOfBins,
  aTripleOfBins,
  bins1d,
  type Bins,
  type PairOfBins,
  type TripleOfBins,
} from '../ops/adaptive';
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '../ops/pool';
import {
  AVG1D,
  AVG2D,
  AVG3D,
  LP1D,
  LP2D,
  LP3D,
  MAX1D,
  MAX2D,
  MAX3D,
  type AvgOrder,
  type AvgPool1dOptions,
  type AvgPool2dOptions,
  type AvgPool3dOptions,
  type DividedOrder,
  type LPOrder,
  type LPPool1dOptions,
  type LPPool2dOptions,
  type LPPool3dOptions,
  type MaxOrder,
  type MaxPool1dOptions,
  type MaxPool2dOptions,
  type MaxPool3dOptions,
  type Windowed,
} from '../ops/windows';
import { Layer } from './module';

/** What pooling layers share: the size of the windows, and what may be chosen about them. */
abstract class Pool<S, O extends object, K extends readonly (keyof O & string)[]> extends Layer {
  readonly options: O | undefined;

  constructor(
    { size, keys, order }: Windowed<S, O, K>,
    readonly kernelSize: S,
    given: Positional<O, K>,
    at = 1,
  ) {
    super();
    const where = new.target.name;
    this.options = byPosition<O, K>(where, at, order, given);
    checkArguments(
      where,
      [
        ['kernelSize', size(1)],
        ['options', optionsOf(keys)],
      ],
      [kernelSize, this.options],
    );
  }
}

/** The maximum of each window of sequences; by default windows do not overlap. */
export class MaxPool1d extends Pool<number, MaxPool1dOptions, MaxOrder> {
  constructor(kernelSize: number, ...options: Positional<MaxPool1dOptions, MaxOrder>) {
    super(MAX1D, kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this.options);
  }
}

/** The maximum of each window of images; by default windows do not overlap. */
export class MaxPool2d extends Pool<Pair, MaxPool2dOptions, MaxOrder> {
  constructor(kernelSize: Pair, ...options: Positional<MaxPool2dOptions, MaxOrder>) {
    super(MAX2D, kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}

/** The maximum of each window of volumes; by default windows do not overlap. */
export class MaxPool3d extends Pool<Triple, MaxPool3dOptions, MaxOrder> {
  constructor(kernelSize: Triple, ...options: Positional<MaxPool3dOptions, MaxOrder>) {
    super(MAX3D, kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return maxPool3d(x, this.kernelSize, this.options);
  }
}

/** The average of each window of sequences; by default windows do not overlap. */
export class AvgPool1d extends Pool<number, AvgPool1dOptions, AvgOrder> {
  constructor(kernelSize: number, ...options: Positional<AvgPool1dOptions, AvgOrder>) {
    super(AVG1D, kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernelSize, this.options);
  }
}

/** The average of each window of images; by default windows do not overlap. */
export class AvgPool2d extends Pool<Pair, AvgPool2dOptions, DividedOrder> {
  constructor(kernelSize: Pair, ...options: Positional<AvgPool2dOptions, DividedOrder>) {
    super(AVG2D, kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
}

/** The average of each window of volumes; by default windows do not overlap. */
export class AvgPool3d extends Pool<Triple, AvgPool3dOptions, DividedOrder> {
  constructor(kernelSize: Triple, ...options: Positional<AvgPool3dOptions, DividedOrder>) {
    super(AVG3D, kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return avgPool3d(x, this.kernelSize, this.options);
  }
}

/** The norm (Σ xᵖ)^(1/p) of each window of sequences, p being `normType`; by default windows do not overlap. */
export class LPPool1d extends Pool<number, LPPool1dOptions, LPOrder> {
  constructor(
    readonly normType: number,
    kernelSize: number,
    ...options: Positional<LPPool1dOptions, LPOrder>
  ) {
    super(LP1D, kernelSize, options, 2);
    checkArguments('LPPool1d', [['normType', nonzero]], [normType]);
  }
  forward(x: Tensor): Tensor {
    return lpPool1d(x, this.normType, this.kernelSize, this.options);
  }
}

/** The norm (Σ xᵖ)^(1/p) of each window of images, p being `normType`; by default windows do not overlap. */
export class LPPool2d extends Pool<Pair, LPPool2dOptions, LPOrder> {
  constructor(
    readonly normType: number,
    kernelSize: Pair,
    ...options: Positional<LPPool2dOptions, LPOrder>
  ) {
    super(LP2D, kernelSize, options, 2);
    checkArguments('LPPool2d', [['normType', nonzero]], [normType]);
  }
  forward(x: Tensor): Tensor {
    return lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}

/** The norm (Σ xᵖ)^(1/p) of each window of volumes, p being `normType`; by default windows do not overlap. */
export class LPPool3d extends Pool<Triple, LPPool3dOptions, LPOrder> {
  constructor(
    readonly normType: number,
    kernelSize: Triple,
    ...options: Positional<LPPool3dOptions, LPOrder>
  ) {
    super(LP3D, kernelSize, options, 2);
    checkArguments('LPPool3d', [['normType', nonzero]], [normType]);
  }
  forward(x: Tensor): Tensor {
    return lpPool3d(x, this.normType, this.kernelSize, this.options);
  }
}

/** What adaptive pooling layers share: how many bins there are, null being as many as there are positions. */
abstract class AdaptivePool<S> extends Layer {
  constructor(
    readonly outputSize: S,
    kind: Kind<S>,
  ) {
    super();
    checkArguments(this.constructor.name, [['outputSize', kind]], [outputSize]);
  }
}

/** The averages over outputSize bins, whatever the size of the sequences. */
export class AdaptiveAvgPool1d extends AdaptivePool<Bins> {
  constructor(outputSize: Bins) {
    checkCount('AdaptiveAvgPool1d', 1, arguments);
    super(outputSize, bins1d);
  }
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/** The averages over outputSize bins, whatever the size of the images. */
export class AdaptiveAvgPool2d extends AdaptivePool<PairOfBins> {
  constructor(outputSize: PairOfBins) {
    checkCount('AdaptiveAvgPool2d', 1, arguments);
    super(outputSize, aPairOfBins);
  }
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** The averages over outputSize bins, whatever the size of the volumes. */
export class AdaptiveAvgPool3d extends AdaptivePool<TripleOfBins> {
  constructor(outputSize: TripleOfBins) {
    checkCount('AdaptiveAvgPool3d', 1, arguments);
    super(outputSize, aTripleOfBins);
  }
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.outputSize);
  }
}

/** The maxima over outputSize bins, whatever the size of the sequences. */
export class AdaptiveMaxPool1d extends AdaptivePool<Bins> {
  constructor(outputSize: Bins) {
    checkCount('AdaptiveMaxPool1d', 1, arguments);
    super(outputSize, bins1d);
  }
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool1d(x, this.outputSize);
  }
}

/** The maxima over outputSize bins, whatever the size of the images. */
export class AdaptiveMaxPool2d extends AdaptivePool<PairOfBins> {
  constructor(outputSize: PairOfBins) {
    checkCount('AdaptiveMaxPool2d', 1, arguments);
    super(outputSize, aPairOfBins);
  }
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}

/** The maxima over outputSize bins, whatever the size of the volumes. */
export class AdaptiveMaxPool3d extends AdaptivePool<TripleOfBins> {
  constructor(outputSize: TripleOfBins) {
    checkCount('AdaptiveMaxPool3d', 1, arguments);
    super(outputSize, aTripleOfBins);
  }
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool3d(x, this.outputSize);
  }
}
