import type { Tensor } from '../core/tensor';
import { rmspropStep } from '../ops/adaptive-update';
import type { Hyper, ParamGroup } from './group';
import { Optimizer } from './optimizer';
import type { Defaults } from './options';
import type { Slots } from './slots';

export interface RMSpropOptions {
  /** The learning rate. Default 0.01. */
  readonly lr?: number;
  /** α, how much of the running means is kept. Default 0.99. */
  readonly alpha?: number;
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** λ of the L² penalty λ/2 · ‖w‖², added to the gradient as λw. Default 0. */
  readonly weightDecay?: number;
  /** How much of the last step is kept. Default 0, and then it stays 0: no velocity is kept. */
  readonly momentum?: number;
  /** Divide by the standard deviation of the gradient (Graves 2013) instead of its root mean square. Default false. */
  readonly centered?: boolean;
}

/**
 * Steps of the gradient over its root mean square (Tieleman & Hinton 2012): v ← αv + (1 − α)g²,
 * w ← w − lr · g / (√v + ε). Centered, v − m² replaces v, with m ← αm + (1 − α)g.
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  private readonly v: Slots = this.slots('v');
  private readonly m: Slots = this.slots('m', ({ centered }) => centered);
  private readonly velocity: Slots = this.slots('velocity', ({ momentum }) => momentum > 0);

  protected defaults(): Defaults<RMSpropOptions> {
    const positive = { default: 0, low: 0 };
    return {
      lr: 0.01,
      alpha: { default: 0.99, low: 0, high: 1 },
      eps: { default: 1e-8, low: 0 },
      weightDecay: positive,
      momentum: positive,
      centered: false,
    };
  }
  /** As the kernel takes it. */
  protected override memory({ lr, alpha, eps, weightDecay, momentum }: Required<RMSpropOptions>): readonly Hyper[] {
    return [
      { name: 'lr', value: lr, low: 0 },
      { name: 'alpha', value: alpha, low: 0, high: 1 },
      { name: 'eps', value: eps, low: 0 },
      { name: 'weightDecay', value: weightDecay, low: 0 },
      { name: 'momentum', value: momentum, low: 0, high: momentum === 0 ? 0 : Infinity },
    ];
  }
  protected update(p: Tensor, g: Tensor, { options, row }: ParamGroup<RMSpropOptions>): void {
    const m = options.centered ? this.m.get(p) : null;
    rmspropStep(p, g, this.v.get(p), m, options.momentum > 0 ? this.velocity.get(p) : null, row);
  }
}
