import { ValueError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import { Layer, type Module } from './module';

/** Layers one after another, by name 0, 1, … */
export class Sequential extends Layer {
  readonly layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
    layers.forEach((l, i) => {
      if (!(l instanceof Layer)) throw new ValueError('Sequential', `layer ${i} is not a Layer`);
    });
    this.layers = layers;
  }

  override *children(): Generator<[name: string, module: Module]> {
    for (const [i, l] of this.layers.entries()) yield [`${i}`, l];
  }

  forward(x: Tensor): Tensor {
    let y = x;
    for (const l of this.layers) y = l.forward(y);
    return y;
  }
}
