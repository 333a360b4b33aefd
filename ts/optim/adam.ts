import type { Tensor } from '../core/tensor';
import { sparseAdamStep } from '../ops/adaptive-update';
import { adamStep } from '../ops/update';
import type { Hyper, ParamGroup } from './group';
import { Optimizer } from './optimizer';
import type { Defaults } from './options';
import type { Slots } from './slots';

export interface AdamOptions {
  /** The learning rate. Default 0.001. */
  readonly lr?: number;
  /** Decay of the running means of the gradient and of its square, each in [0, 1). Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** λ: of Adam an L² penalty in the gradient (default 0), of AdamW a direct shrinking (default 0.01). */
  readonly weightDecay?: number;
  /** Divide by the largest running mean so far (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean;
}

const BELOW_ONE = 1 - Number.EPSILON / 2;
/** lr, β₁, β₂, ε and the decay, as kernels take them. */
export function momentsOf(options: {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay?: number;
}): Hyper[] {
  const { lr, betas, eps, weightDecay } = options;
  return [
    { name: 'lr', value: lr, low: 0 },
    { name: 'beta1', value: betas[0], low: 0, high: BELOW_ONE },
    { name: 'beta2', value: betas[1], low: 0, high: BELOW_ONE },
    { name: 'eps', value: eps, low: 0 },
    ...(weightDecay === undefined ? [] : [{ name: 'weightDecay', value: weightDecay, low: 0 }]),
  ];
}

/** Steps of the mean gradient over its root mean square, both running, corrected for their start (Kingma & Ba 2015). */
export class Adam extends Optimizer<AdamOptions> {
  private readonly m: Slots = this.slots('m');
  private readonly v: Slots = this.slots('v');
  private readonly vmax: Slots = this.slots('vmax', ({ amsgrad }) => amsgrad);
  /** Shrink the weights beside the step, not in the gradient. */
  protected readonly decoupled: boolean = false;

  protected defaults(): Defaults<AdamOptions> {
    return { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false };
  }
  protected override memory(options: Required<AdamOptions>): readonly Hyper[] {
    return momentsOf(options);
  }
  protected update(p: Tensor, g: Tensor, { options, row }: ParamGroup<AdamOptions>): void {
    const vmax = options.amsgrad ? this.vmax.get(p) : null;
    adamStep(p, g, this.m.get(p), this.v.get(p), vmax, row, { decoupled: this.decoupled });
  }
}

/** Adam whose weight decay shrinks the weights directly (Loshchilov & Hutter 2019). */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  protected override defaults(): Defaults<AdamOptions> {
    return { ...super.defaults(), weightDecay: 0.01 };
  }
}

export interface SparseAdamOptions {
  /** The learning rate. Default 0.001. */
  readonly lr?: number;
  /** Decay of the running means of the gradient and of its square, each in [0, 1). Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
}
/**
 * Adam of the rows that have a gradient, for large tables of which a batch looks up a few rows (`nn.Embedding`): w[i] along
 * the first dimension, its means and what they divide by stay as they are while the gradient of w[i] is 0. As in PyTorch, steps are
 * counted for the whole table, and ε is added before √v is corrected for its start.
 *
 * Gradients are dense here: that of an embedding is as large as its table, and 0 in the rows that were not looked up. These
 * are told by that. So a row that was looked up and whose gradient happens to be 0 throughout stays, too, where PyTorch's
 * `SparseAdam`, which is told the rows, goes on by its means; and the gradient itself takes the time and memory of the table.
 */
export class SparseAdam extends Optimizer<SparseAdamOptions> {
  private readonly m: Slots = this.slots('m');
  private readonly v: Slots = this.slots('v');

  protected defaults(): Defaults<SparseAdamOptions> {
    return { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8 };
  }
  protected override memory(options: Required<SparseAdamOptions>): readonly Hyper[] {
    return momentsOf(options);
  }
  protected update(p: Tensor, g: Tensor, { row }: ParamGroup<SparseAdamOptions>): void {
    sparseAdamStep(p, g, this.m.get(p), this.v.get(p), row);
  }
}
