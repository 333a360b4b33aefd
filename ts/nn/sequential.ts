import { check } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import type { Tensor } from '../core/tensor';
import { aLayer, Layer, type Module } from './module';

/** Layers one after another, by name 0, 1, … */
export class Sequential extends Layer {
  readonly layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
    layers.forEach((l, i) => check('Sequential', `layer ${i}`, aLayer, l));
    this.layers = layers;
  }

  override *children(): Generator<[name: string, module: Module]> {
    for (const [i, l] of this.layers.entries()) yield [`${i}`, l];
  }

  forward(x: Tensor): Tensor {
    check('Sequential', 'x', aTensor, x);
    let y = x;
    for (const l of this.layers) y = l.forward(y);
    return y;
  }
}
