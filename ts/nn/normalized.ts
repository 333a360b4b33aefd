import type { Shape } from '../core/shape';
import { constant } from './initial';
import { noteFields } from './fields';
import { Layer } from './module';
import type { Parameter } from './parameter';

export abstract class Normalization extends Layer {
  /** γ, from 1 on; null if it is not learned. */
  weight: Parameter | null;
  /** β, from 0 on; null if it is not learned. */
  bias: Parameter | null;

  constructor(
    shape: Shape,
    /** ε, added to the variance. */
    readonly eps: number,
    weight: boolean,
    bias: boolean,
  ) {
    super();
    this.weight = weight ? constant(shape, 1) : null;
    this.bias = bias ? constant(shape, 0) : null;
    noteFields(this);
  }
}
