import type { Tensor } from '../core/tensor';
import { add, div, maximum, mul, sub } from '../ops/arithmetic';
import { neg, sqrt, square } from '../ops/elementwise';
import { add_, mul_ } from '../ops/inplace';
import type { ParamGroup } from './group';
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
  /** How much of the last step is kept. Default 0. */
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
  protected update(p: Tensor, g: Tensor, group: ParamGroup<RMSpropOptions>): void {
    const { alpha, eps, weightDecay, momentum, centered } = group.options;
    const d = weightDecay > 0 ? add(g, mul(p, weightDecay)) : g;
    const v = add_(mul_(this.v.get(p), alpha), mul(square(d), 1 - alpha));
    const m = centered ? add_(mul_(this.m.get(p), alpha), mul(d, 1 - alpha)) : null;
    const step = div(d, add(sqrt(m ? maximum(sub(v, square(m)), 0) : v), eps)); // 0: rounding may leave less
    const u = momentum > 0 ? add_(mul_(this.velocity.get(p), momentum), step) : step;
    add_(p, mul(u, neg(group.tensor('lr'))));
  }
}
