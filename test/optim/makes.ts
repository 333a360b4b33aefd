/** Optimisers with the options that they are captured with, and go on from files with. */
import { optim, type Tensor } from 'phyllo';
import type { OptimiserName } from './tables';

export type Any = optim.Optimizer<object>;
export type Params = readonly Tensor[];
/** An optimiser without a row does not compile. LBFGS reads what it computes, and cannot be captured: lbfgs.test.ts. */
export const OPTIMISERS: Readonly<Record<Exclude<OptimiserName, 'LBFGS'>, readonly [Make, ...Make[]]>> = {
  SGD: [p => new optim.SGD(p, { lr: 0.1 }), p => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true })],
  Adam: [p => new optim.Adam(p, { lr: 0.1 }), p => new optim.Adam(p, { lr: 0.1, amsgrad: true, weightDecay: 0.1 })],
  AdamW: [p => new optim.AdamW(p, { lr: 0.1 })],
  RMSprop: [
    p => new optim.RMSprop(p),
    p => new optim.RMSprop(p, { lr: 0.05, alpha: 0.9, momentum: 0.5, centered: true, weightDecay: 0.1 }),
  ],
  Adagrad: [p => new optim.Adagrad(p, { lr: 0.1, lrDecay: 0.1, initialAccumulatorValue: 0.1 })],
  Adadelta: [p => new optim.Adadelta(p)],
  Adamax: [p => new optim.Adamax(p, { lr: 0.05 })],
  NAdam: [p => new optim.NAdam(p, { lr: 0.05 })],
  RAdam: [p => new optim.RAdam(p, { lr: 0.05, betas: [0.5, 0.9] })],
  ASGD: [p => new optim.ASGD(p, { lr: 0.1, t0: 5 })],
  Rprop: [p => new optim.Rprop(p)],
  SparseAdam: [p => new optim.SparseAdam(p, { lr: 0.05 })],
};
export type Make = (params: Params) => Any;
