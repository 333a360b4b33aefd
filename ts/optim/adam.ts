import { aBoolean, aNumber, check, options as optionsOf, twoOf, type Keys } from '../core/kinds';
import type { Tensor } from '../core/tensor';
import { adamStep } from '../ops/update';
import { Optimizer, Slots, type Hyper, type ParamGroup, type Params } from './optimizer';

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

const adamKeys: Keys<AdamOptions> = {
  lr: aNumber(0),
  betas: twoOf(aNumber(), 'two numbers'),
  eps: aNumber(0),
  weightDecay: aNumber(0),
  amsgrad: aBoolean,
};

function hypers({ lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }: AdamOptions): Hyper[] {
  return [
    { name: 'lr', value: lr, low: 0 },
    { name: 'beta1', value: betas[0], low: 0, high: BELOW_ONE },
    { name: 'beta2', value: betas[1], low: 0, high: BELOW_ONE },
    { name: 'eps', value: eps, low: 0 },
    { name: 'weightDecay', value: weightDecay, low: 0 },
  ];
}

/** Steps of the mean gradient over its root mean square, both running, corrected for their start (Kingma & Ba 2015). */
export class Adam extends Optimizer<AdamOptions> {
  private readonly m: Slots;
  private readonly v: Slots;
  private readonly vmax: Slots | null;
  /** Shrink the weights beside the step, not in the gradient. */
  protected readonly decoupled: boolean = false;

  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    super(params, options, adamKeys, hypers);
    this.m = new Slots('m', this.groups);
    this.v = new Slots('v', this.groups);
    const largest = this.groups.filter(g => g.options.amsgrad);
    this.vmax = largest.length > 0 ? new Slots('vmax', largest) : null;
  }

  protected update(p: Tensor, g: Tensor, group: ParamGroup<AdamOptions>): void {
    const vmax = group.options.amsgrad && this.vmax ? this.vmax.get(p) : null;
    adamStep(p, g, this.m.get(p), this.v.get(p), vmax, group.hyper, { decoupled: this.decoupled });
  }
  protected *buffers(): Generator<[string, Tensor]> {
    yield* this.m.named();
    yield* this.v.named();
    if (this.vmax) yield* this.vmax.named();
  }
}

/** Adam whose weight decay shrinks the weights directly (Loshchilov & Hutter 2019). */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    check('AdamW', 'options', optionsOf(adamKeys), options);
    super(params, { ...options, weightDecay: options.weightDecay ?? 0.01 });
  }
}
