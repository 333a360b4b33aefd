import { ValueError } from '../core/errors';
import { aBoolean, aNumber, type Keys } from '../core/kinds';
import type { Tensor } from '../core/tensor';
import { sgdStep } from '../ops/update';
import { Optimizer, Slots, type ParamGroup, type Params } from './optimizer';

export interface SGDOptions {
  /** The learning rate α. */
  readonly lr: number;
  /** How much of the last step is kept. Default 0, and then it stays 0: no velocity is kept. */
  readonly momentum?: number;
  /** How much less of the gradient goes into the momentum. Default 0. */
  readonly dampening?: number;
  /** λ of the L² penalty λ/2 · ‖w‖², added to the gradient as λw. Default 0. */
  readonly weightDecay?: number;
  /** Look ahead along the momentum (Nesterov). Default false. */
  readonly nesterov?: boolean;
}

const sgdKeys: Keys<SGDOptions> = {
  lr: aNumber(0),
  momentum: aNumber(0),
  dampening: aNumber(),
  weightDecay: aNumber(0),
  nesterov: aBoolean,
};

/** Gradient descent w ← w − α·g, with momentum if asked for; batch, stochastic or minibatch by what g averages. */
export class SGD extends Optimizer<SGDOptions> {
  private readonly velocity: Slots | null;

  constructor(params: Params<SGDOptions>, options: SGDOptions) {
    super(params, options, sgdKeys, ({ lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false }) => {
      if (nesterov && !(momentum > 0 && dampening === 0)) {
        const found = `these are ${momentum} and ${dampening}`;
        throw new ValueError('SGD', `nesterov takes a momentum > 0 and no dampening, ${found}`);
      }
      return [
        { name: 'lr', value: lr, low: 0 },
        { name: 'momentum', value: momentum, low: 0, high: momentum === 0 ? 0 : Infinity },
        { name: 'dampening', value: dampening },
        { name: 'weightDecay', value: weightDecay, low: 0 },
      ];
    });
    const moving = this.groups.filter(g => g.options.momentum);
    this.velocity = moving.length > 0 ? new Slots('velocity', moving) : null;
  }

  protected update(p: Tensor, g: Tensor, group: ParamGroup<SGDOptions>): void {
    const { momentum, nesterov = false } = group.options;
    sgdStep(p, g, momentum && this.velocity ? this.velocity.get(p) : null, group.hyper, { nesterov });
  }
  protected *buffers(): Generator<[string, Tensor]> {
    if (this.velocity) yield* this.velocity.named();
  }
}
