/** Layers and models: phyllo/nn. */
export { Layer, Module } from './module';
export type { LoadOptions, LoadReport } from './state';
export { Buffer, Parameter, type BufferOptions } from './parameter';
export * from './layers';
export * from './convolution';
export * from './pooling';
export * from './padding';
export * from './normalization';
export * from './activations';
export * from './recurrent';
export * from './elman';
export { ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential } from './containers';
export { summary } from './summary';
export * as init from './init';
