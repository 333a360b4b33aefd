/**
 * Every op that takes a tensor first, which are public functions: `export *` keeps each op's documentation. What these
 * are made of is in files that are not listed here: the ops of convolution in convolution.ts, say.
 */
export * from './arithmetic';
export * from './elementwise';
export * from './activations';
export * from './where';
export * from './power';
export * from './matmul';
export * from './conv';
export * from './pool';
export * from './reduce';
export * from './norm';
export * from './order';
export * from './quantiles';
export * from './unique';
export * from './bins';
export * from './softmax';
export * from './view';
export * from './arrange';
export * from './diagonal';
export * from './logic';
export * from './blas';
export * from './contraction';
export * from './special';
export * from './statistics';
export * from './indexing';
export * from './embedding';
export * from './rnn';
export * from './dropout';
export * from './loss';
export type {
  AvgPool2dOptions,
  Conv1dOptions,
  Conv2dOptions,
  Conv3dOptions,
  ConvTranspose2dOptions,
  LocalResponseNormOptions,
  MaxPool2dOptions,
} from './windows';
