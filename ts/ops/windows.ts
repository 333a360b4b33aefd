/**
 * What may be chosen about windows, those of convolution, pooling and local response normalisation. Functions and layers
 * share it.
 */
import { aBoolean, aNumber, either, nonzero, oneOf, wholeNumber, type Keys, type Kind } from '../core/kinds';
import { aPair, aTriple, type Pair, type Triple } from '../core/sizes';

/** Of a convolution. S: one number for all directions, or one for each. */
interface ConvOptions<S> {
  /** Steps between windows. Default 1. */
  readonly stride?: S;
  /** Zeros at both ends; 'same' keeps the size (stride 1 only), with the odd one after; 'valid' is 0. Default 0. */
  readonly padding?: S | 'same' | 'valid';
  /** Steps between the taps of a filter. Default 1. */
  readonly dilation?: S;
  /** Groups of channels that do not see each other. Default 1. */
  readonly groups?: number;
}
export interface Conv1dOptions extends ConvOptions<number> {}
export interface Conv2dOptions extends ConvOptions<Pair> {}
export interface Conv3dOptions extends ConvOptions<Triple> {}
export interface ConvTranspose2dOptions {
  /** Steps between the positions that neighbouring inputs are spread to. Default 1. */
  readonly stride?: Pair;
  /** Border of the output that is cut away. Default 0. */
  readonly padding?: Pair;
  /** More rows and columns at the end, since conv2d takes several sizes to one. Below stride or dilation. Default 0. */
  readonly outputPadding?: Pair;
  /** Steps between the taps of a filter. Default 1. */
  readonly dilation?: Pair;
  /** Groups of channels that do not see each other. Default 1. */
  readonly groups?: number;
}
export interface MaxPool2dOptions {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: Pair;
  /** Border around the image that no window prefers; at most half of the window. Default 0. */
  readonly padding?: Pair;
  /** Steps between the taps of a window. Default 1. */
  readonly dilation?: Pair;
  /** Round the output's size up: windows may reach over the edge. Default false. */
  readonly ceilMode?: boolean;
}
export interface AvgPool2dOptions {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: Pair;
  /** Zeros around the image; at most half of the window. Default 0. */
  readonly padding?: Pair;
  /** Round the output's size up: windows may reach over the edge. Default false. */
  readonly ceilMode?: boolean;
  /** Whether padding counts in the average. Default true. */
  readonly countIncludePad?: boolean;
  /** Divide by this instead of the window's size. */
  readonly divisorOverride?: number;
}
export interface LocalResponseNormOptions {
  /** Default 1e-4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Default 1. */
  readonly k?: number;
  /** What α multiplies: the mean over the window (PyTorch) or the sum (Krizhevsky et al. 2012). Default 'mean'. */
  readonly of?: 'mean' | 'sum';
}

const aPadding: Kind<'same' | 'valid'> = oneOf('same', 'valid');
/** Of a convolution, whose sizes are of the kind that `size` makes, from a least number. */
const convKeys = <S>(size: (low: number) => Kind<S>): Keys<ConvOptions<S>> => ({
  stride: size(1),
  padding: either(size(0), aPadding),
  dilation: size(1),
  groups: wholeNumber(1),
});
export const conv1dKeys: Keys<Conv1dOptions> = convKeys(low => wholeNumber(low));
export const conv2dKeys: Keys<Conv2dOptions> = convKeys(aPair);
export const conv3dKeys: Keys<Conv3dOptions> = convKeys(aTriple);
export const convTranspose2dKeys: Keys<ConvTranspose2dOptions> = {
  stride: aPair(1),
  padding: aPair(0),
  outputPadding: aPair(0),
  dilation: aPair(1),
  groups: wholeNumber(1),
};
export const maxPool2dKeys: Keys<MaxPool2dOptions> = {
  stride: aPair(1),
  padding: aPair(0),
  dilation: aPair(1),
  ceilMode: aBoolean,
};
export const avgPool2dKeys: Keys<AvgPool2dOptions> = {
  stride: aPair(1),
  padding: aPair(0),
  ceilMode: aBoolean,
  countIncludePad: aBoolean,
  divisorOverride: nonzero,
};
export const localResponseNormKeys: Keys<LocalResponseNormOptions> = {
  alpha: aNumber(),
  beta: aNumber(),
  k: aNumber(),
  of: oneOf('mean', 'sum'),
};
