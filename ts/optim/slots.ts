import { display } from '../core/display';
import { ValueError } from '../core/errors';
import { keepState } from '../core/scope';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { zeros } from '../ops/creation';
import type { ParamGroup } from './group';

/** One state tensor of zeros for each parameter of some groups. */
export class Slots {
  private readonly of: Map<Tensor, Tensor> = new Map();
  /** @param shape of the state of a parameter: by default the parameter's. */
  constructor(
    readonly name: string,
    private readonly shape: (p: Tensor) => Shape = p => p.shape,
  ) {}
  /** Makes the state of a group's parameters. */
  add({ params }: Pick<ParamGroup, 'params'>): void {
    for (const p of params) this.of.set(p, keepState(zeros(this.shape(p))));
  }
  /** The state of a parameter. */
  get(p: Tensor): Tensor {
    const t = this.of.get(p);
    if (t === undefined) throw new ValueError('Slots', `there is no ${this.name} of ${display(p)}`);
    return t;
  }
  *named(): Generator<[string, Tensor]> {
    let i = 0;
    for (const t of this.of.values()) yield [`${this.name}.${i++}`, t];
  }
}
