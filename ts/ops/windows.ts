/**
 * What may be chosen about windows, those of convolution, pooling and local response normalisation. Functions and layers
 * share it.
 */
import { aBoolean, aNumber, either, nonzero, oneOf, wholeNumber, type Keys, type Kind } from '../core/kinds';
import { anExtent, aPair, aTriple, type Pair, type Triple } from '../core/sizes';

/** What functions and layers of windows in 1, 2 or 3 directions take. S: one number for all of them, or one for each. */
export interface Windowed<S, O extends object, K extends readonly (keyof O & string)[]> {
  readonly dims: number;
  /** The kind of sizes from a least number on. */
  readonly size: (low: number) => Kind<S>;
  readonly keys: Keys<O>;
  /** Options that may be given by position, in PyTorch's order. */
  readonly order: K;
}

/** Of a convolution. */
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
/** Of pools that take the maximum. */
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
/** There is none of sequences, as in PyTorch. */
interface DividedPoolOptions<S> extends AvgPoolOptions<S> {
  /** Divide by this instead of the window's size. */
  readonly divisorOverride?: number;
}
export interface AvgPool2dOptions extends DividedPoolOptions<Pair> {}
export interface AvgPool3dOptions extends DividedPoolOptions<Triple> {}
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

type Size<S> = (low: number) => Kind<S>;

export type ConvOrder = readonly ['stride', 'padding', 'dilation', 'groups'];
const CONV_ORDER: ConvOrder = ['stride', 'padding', 'dilation', 'groups'];
const aPadding: Kind<'same' | 'valid'> = oneOf('same', 'valid');
const conv = <S>(dims: number, size: Size<S>): Windowed<S, ConvOptions<S>, ConvOrder> => ({
  dims,
  size,
  keys: { stride: size(1), padding: either(size(0), aPadding), dilation: size(1), groups: wholeNumber(1) },
  order: CONV_ORDER,
});
export const CONV1D: Windowed<number, Conv1dOptions, ConvOrder> = conv(1, anExtent);
export const CONV2D: Windowed<Pair, Conv2dOptions, ConvOrder> = conv(2, aPair);
export const CONV3D: Windowed<Triple, Conv3dOptions, ConvOrder> = conv(3, aTriple);

export type TransposeOrder = readonly ['stride', 'padding', 'outputPadding', 'groups', 'dilation'];
const TRANSPOSE_ORDER: TransposeOrder = ['stride', 'padding', 'outputPadding', 'groups', 'dilation'];
const transposed = <S>(dims: number, size: Size<S>): Windowed<S, ConvTransposeOptions<S>, TransposeOrder> => ({
  dims,
  size,
  keys: { stride: size(1), padding: size(0), outputPadding: size(0), dilation: size(1), groups: wholeNumber(1) },
  order: TRANSPOSE_ORDER,
});
export const TRANSPOSE1D: Windowed<number, ConvTranspose1dOptions, TransposeOrder> = transposed(1, anExtent);
export const TRANSPOSE2D: Windowed<Pair, ConvTranspose2dOptions, TransposeOrder> = transposed(2, aPair);
export const TRANSPOSE3D: Windowed<Triple, ConvTranspose3dOptions, TransposeOrder> = transposed(3, aTriple);

export type MaxOrder = readonly ['stride', 'padding', 'dilation', 'ceilMode'];
const MAX_ORDER: MaxOrder = ['stride', 'padding', 'dilation', 'ceilMode'];
const maxPool = <S>(dims: number, size: Size<S>): Windowed<S, MaxPoolOptions<S>, MaxOrder> => ({
  dims,
  size,
  keys: { stride: size(1), padding: size(0), dilation: size(1), ceilMode: aBoolean },
  order: MAX_ORDER,
});
export const MAX1D: Windowed<number, MaxPool1dOptions, MaxOrder> = maxPool(1, anExtent);
export const MAX2D: Windowed<Pair, MaxPool2dOptions, MaxOrder> = maxPool(2, aPair);
export const MAX3D: Windowed<Triple, MaxPool3dOptions, MaxOrder> = maxPool(3, aTriple);

export type AvgOrder = readonly ['stride', 'padding', 'ceilMode', 'countIncludePad'];
const AVG_ORDER: AvgOrder = ['stride', 'padding', 'ceilMode', 'countIncludePad'];
const avgPool = <S>(dims: number, size: Size<S>): Windowed<S, AvgPoolOptions<S>, AvgOrder> => ({
  dims,
  size,
  keys: { stride: size(1), padding: size(0), ceilMode: aBoolean, countIncludePad: aBoolean },
  order: AVG_ORDER,
});
export type DividedOrder = readonly [...AvgOrder, 'divisorOverride'];
const divided = <S>(dims: number, size: Size<S>): Windowed<S, DividedPoolOptions<S>, DividedOrder> => ({
  dims,
  size,
  keys: { ...avgPool(dims, size).keys, divisorOverride: nonzero },
  order: [...AVG_ORDER, 'divisorOverride'],
});
export const AVG1D: Windowed<number, AvgPool1dOptions, AvgOrder> = avgPool(1, anExtent);
export const AVG2D: Windowed<Pair, AvgPool2dOptions, DividedOrder> = divided(2, aPair);
export const AVG3D: Windowed<Triple, AvgPool3dOptions, DividedOrder> = divided(3, aTriple);

export type LPOrder = readonly ['stride', 'ceilMode'];
const LP_ORDER: LPOrder = ['stride', 'ceilMode'];
const lpPool = <S>(dims: number, size: Size<S>): Windowed<S, LPPoolOptions<S>, LPOrder> => ({
  dims,
  size,
  keys: { stride: size(1), ceilMode: aBoolean },
  order: LP_ORDER,
});
export const LP1D: Windowed<number, LPPool1dOptions, LPOrder> = lpPool(1, anExtent);
export const LP2D: Windowed<Pair, LPPool2dOptions, LPOrder> = lpPool(2, aPair);
export const LP3D: Windowed<Triple, LPPool3dOptions, LPOrder> = lpPool(3, aTriple);

export const localResponseNormKeys: Keys<LocalResponseNormOptions> = {
  alpha: aNumber(),
  beta: aNumber(),
  k: aNumber(),
  of: oneOf('mean', 'sum'),
};
