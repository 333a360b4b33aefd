/**
 * Every op that takes a tensor first, which are public functions: `export *` keeps each op's documentation. What these
 * are made of is in files that are not listed here: the ops of convolution in convolution.ts, say.
 */
export * from './arithmetic';
export * from './elementwise';
export * from './activations';
export * from './where';
export { pow } from './power';
export * from './matmul';
export * from './conv';
export * from './transposed';
export * from './bilinear';
export { scaledDotProductAttention, type AttentionOptions } from './attention';
export { interpolate, type InterpolateOptions, type InterpolationMode } from './interpolate';
export {
  channelShuffle,
  fold,
  pixelShuffle,
  pixelUnshuffle,
  unfold,
  type UnfoldOptions,
} from './shuffle';
export * from './grid';
export {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
} from './pool';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3d,
  adaptiveMaxPool3dWithIndices,
  type Bins,
  type PairOfBins,
  type TripleOfBins,
} from './adaptive';
export * from './reduce';
export * from './norm';
export * from './order';
export * from './cumulative';
export * from './shapes';
export * from './quantiles';
export * from './unique';
export * from './bins';
export * from './distance';
export * from './softmax';
export * from './view';
export * from './pad';
export * from './arrange';
export * from './diagonal';
export * from './logic';
export * from './blas';
export * from './contraction';
export * from './special';
export * from './statistics';
export * from './calculus';
export * from './scatters';
export * from './picking';
export * from './scatter';
export * from './at';
export * from './embedding';
export * from './rnn';
export * from './dropout';
export * from './loss';
export * from './cross-entropy';
export * from './criteria';
export type {
  AvgPool1dOptions,
  AvgPool2dOptions,
  AvgPool3dOptions,
  Conv1dOptions,
  Conv2dOptions,
  Conv3dOptions,
  ConvTranspose1dOptions,
  ConvTranspose2dOptions,
  ConvTranspose3dOptions,
  LocalResponseNormOptions,
  LPPool1dOptions,
  LPPool2dOptions,
  LPPool3dOptions,
  MaxPool1dOptions,
  MaxPool2dOptions,
  MaxPool3dOptions,
} from './windows';
