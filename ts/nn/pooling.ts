/** Pooling layers, with or without a batch. Nothing is learned here. */
import { checkCount, nonzero, options as optionsOf, type Keys, type Kind } from '../core/kinds';
import { byPosition, checkArguments, type Positional } from '../core/signature';
import { anExtent, aPair, aTriple, type Pair, type Triple } from '../core/sizes';
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
  AVG1D_ORDER,
  AVG_ORDER,
  avgPool1dKeys,
  avgPool2dKeys,
  avgPool3dKeys,
  LP_ORDER,
  lpPool1dKeys,
  lpPool2dKeys,
  lpPool3dKeys,
  MAX_ORDER,
  maxPool1dKeys,
  maxPool2dKeys,
  maxPool3dKeys,
  type AvgPool1dOptions,
  type AvgPool2dOptions,
  type AvgPool3dOptions,
  type LPPool1dOptions,
  type LPPool2dOptions,
  type LPPool3dOptions,
  type MaxPool1dOptions,
  type MaxPool2dOptions,
  type MaxPool3dOptions,
} from '../ops/windows';
import { Layer } from './module';

/** What pooling layers share: the size of the windows, and what may be chosen about them. */
abstract class Pool<S, O extends object> extends Layer {
  constructor(
    readonly kernelSize: S,
    readonly options: O | undefined,
    size: (low: number) => Kind<S>,
    keys: Keys<O>,
  ) {
    super();
    checkArguments(
      this.constructor.name,
      [
        ['kernelSize', size(1)],
        ['options', optionsOf(keys)],
      ],
      [kernelSize, options],
    );
  }
}

/** The maximum of each window of sequences; by default windows do not overlap. */
export class MaxPool1d extends Pool<number, MaxPool1dOptions> {
  constructor(kernelSize: number, ...options: Positional<MaxPool1dOptions, typeof MAX_ORDER>) {
    super(kernelSize, byPosition('MaxPool1d', 1, MAX_ORDER, options), anExtent, maxPool1dKeys);
  }
  forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this.options);
  }
}

/** The maximum of each window of images; by default windows do not overlap. */
export class MaxPool2d extends Pool<Pair, MaxPool2dOptions> {
  constructor(kernelSize: Pair, ...options: Positional<MaxPool2dOptions, typeof MAX_ORDER>) {
    super(kernelSize, byPosition('MaxPool2d', 1, MAX_ORDER, options), aPair, maxPool2dKeys);
  }
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}

/** The maximum of each window of volumes; by default windows do not overlap. */
export class MaxPool3d extends Pool<Triple, MaxPool3dOptions> {
  constructor(kernelSize: Triple, ...options: Positional<MaxPool3dOptions, typeof MAX_ORDER>) {
    super(kernelSize, byPosition('MaxPool3d', 1, MAX_ORDER, options), aTriple, maxPool3dKeys);
  }
  forward(x: Tensor): Tensor {
    return maxPool3d(x, this.kernelSize, this.options);
  }
}

/** The average of each window of sequences; by default windows do not overlap. */
export class AvgPool1d extends Pool<number, AvgPool1dOptions> {
  constructor(kernelSize: number, ...options: Positional<AvgPool1dOptions, typeof AVG1D_ORDER>) {
    super(kernelSize, byPosition('AvgPool1d', 1, AVG1D_ORDER, options), anExtent, avgPool1dKeys);
  }
  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernelSize, this.options);
  }
}

/** The average of each window of images; by default windows do not overlap. */
export class AvgPool2d extends Pool<Pair, AvgPool2dOptions> {
  constructor(kernelSize: Pair, ...options: Positional<AvgPool2dOptions, typeof AVG_ORDER>) {
    super(kernelSize, byPosition('AvgPool2d', 1, AVG_ORDER, options), aPair, avgPool2dKeys);
  }
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
}

/** The average of each window of volumes; by default windows do not overlap. */
export class AvgPool3d extends Pool<Triple, AvgPool3dOptions> {
  constructor(kernelSize: Triple, ...options: Positional<AvgPool3dOptions, typeof AVG_ORDER>) {
    super(kernelSize, byPosition('AvgPool3d', 1, AVG_ORDER, options), aTriple, avgPool3dKeys);
  }
  forward(x: Tensor): Tensor {
    return avgPool3d(x, this.kernelSize, this.options);
  }
}

/** The norm (Σ xᵖ)^(1/p) of each window of sequences, p being `normType`; by default windows do not overlap. */
export class LPPool1d extends Pool<number, LPPool1dOptions> {
  constructor(
    readonly normType: number,
    kernelSize: number,
    ...options: Positional<LPPool1dOptions, typeof LP_ORDER>
  ) {
    super(kernelSize, byPosition('LPPool1d', 2, LP_ORDER, options), anExtent, lpPool1dKeys);
    checkArguments('LPPool1d', [['normType', nonzero]], [normType]);
  }
  forward(x: Tensor): Tensor {
    return lpPool1d(x, this.normType, this.kernelSize, this.options);
  }
}

/** The norm (Σ xᵖ)^(1/p) of each window of images, p being `normType`; by default windows do not overlap. */
export class LPPool2d extends Pool<Pair, LPPool2dOptions> {
  constructor(
    readonly normType: number,
    kernelSize: Pair,
    ...options: Positional<LPPool2dOptions, typeof LP_ORDER>
  ) {
    super(kernelSize, byPosition('LPPool2d', 2, LP_ORDER, options), aPair, lpPool2dKeys);
    checkArguments('LPPool2d', [['normType', nonzero]], [normType]);
  }
  forward(x: Tensor): Tensor {
    return lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}

/** The norm (Σ xᵖ)^(1/p) of each window of volumes, p being `normType`; by default windows do not overlap. */
export class LPPool3d extends Pool<Triple, LPPool3dOptions> {
  constructor(
    readonly normType: number,
    kernelSize: Triple,
    ...options: Positional<LPPool3dOptions, typeof LP_ORDER>
  ) {
    super(kernelSize, byPosition('LPPool3d', 2, LP_ORDER, options), aTriple, lpPool3dKeys);
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
