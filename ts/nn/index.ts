/** Layers and models: phyllo/nn. */
export { Layer, Module, type LoadOptions, type LoadReport } from './module';
export { Buffer, Parameter } from './parameter';
export * from './layers';
export * from './convolution';
export * from './normalization';
export * from './activations';
export * from './recurrent';
export * from './elman';
export { Sequential } from './sequential';
export { summary } from './summary';
export * as init from './init';
