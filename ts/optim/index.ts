/** Optimisers: phyllo/optim. */
export { Optimizer, type GroupOptions, type Params } from './optimizer';
export type { Hyper, ParamGroup } from './group';
export type { Bounded, Defaults, OptimizerOptions } from './options';
export type { Slots } from './slots';
export { SGD, type SGDOptions } from './sgd';
export { Adam, AdamW, type AdamOptions } from './adam';
export { RMSprop, type RMSpropOptions } from './rmsprop';
export { LRScheduler, type SchedulerState } from './scheduler';
export * from './schedules';
export { ChainedScheduler, SequentialLR } from './sequences';
export { clipGradNorm, clipGradValue, type ClipGradNormOptions } from './clip';
