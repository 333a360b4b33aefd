/**
 * What may be chosen about windows, those of convolution, pooling and local response normalisation. Functions and layers
 * share it.
 */
import { aBoolean, aNumber, either, nonzero, oneOf, wholeNumber, type Keys, type Kind } from '../core/kinds';
import { anExtent, aPair, aTriple, type Pair, type Triple } from '../core/sizes';

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
/** Of a transposed convolution. */
interface ConvTransposeOptions<S> {
  /** Steps between the positions that neighbouring inputs are spread to. Default 1. */
  readonly stride?: S;
  /** Border of the output that is cut away. Default 0. */
  readonly padding?: S;
  /** More places at the end, since a convolution takes several sizes to one. Below stride or dilation. Default 0. */
  readonly outputPadding?: S;
  /** Steps between the taps of a filter. Default 1. */
  readonly dilation?: S;
  /** Groups of channels that do not see each other. Default 1. */
  readonly groups?: number;
}
export interface ConvTranspose1dOptions extends ConvTransposeOptions<number> {}
export interface ConvTranspose2dOptions extends ConvTransposeOptions<Pair> {}
export interface ConvTranspose3dOptions extends ConvTransposeOptions<Triple> {}
/** Of pools that take the maximum. S: one number for all directions, or one for each. */
interface MaxPoolOptions<S> {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: S;
  /** Border around x that no window prefers; at most half of the window. Default 0. */
  readonly padding?: S;
  /** Steps between the taps of a window. Default 1. */
  readonly dilation?: S;
  /** Round the output's size up: windows may reach over the edge. Default false. */
  readonly ceilMode?: boolean;
}
export interface MaxPool1dOptions extends MaxPoolOptions<number> {}
export interface MaxPool2dOptions extends MaxPoolOptions<Pair> {}
export interface MaxPool3dOptions extends MaxPoolOptions<Triple> {}
interface AvgPoolOptions<S> {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: S;
  /** Zeros around x; at most half of the window. Default 0. */
  readonly padding?: S;
  /** Round the output's size up: windows may reach over the edge. Default false. */
  readonly ceilMode?: boolean;
  /** Whether padding counts in the average. Default true. */
  readonly countIncludePad?: boolean;
}
export interface AvgPool1dOptions extends AvgPoolOptions<number> {}
export interface AvgPool2dOptions extends AvgPoolOptions<Pair> {
  /** Divide by this instead of the window's size. */
  readonly divisorOverride?: number;
}
export interface AvgPool3dOptions extends AvgPoolOptions<Triple> {
  /** Divide by this instead of the window's size. */
  readonly divisorOverride?: number;
}
interface LPPoolOptions<S> {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: S;
  /** Round the output's size up: windows may reach over the edge. Default false. */
  readonly ceilMode?: boolean;
}
export interface LPPool1dOptions extends LPPoolOptions<number> {}
export interface LPPool2dOptions extends LPPoolOptions<Pair> {}
export interface LPPool3dOptions extends LPPoolOptions<Triple> {}
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
const convTransposeKeys = <S>(size: (low: number) => Kind<S>): Keys<ConvTransposeOptions<S>> => ({
  stride: size(1),
  padding: size(0),
  outputPadding: size(0),
  dilation: size(1),
  groups: wholeNumber(1),
});
export const convTranspose1dKeys: Keys<ConvTranspose1dOptions> = convTransposeKeys(anExtent);
export const convTranspose2dKeys: Keys<ConvTranspose2dOptions> = convTransposeKeys(aPair);
export const convTranspose3dKeys: Keys<ConvTranspose3dOptions> = convTransposeKeys(aTriple);
type Size<S> = (low: number) => Kind<S>;
const maxPoolKeys = <S>(size: Size<S>): Keys<MaxPoolOptions<S>> => ({
  stride: size(1),
  padding: size(0),
  dilation: size(1),
  ceilMode: aBoolean,
});
export const maxPool1dKeys: Keys<MaxPool1dOptions> = maxPoolKeys(anExtent);
export const maxPool2dKeys: Keys<MaxPool2dOptions> = maxPoolKeys(aPair);
export const maxPool3dKeys: Keys<MaxPool3dOptions> = maxPoolKeys(aTriple);
const avgPoolKeys = <S>(size: Size<S>): Keys<AvgPoolOptions<S>> => ({
  stride: size(1),
  padding: size(0),
  ceilMode: aBoolean,
  countIncludePad: aBoolean,
});
export const avgPool1dKeys: Keys<AvgPool1dOptions> = avgPoolKeys(anExtent);
export const avgPool2dKeys: Keys<AvgPool2dOptions> = { ...avgPoolKeys(aPair), divisorOverride: nonzero };
export const avgPool3dKeys: Keys<AvgPool3dOptions> = { ...avgPoolKeys(aTriple), divisorOverride: nonzero };
const lpPoolKeys = <S>(size: Size<S>): Keys<LPPoolOptions<S>> => ({ stride: size(1), ceilMode: aBoolean });
export const lpPool1dKeys: Keys<LPPool1dOptions> = lpPoolKeys(anExtent);
export const lpPool2dKeys: Keys<LPPool2dOptions> = lpPoolKeys(aPair);
export const lpPool3dKeys: Keys<LPPool3dOptions> = lpPoolKeys(aTriple);

/** Options that may be given by position, in PyTorch's order. */
export const CONV_ORDER: readonly ['stride', 'padding', 'dilation', 'groups'] = [
  'stride',
  'padding',
  'dilation',
  'groups',
];
export const TRANSPOSE_ORDER: readonly ['stride', 'padding', 'outputPadding', 'groups', 'dilation'] = [
  'stride',
  'padding',
  'outputPadding',
  'groups',
  'dilation',
];
export const MAX_ORDER: readonly ['stride', 'padding', 'dilation', 'ceilMode'] = [
  'stride',
  'padding',
  'dilation',
  'ceilMode',
];
export const AVG1D_ORDER: readonly ['stride', 'padding', 'ceilMode', 'countIncludePad'] = [
  'stride',
  'padding',
  'ceilMode',
  'countIncludePad',
];
export const AVG_ORDER: readonly [...typeof AVG1D_ORDER, 'divisorOverride'] = [...AVG1D_ORDER, 'divisorOverride'];
export const LP_ORDER: readonly ['stride', 'ceilMode'] = ['stride', 'ceilMode'];
export const localResponseNormKeys: Keys<LocalResponseNormOptions> = {
  alpha: aNumber(),
  beta: aNumber(),
  k: aNumber(),
  of: oneOf('mean', 'sum'),
};
