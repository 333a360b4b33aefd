import { ValueError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import { sgdStep } from '../ops/update';
import type { Hyper, ParamGroup } from './group';
import { Optimizer } from './optimizer';
import type { Defaults } from './options';
import type { Slots } from './slots';

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

/** Gradient descent w ← w − α·g, with momentum if asked for; batch, stochastic or minibatch by what g averages. */
export class SGD extends Optimizer<SGDOptions> {
  private readonly velocity: Slots = this.slots('velocity', ({ momentum }) => momentum > 0);

  protected defaults(): Defaults<SGDOptions> {
    return { lr: { low: 0 }, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false };
  }
  /** As the kernel takes it. */
  protected override memory(options: Required<SGDOptions>): readonly Hyper[] {
    const { lr, momentum, dampening, weightDecay, nesterov } = options;
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
  }
  protected update(p: Tensor, g: Tensor, { options, row }: ParamGroup<SGDOptions>): void {
    const { momentum, nesterov } = options;
    sgdStep(p, g, momentum > 0 ? this.velocity.get(p) : null, row, { nesterov });
  }
}
