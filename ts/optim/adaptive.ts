/** Optimisers that scale each weight's step by its gradients so far. */
import type { Tensor } from '../core/tensor';
import { add, div, maximum, mul, sub } from '../ops/arithmetic';
import { abs, neg, sqrt, square } from '../ops/elementwise';
import { add_, copy_, mul_ } from '../ops/inplace';
import type { ParamGroup } from './group';
import { decayed, oneMinusPower } from './formulas';
import { Optimizer } from './optimizer';
import type { Defaults } from './options';
import type { Slots } from './slots';

export interface AdagradOptions {
  /** The learning rate. Default 0.01. */
  readonly lr?: number;
  /** η: the rate of step t is lr / (1 + (t − 1)η). Default 0. */
  readonly lrDecay?: number;
  /** λ of the L² penalty λ/2 · ‖w‖², added to the gradient as λw. Default 0. */
  readonly weightDecay?: number;
  /** What the sums of squares start from. Default 0. */
  readonly initialAccumulatorValue?: number;
  /** Added to the denominator. Default 1e-10. */
  readonly eps?: number;
}
/** Steps of the gradient over the root of the sum of its squares (Duchi et al. 2011): s ← s + g², w ← w − lr · g / (√s + ε). */
export class Adagrad extends Optimizer<AdagradOptions> {
  /** Without what they start from. */
  private readonly sum: Slots = this.slots('sum');

  protected defaults(): Defaults<AdagradOptions> {
    const positive = { default: 0, low: 0 };
    return {
      lr: 0.01,
      lrDecay: positive,
      weightDecay: positive,
      initialAccumulatorValue: positive,
      eps: { default: 1e-10, low: 0 },
    };
  }
  protected update(p: Tensor, g: Tensor, group: ParamGroup<AdagradOptions>): void {
    const { lrDecay, weightDecay, initialAccumulatorValue, eps } = group.options;
    const d = decayed(g, p, weightDecay);
    const s = add_(this.sum.get(p), square(d));
    const lr = div(group.tensor('lr'), add(mul(sub(group.tensor('step'), 1), lrDecay), 1));
    add_(p, mul(div(d, add(sqrt(add(s, initialAccumulatorValue)), eps)), neg(lr)));
  }
}

export interface AdadeltaOptions {
  /** By what steps are multiplied. Default 1. */
  readonly lr?: number;
  /** ρ, how much of the running means is kept. Default 0.9. */
  readonly rho?: number;
  /** Added to both means under their roots. Default 1e-6. */
  readonly eps?: number;
  /** λ of the L² penalty λ/2 · ‖w‖², added to the gradient as λw. Default 0. */
  readonly weightDecay?: number;
}
/**
 * Steps as large as steps were, over gradients as large as these were (Zeiler 2012): v ← ρv + (1 − ρ)g², Δ = √(u + ε) / √(v + ε) · g,
 * u ← ρu + (1 − ρ)Δ², w ← w − lr · Δ.
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  private readonly v: Slots = this.slots('v');
  private readonly u: Slots = this.slots('u');

  protected defaults(): Defaults<AdadeltaOptions> {
    return {
      lr: 1,
      rho: { default: 0.9, low: 0, high: 1 },
      eps: { default: 1e-6, low: 0 },
      weightDecay: { default: 0, low: 0 },
    };
  }
  protected update(p: Tensor, g: Tensor, group: ParamGroup<AdadeltaOptions>): void {
    const { rho, eps, weightDecay } = group.options;
    const d = decayed(g, p, weightDecay);
    const v = add_(mul_(this.v.get(p), rho), mul(square(d), 1 - rho));
    const u = this.u.get(p);
    const step = mul(div(sqrt(add(u, eps)), sqrt(add(v, eps))), d);
    add_(mul_(u, rho), mul(square(step), 1 - rho));
    add_(p, mul(step, neg(group.tensor('lr'))));
  }
}

export interface AdamaxOptions {
  /** The learning rate. Default 0.002. */
  readonly lr?: number;
  /** How much of the running mean and of the norm is kept. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the size of the gradient. Default 1e-8. */
  readonly eps?: number;
  /** λ of the L² penalty λ/2 · ‖w‖², added to the gradient as λw. Default 0. */
  readonly weightDecay?: number;
}
/** Adam with the largest gradient, fading, instead of the root mean square (Kingma & Ba 2015, section 7.1): u ← max(β₂u, |g| + ε). */
export class Adamax extends Optimizer<AdamaxOptions> {
  private readonly m: Slots = this.slots('m');
  private readonly u: Slots = this.slots('u');

  protected defaults(): Defaults<AdamaxOptions> {
    return { lr: 0.002, betas: [0.9, 0.999], eps: { default: 1e-8, low: 0 }, weightDecay: { default: 0, low: 0 } };
  }
  protected update(p: Tensor, g: Tensor, group: ParamGroup<AdamaxOptions>): void {
    const { betas, eps, weightDecay } = group.options;
    const d = decayed(g, p, weightDecay);
    const m = add_(mul_(this.m.get(p), betas[0]), mul(d, 1 - betas[0]));
    const u = copy_(this.u.get(p), maximum(mul(this.u.get(p), betas[1]), add(abs(d), eps)));
    const lr = div(group.tensor('lr'), oneMinusPower(betas[0], group.tensor('step')));
    add_(p, mul(div(m, u), neg(lr)));
  }
}
