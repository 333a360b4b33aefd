/** Normalisation: groups of numbers brought to mean 0 and variance 1, then scaled and shifted by what is learned. */
import { ShapeError, ValueError } from '../core/errors';
import {
  aBoolean,
  aNumber,
  either,
  oneSizeOrMore,
  optional,
  options as optionsOf,
  wholeNumber,
  type Keys,
} from '../core/kinds';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { noGrad, runtime } from '../core/runtime';
import { composite } from '../core/signature';
import { sameShape, show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, mul, sub } from './arithmetic';
import { square, to } from './elementwise';
import { normalise, normaliseBy } from './normalise';
import { avgPool2d } from './pool';
import { pow } from './power';
import { mean } from './reduce';
import { reshape, slice } from './view';
import { copy_ } from './inplace';
import { localResponseNormKeys, type LocalResponseNormOptions } from './windows';

/** Throws unless a parameter has this shape. */
function checkParameter(where: string, name: string, t: Tensor | null | undefined, shape: Shape): void {
  if (t && !sameShape(t.shape, shape)) {
    throw new ShapeError(where, `${name} takes ${show(shape)}, this is ${show(t.shape)}`);
  }
}

export interface RmsNormOptions {
  /** Factors, in the shape that is normalised. Default: 1. */
  readonly weight?: Tensor | null;
  /** Added to the mean square. Default 2⁻²³, as in PyTorch. */
  readonly eps?: number;
}
export interface LayerNormOptions {
  /** Factors, in the shape that is normalised. Default: 1. */
  readonly weight?: Tensor | null;
  /** Summands, in the shape that is normalised. Default: 0. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** Over the last dimensions, which have the sizes `shape`. */
function overLast(
  where: string,
  x: Tensor,
  shape: number | Shape,
  options: LayerNormOptions,
  centred: boolean,
): Tensor {
  const last = typeof shape === 'number' ? [shape] : shape;
  const { weight = null, bias = null, eps = 1e-5 } = options;
  if (last.length === 0 || !sameShape(x.shape.slice(-last.length), last)) {
    throw new ShapeError(where, `normalises dimensions ${show(last)} at the end, x is ${show(x.shape)}`);
  }
  checkParameter(where, 'weight', weight, last);
  checkParameter(where, 'bias', bias, last);
  const size = sizeOf(last);
  const n = sizeOf(x.shape.slice(0, -last.length));
  const flat = (t: Tensor | null): Tensor | null => t && reshape(t, [size]);
  return normalise(x, flat(weight), flat(bias), { outer: 1, n, inner: size, size, step: 1, centred, eps })[0];
}

/** Of what is normalised: factors, summands, and what is added to the variance. */
const affineKeys: Keys<GroupNormOptions> = { weight: aTensorOrNull, bias: aTensorOrNull, eps: aNumber(0) };

/**
 * Layer normalisation (Ba et al. 2016): y = (x − mean) / √(variance + ε) · weight + bias, with mean and (biased)
 * variance over the last dimensions of x, those of sizes `shape`.
 */
export const layerNorm: (x: Tensor, shape: number | Shape, options?: LayerNormOptions) => Tensor = composite(
  'layerNorm',
  [
    ['x', aTensor],
    ['shape', oneSizeOrMore],
    ['options', optionsOf<LayerNormOptions>(affineKeys)],
  ],
  (x, shape, options = {}) => overLast('layerNorm', x, shape, options, true),
);
/** y = x / √(mean x² + ε) · weight, with the mean over the last dimensions of x, those of sizes `shape`. */
export const rmsNorm: (x: Tensor, shape: number | Shape, options?: RmsNormOptions) => Tensor = composite(
  'rmsNorm',
  [
    ['x', aTensor],
    ['shape', oneSizeOrMore],
    ['options', optionsOf<RmsNormOptions>({ weight: affineKeys.weight, eps: affineKeys.eps })],
  ],
  (x, shape, { weight = null, eps = 2 ** -23 } = {}) => overLast('rmsNorm', x, shape, { weight, eps }, false),
);

/** The number of channels of x [n, channels, …]. */
function channelsOf(where: string, x: Tensor): number {
  if (x.ndim < 2) throw new ShapeError(where, `x takes [batch, channels, …], this is ${show(x.shape)}`);
  return x.shape[1]!;
}

export interface GroupNormOptions {
  /** A factor for each channel. Default: 1. */
  readonly weight?: Tensor | null;
  /** A summand for each channel. Default: 0. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}
/**
 * Group normalisation (Wu & He 2018) of x [n, channels, …]: mean and (biased) variance over each of `groups` groups of
 * neighbouring channels of each sample.
 */
export const groupNorm: (x: Tensor, groups: number, options?: GroupNormOptions) => Tensor = composite(
  'groupNorm',
  [
    ['x', aTensor],
    ['groups', wholeNumber(1)],
    ['options', optionsOf(affineKeys)],
  ],
  (x, groups, { weight = null, bias = null, eps = 1e-5 } = {}) => {
    const channels = channelsOf('groupNorm', x);
    if (channels % groups !== 0) {
      throw new ShapeError('groupNorm', `${channels} channels do not divide into ${groups} groups`);
    }
    checkParameter('groupNorm', 'weight', weight, [channels]);
    checkParameter('groupNorm', 'bias', bias, [channels]);
    const step = sizeOf(x.shape.slice(2));
    return normalise(x, weight, bias, {
      outer: 1,
      n: x.shape[0]! * groups,
      inner: (channels / groups) * step,
      size: channels,
      step,
      centred: true,
      eps,
    })[0];
  },
);

/** Moves running statistics towards `factor` times those of a batch. */
function move(running: Tensor, by: Tensor, factor: number, momentum: number | Tensor): Tensor {
  if (typeof momentum === 'number') {
    return copy_(running, add(mul(running, 1 - momentum), mul(to(by, 'f32'), momentum * factor)));
  }
  return copy_(running, add(running, mul(sub(mul(to(by, 'f32'), factor), running), momentum)));
}

export interface BatchNormOptions extends GroupNormOptions {
  /** Whether to normalise by the batch, and to note its statistics; else by the running ones. Default false. */
  readonly training?: boolean;
  /** How much of the running statistics the batch's replace: a number, or one in a tensor. Default 0.1. */
  readonly momentum?: number | Tensor;
}
/**
 * Batch normalisation (Ioffe & Szegedy 2015) of x [n, channels, …]. In training, mean and (biased) variance of each
 * channel over the batch and all places; runningMean and runningVar [channels], if given, are moved in place, by
 * `momentum`, towards the batch's mean and unbiased variance. In evaluation, those are what x is normalised by. Throws
 * ShapeError in training if a channel has one number only, whose variance says nothing.
 */
export const batchNorm: (
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options?: BatchNormOptions,
) => Tensor = composite(
  'batchNorm',
  [
    ['x', aTensor],
    ['runningMean', aTensorOrNull],
    ['runningVar', aTensorOrNull],
    [
      'options',
      optionsOf<BatchNormOptions>({ ...affineKeys, training: aBoolean, momentum: either(aNumber(0, 1), aTensor) }),
    ],
  ],
  (x, runningMean, runningVar, options = {}) => {
    const { weight = null, bias = null, eps = 1e-5, training = false, momentum = 0.1 } = options;
    const channels = channelsOf('batchNorm', x);
    const parameters = { weight, bias, runningMean, runningVar };
    for (const [name, t] of Object.entries(parameters)) checkParameter('batchNorm', name, t, [channels]);
    const [outer, inner] = [x.shape[0]!, sizeOf(x.shape.slice(2))];
    const groups = { outer, n: channels, inner, size: channels, step: inner, centred: true, eps };
    if (!training) {
      if (!runningMean || !runningVar) {
        throw new ValueError('batchNorm', 'runningMean and runningVar are needed in evaluation');
      }
      return normaliseBy(x, to(runningMean, 'f64'), to(runningVar, 'f64'), weight, bias, groups);
    }
    const count = outer * inner;
    if (count === 1) {
      throw new ShapeError('batchNorm', `training takes more than one number for each channel, x is ${show(x.shape)}`);
    }
    const [y, m, variance] = normalise(x, weight, bias, groups);
    if (count > 0) {
      if (runtime.segment === 0)
        noGrad(() => {
          // and not when it is computed again
          if (runningMean) move(runningMean, m, 1, momentum);
          if (runningVar) move(runningVar, variance, count / (count - 1), momentum);
        });
    }
    return y;
  },
);

export interface InstanceNormOptions extends GroupNormOptions {
  /** Whether to normalise by each sample's own statistics, and to note them; else by the running ones. Default true. */
  readonly useInputStats?: boolean;
  /** How much of the running statistics the samples' replace. Default 0.1. */
  readonly momentum?: number;
}
/**
 * Instance normalisation (Ulyanov et al. 2016) of x [n, channels, …]: mean and (biased) variance of each channel of each
 * sample. Running statistics [channels], if given, follow the means of those over the samples, as in {@link batchNorm}.
 *
 * @throws {ShapeError} if a channel of a sample has one number only, whose variance says nothing.
 */
export const instanceNorm: (
  x: Tensor,
  runningMean?: Tensor | null,
  runningVar?: Tensor | null,
  options?: InstanceNormOptions,
) => Tensor = composite(
  'instanceNorm',
  [
    ['x', aTensor],
    ['runningMean', optional(aTensorOrNull)],
    ['runningVar', optional(aTensorOrNull)],
    ['options', optionsOf<InstanceNormOptions>({ ...affineKeys, useInputStats: aBoolean, momentum: aNumber(0, 1) })],
  ],
  (x, runningMean = null, runningVar = null, options = {}) => {
    const where = 'instanceNorm';
    const { weight = null, bias = null, eps = 1e-5, useInputStats = true, momentum = 0.1 } = options;
    const size = channelsOf(where, x);
    const parameters = { weight, bias, runningMean, runningVar };
    for (const [name, t] of Object.entries(parameters)) checkParameter(where, name, t, [size]);
    const n = x.shape[0]!;
    const step = sizeOf(x.shape.slice(2));
    const how = { inner: step, size, step, centred: true, eps };
    if (!useInputStats) {
      if (!runningMean || !runningVar)
        throw new ValueError(where, 'takes runningMean and runningVar without useInputStats');
      return normaliseBy(x, to(runningMean, 'f64'), to(runningVar, 'f64'), weight, bias, { ...how, outer: n, n: size });
    }
    if (step === 1) throw new ShapeError(where, `takes more than one number for each channel, x is ${show(x.shape)}`);
    const [y, m, variance] = normalise(x, weight, bias, { ...how, outer: 1, n: n * size });
    if (x.size > 0 && runtime.segment === 0) {
      noGrad(() => {
        const over = (v: Tensor): Tensor => mean(reshape(to(v, 'f32'), [n, size]), 0);
        if (runningMean) move(runningMean, over(m), 1, momentum);
        if (runningVar) move(runningVar, over(variance), step / (step - 1), momentum);
      });
    }
    return y;
  },
);

/**
 * Local response normalisation of x [n, channels, …] across `size` = n neighbouring channels, bounded at the first and
 * the last. Of the mean, as PyTorch has it:
 *
 *   y_c = x_c / (k + α/n · Σ x_λ²)^β over λ from c − ⌊n/2⌋ to c + ⌊(n − 1)/2⌋
 *
 * and of the sum, as AlexNet was described, with α₁ = k and α₂ = α:
 *
 *   y_c = x_c / (α₁ + α₂ · Σ x_λ²)^β over λ from c − ⌊n/2⌋ to c + ⌊n/2⌋
 *
 * The windows are the same where n is odd.
 */
export const localResponseNorm: (x: Tensor, size: number, options?: LocalResponseNormOptions) => Tensor = composite(
  'localResponseNorm',
  [
    ['x', aTensor],
    ['size', wholeNumber(1)],
    ['options', optionsOf(localResponseNormKeys)],
  ],
  (x, size, { alpha = 1e-4, beta = 0.75, k = 1, of = 'mean' } = {}) => {
    const where = 'localResponseNorm';
    const channels = channelsOf(where, x);
    const half = Math.floor(size / 2);
    const window = of === 'sum' ? 2 * half + 1 : size;
    const planes = reshape(square(x), [x.shape[0]!, 1, channels, sizeOf(x.shape.slice(2))]);
    // Sums down the channels; of an even window, padding leaves one position too many at the end.
    const sums = avgPool2d(planes, [window, 1], { stride: 1, padding: [half, 0], divisorOverride: 1 });
    const near = reshape(slice(sums, 2, 0, channels), x.shape);
    return mul(x, pow(add(mul(near, of === 'sum' ? alpha : alpha / size), k), -beta));
  },
);
