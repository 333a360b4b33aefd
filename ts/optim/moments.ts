/** Variants of Adam: with Nesterov's momentum, and with the variance of its step rectified. */
import type { Tensor } from '../core/tensor';
import { nadamProduct, nadamStep, radamStep } from '../ops/adaptive-update';
import { momentsOf } from './adam';
import type { Hyper, ParamGroup } from './group';
import { Optimizer } from './optimizer';
import type { Defaults } from './options';
import type { Slots } from './slots';

export interface RAdamOptions {
  /** The learning rate. Default 0.001. */
  readonly lr?: number;
  /** How much of the running means is kept, each in [0, 1). Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** λ of the L² penalty λ/2 · ‖w‖², added to the gradient as λw. Default 0. */
  readonly weightDecay?: number;
  /** Shrink the weights by lr · λ themselves, as AdamW does, instead of a penalty. Default false. */
  readonly decoupledWeightDecay?: boolean;
}
export interface NAdamOptions extends RAdamOptions {
  /** The learning rate. Default 0.002. */
  readonly lr?: number;
  /** ψ: the momentum of step t is β₁ (1 − ½ · 0.96^(tψ)). Default 0.004. */
  readonly momentumDecay?: number;
}

/** Adam that steps by where its momentum leads next (Dozat 2016): the gradient and the momentum of step t + 1, weighed by μ. */
export class NAdam extends Optimizer<NAdamOptions> {
  private readonly m: Slots = this.slots('m');
  private readonly v: Slots = this.slots('v');
  /** μ₁ μ₂ … μₜ, a number for each parameter. */
  private readonly product: Slots = this.slots('product', undefined, () => []);

  protected defaults(): Defaults<NAdamOptions> {
    const positive = { default: 0, low: 0 };
    return {
      lr: 0.002,
      betas: [0.9, 0.999],
      eps: { default: 1e-8, low: 0 },
      weightDecay: positive,
      decoupledWeightDecay: false,
      momentumDecay: { default: 0.004, low: 0 },
    };
  }
  protected override memory(options: Required<NAdamOptions>): readonly Hyper[] {
    return [...momentsOf(options), { name: 'momentumDecay', value: options.momentumDecay, low: 0 }];
  }
  protected update(p: Tensor, g: Tensor, { options, row }: ParamGroup<NAdamOptions>): void {
    const product = nadamProduct(this.product.get(p), row);
    nadamStep(p, g, this.m.get(p), this.v.get(p), product, row, { decoupled: options.decoupledWeightDecay });
  }
}

/**
 * Adam whose step is multiplied by how well its variance is known, and which follows the mean alone in the first steps, where it
 * is not (Liu et al. 2020).
 */
export class RAdam extends Optimizer<RAdamOptions> {
  private readonly m: Slots = this.slots('m');
  private readonly v: Slots = this.slots('v');

  protected defaults(): Defaults<RAdamOptions> {
    return {
      lr: 0.001,
      betas: [0.9, 0.999],
      eps: { default: 1e-8, low: 0 },
      weightDecay: { default: 0, low: 0 },
      decoupledWeightDecay: false,
    };
  }
  protected override memory(options: Required<RAdamOptions>): readonly Hyper[] {
    return momentsOf(options);
  }
  protected update(p: Tensor, g: Tensor, { options, row }: ParamGroup<RAdamOptions>): void {
    radamStep(p, g, this.m.get(p), this.v.get(p), row, { decoupled: options.decoupledWeightDecay });
  }
}
