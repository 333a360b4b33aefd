/** Optimisers that scale each weight's step by its gradients so far. */
import type { Tensor } from '../core/tensor';
import { adadeltaStep, adagradStep, adamaxStep } from '../ops/adaptive-update';
import { momentsOf } from './adam';
import type { Hyper, ParamGroup } from './group';
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
  /** As the kernel takes it. */
  protected override memory(options: Required<AdagradOptions>): readonly Hyper[] {
    const { lr, lrDecay, weightDecay, initialAccumulatorValue, eps } = options;
    return [
      { name: 'lr', value: lr, low: 0 },
      { name: 'lrDecay', value: lrDecay, low: 0 },
      { name: 'weightDecay', value: weightDecay, low: 0 },
      { name: 'initialAccumulatorValue', value: initialAccumulatorValue, low: 0 },
      { name: 'eps', value: eps, low: 0 },
    ];
  }
  protected update(p: Tensor, g: Tensor, { row }: ParamGroup<AdagradOptions>): void {
    adagradStep(p, g, this.sum.get(p), row);
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
  /** As the kernel takes it. */
  protected override memory({ lr, rho, eps, weightDecay }: Required<AdadeltaOptions>): readonly Hyper[] {
    return [
      { name: 'lr', value: lr, low: 0 },
      { name: 'rho', value: rho, low: 0, high: 1 },
      { name: 'eps', value: eps, low: 0 },
      { name: 'weightDecay', value: weightDecay, low: 0 },
    ];
  }
  protected update(p: Tensor, g: Tensor, { row }: ParamGroup<AdadeltaOptions>): void {
    adadeltaStep(p, g, this.v.get(p), this.u.get(p), row);
  }
}

export interface AdamaxOptions {
  /** The learning rate. Default 0.002. */
  readonly lr?: number;
  /** How much of the running mean and of the norm is kept, each in [0, 1). Default [0.9, 0.999]. */
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
  protected override memory(options: Required<AdamaxOptions>): readonly Hyper[] {
    return momentsOf(options);
  }
  protected update(p: Tensor, g: Tensor, { row }: ParamGroup<AdamaxOptions>): void {
    adamaxStep(p, g, this.m.get(p), this.u.get(p), row);
  }
}
