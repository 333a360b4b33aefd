/** Layers and models: `nn` of the public API. */
export { Buffer, Layer, Module, Parameter, type LoadOptions, type LoadReport } from './module';
export * from './layers';
export * from './convolution';
export * from './normalization';
export * from './activations';
export * from './recurrent';
export { Sequential } from './sequential';
export { summary } from './summary';
export * as init from './init';
