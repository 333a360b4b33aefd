/** Optimisers: phyllo/optim. */
export { Optimizer, type GroupOptions, type ParamGroup } from './optimizer';
export { SGD, type SGDOptions } from './sgd';
export { Adam, AdamW, type AdamOptions } from './adam';
export { CosineAnnealingLR, ExponentialLR, LambdaLR, MultiStepLR, StepLR } from './scheduler';
export { clipGradNorm } from './clip';
