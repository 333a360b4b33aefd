/** Optimisers: phyllo/optim. */
export { Optimizer, type GroupOptions, type Params } from './optimizer';
export type { Hyper, ParamGroup } from './group';
export type { Bounded, Defaults } from './options';
export type { Slots } from './slots';
export { SGD, type SGDOptions } from './sgd';
export { Adam, AdamW, type AdamOptions } from './adam';
export { RMSprop, type RMSpropOptions } from './rmsprop';
export { CosineAnnealingLR, ExponentialLR, LambdaLR, MultiStepLR, StepLR } from './scheduler';
export { clipGradNorm } from './clip';
