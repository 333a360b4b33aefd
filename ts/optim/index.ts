/** Optimisers: phyllo/optim. */
export { Optimizer, type GroupOptions, type Params } from './optimizer';
export type { Hyper, ParamGroup } from './group';
export type { Bounded, Choice, Defaults, OptimizerOptions } from './options';
export type { Slots } from './slots';
export { SGD, type SGDOptions } from './sgd';
export { Adam, AdamW, SparseAdam, type AdamOptions, type SparseAdamOptions } from './adam';
export { RMSprop, type RMSpropOptions } from './rmsprop';
export { Adadelta, Adagrad, Adamax, type AdadeltaOptions, type AdagradOptions, type AdamaxOptions } from './adaptive';
export { NAdam, RAdam, type NAdamOptions, type RAdamOptions } from './moments';
export { ASGD, Rprop, type ASGDOptions, type RpropOptions } from './signs';
export { LBFGS, type LBFGSOptions } from './lbfgs';
export { LRScheduler, type PerGroup, type SchedulerState } from './scheduler';
export * from './schedules';
export { CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR, type CyclicOptions, type OneCycleOptions } from './cycles';
export { ReduceLROnPlateau, type PlateauOptions, type PlateauState } from './plateau';
export { ChainedScheduler, SequentialLR } from './sequences';
export { clipGradNorm, clipGradValue, type ClipGradNormOptions } from './clip';
