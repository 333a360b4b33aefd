/** Optimisers of another kind: steps by the sign of the gradient alone, and averages of where descent has been. */
import type { Tensor } from '../core/tensor';
import { asgdStep, rpropStep } from '../ops/adaptive-update';
import type { Hyper, ParamGroup } from './group';
import { Optimizer } from './optimizer';
import type { Defaults } from './options';
import type { Slots } from './slots';

export interface RpropOptions {
  /** The size of the first steps. Default 0.01. */
  readonly lr?: number;
  /** By what a step's size is multiplied where the gradient changed its sign, and where it did not. Default [0.5, 1.2]. */
  readonly etas?: readonly [number, number];
  /** The smallest and the largest step. Default [1e-6, 50]. */
  readonly stepSizes?: readonly [number, number];
}
/**
 * Steps by the gradient's sign, whose sizes grow while it stays and shrink where it changes; there no step is taken (Riedmiller
 * & Braun 1993). For gradients of the whole data.
 */
export class Rprop extends Optimizer<RpropOptions> {
  private readonly previous: Slots = this.slots('previous');
  private readonly size: Slots = this.slots('size');

  protected defaults(): Defaults<RpropOptions> {
    return { lr: 0.01, etas: [0.5, 1.2], stepSizes: [1e-6, 50] };
  }
  /** As the kernel takes it. */
  protected override memory({ lr, etas, stepSizes }: Required<RpropOptions>): readonly Hyper[] {
    return [
      { name: 'lr', value: lr, low: 0 },
      { name: 'etaMinus', value: etas[0], low: 0 },
      { name: 'etaPlus', value: etas[1], low: 0 },
      { name: 'minStepSize', value: stepSizes[0], low: 0 },
      { name: 'maxStepSize', value: stepSizes[1], low: 0 },
    ];
  }
  protected update(p: Tensor, g: Tensor, { row }: ParamGroup<RpropOptions>): void {
    rpropStep(p, g, this.previous.get(p), this.size.get(p), row);
  }
}

export interface ASGDOptions {
  /** The learning rate of the first step. Default 0.01. */
  readonly lr?: number;
  /** By how much weights shrink, times the rate, and how fast the rate falls. Default 1e-4. */
  readonly lambd?: number;
  /** The exponent by which the rate falls. Default 0.75. */
  readonly alpha?: number;
  /** The step after which averages are taken. Default 1e6. */
  readonly t0?: number;
  /** λ of the L² penalty λ/2 · ‖w‖², added to the gradient as λw. Default 0. */
  readonly weightDecay?: number;
}
/**
 * Stochastic gradient descent that also averages its weights from step t0 on (Polyak & Juditsky 1992): `stateDict()` has the averages
 * as `mean.0` and so on.
 */
export class ASGD extends Optimizer<ASGDOptions> {
  private readonly mean: Slots = this.slots('mean');

  protected defaults(): Defaults<ASGDOptions> {
    return {
      lr: 0.01,
      lambd: { default: 1e-4, low: 0 },
      alpha: 0.75,
      t0: { default: 1e6, low: 0 },
      weightDecay: { default: 0, low: 0 },
    };
  }
  /** As the kernel takes it. */
  protected override memory({ lr, lambd, alpha, t0, weightDecay }: Required<ASGDOptions>): readonly Hyper[] {
    return [
      { name: 'lr', value: lr, low: 0 },
      { name: 'lambd', value: lambd, low: 0 },
      { name: 'alpha', value: alpha },
      { name: 't0', value: t0, low: 0 },
      { name: 'weightDecay', value: weightDecay, low: 0 },
    ];
  }
  protected update(p: Tensor, g: Tensor, { row }: ParamGroup<ASGDOptions>): void {
    asgdStep(p, g, this.mean.get(p), row);
  }
}
