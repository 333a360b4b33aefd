/** Variants of Adam: with Nesterov's momentum, and with the variance of its step rectified. */
import type { Tensor } from '../core/tensor';
import { add, div, gt, maximum, mul, rsub, sub } from '../ops/arithmetic';
import { exp, log, neg, sqrt, square } from '../ops/elementwise';
import { add_, mul_ } from '../ops/inplace';
import { where } from '../ops/where';
import { decayed, oneMinusPower, power } from './formulas';
import type { ParamGroup } from './group';
import { Optimizer } from './optimizer';
import type { Defaults } from './options';
import type { Slots } from './slots';

export interface RAdamOptions {
  /** The learning rate. Default 0.001. */
  readonly lr?: number;
  /** How much of the running means is kept. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** λ of the L² penalty λ/2 · ‖w‖², added to the gradient as λw. Default 0. */
  readonly weightDecay?: number;
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
  /** Σ log μ_i, a number for each parameter. */
  private readonly logs: Slots = this.slots('logs', undefined, () => []);

  protected defaults(): Defaults<NAdamOptions> {
    const positive = { default: 0, low: 0 };
    return {
      lr: 0.002,
      betas: [0.9, 0.999],
      eps: { default: 1e-8, low: 0 },
      weightDecay: positive,
      momentumDecay: { default: 0.004, low: 0 },
    };
  }
  protected update(p: Tensor, g: Tensor, group: ParamGroup<NAdamOptions>): void {
    const { betas, eps, weightDecay, momentumDecay } = group.options;
    const [lr, t] = [group.tensor('lr'), group.tensor('step')];
    const d = decayed(g, p, weightDecay);
    const mu = (step: Tensor): Tensor => mul(rsub(mul(power(0.96, mul(step, momentumDecay)), 0.5), 1), betas[0]);
    const [now, next] = [mu(t), mu(add(t, 1))];
    const product = exp(add_(this.logs.get(p), log(now)));
    const m = add_(mul_(this.m.get(p), betas[0]), mul(d, 1 - betas[0]));
    const v = add_(mul_(this.v.get(p), betas[1]), mul(square(d), 1 - betas[1]));
    const root = add(sqrt(div(v, oneMinusPower(betas[1], t))), eps);
    const share = (of: Tensor, weight: Tensor, gone: Tensor): Tensor => mul(div(of, root), div(weight, rsub(gone, 1)));
    const step = add(share(d, rsub(now, 1), product), share(m, next, mul(product, next)));
    add_(p, mul(step, neg(lr)));
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
    return { lr: 0.001, betas: [0.9, 0.999], eps: { default: 1e-8, low: 0 }, weightDecay: { default: 0, low: 0 } };
  }
  protected update(p: Tensor, g: Tensor, group: ParamGroup<RAdamOptions>): void {
    const { betas, eps, weightDecay } = group.options;
    const [lr, t] = [group.tensor('lr'), group.tensor('step')];
    const d = decayed(g, p, weightDecay);
    const m = add_(mul_(this.m.get(p), betas[0]), mul(d, 1 - betas[0]));
    const v = add_(mul_(this.v.get(p), betas[1]), mul(square(d), 1 - betas[1]));
    const [c1, c2] = [oneMinusPower(betas[0], t), oneMinusPower(betas[1], t)];
    // The length of the simple mean that the running one is like, at the end and at step t.
    const end = 2 / (1 - betas[1]) - 1;
    const length = sub(end, div(mul(mul(t, 2), power(betas[1], t)), c2));
    const known = mul(mul(sub(length, 4), sub(length, 2)), end / ((end - 4) * (end - 2)));
    const rectified = mul(sqrt(mul(div(maximum(known, 0), length), c2)), div(1, add(sqrt(v), eps)));
    add_(p, mul(mul(m, where(gt(length, 5), rectified, 1)), neg(div(lr, c1))));
  }
}
