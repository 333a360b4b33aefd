/** The steps of optimisers, in place. */
import { ShapeError } from '../core/errors';
import { defineParametricOp, type Op } from '../core/op';
import { sameShape, show } from '../core/shape';
import type { Tensor } from '../core/tensor';

/** Throws ShapeError unless the shapes are one. */
export function checkSame(where: string, a: Tensor, b: Tensor): void {
  if (!sameShape(a.shape, b.shape)) throw new ShapeError(where, `${show(a.shape)} and ${show(b.shape)} differ`);
}

/** hyper[i] ← hyper[i] + 1 for each i of `at`: how an optimiser counts the steps of its parameters. */
export const tick: Op<[hyper: Tensor], { at: readonly number[] }> = defineParametricOp({
  name: 'tick',
  inputs: ['hyper'],
  wants: { hyper: 'f64' },
  mutates: ['hyper'],
  check() {},
  run(k, [hyper], _, { at }) {
    for (const i of at) k.tick(hyper.address, i);
  },
});

/** One step of stochastic gradient descent; hyper = [lr, momentum, dampening, weightDecay, t]. */
export const sgdStep: Op<[w: Tensor, g: Tensor, v: Tensor | null, hyper: Tensor], { nesterov: boolean }> =
  defineParametricOp({
    name: 'sgdStep',
    inputs: ['w', 'g', 'v', 'hyper'],
    nullable: ['v'],
    wants: { hyper: 'f64' },
    mutates: ['w', 'v'],
    check([w, g]) {
      checkSame('sgdStep', w, g);
    },
    run: (k, [w, g, v, hyper], _, { nesterov }) =>
      k.sgd(w.address, g.address, v ? v.address : 0, hyper.address, w.size, nesterov ? 1 : 0),
  });

/** One step of Adam; hyper = [lr, β₁, β₂, ε, weightDecay, t]. */
export const adamStep: Op<
  [w: Tensor, g: Tensor, m: Tensor, v: Tensor, vmax: Tensor | null, hyper: Tensor],
  { decoupled: boolean }
> = defineParametricOp({
  name: 'adamStep',
  inputs: ['w', 'g', 'm', 'v', 'vmax', 'hyper'],
  nullable: ['vmax'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'm', 'v', 'vmax'],
  check([w, g]) {
    checkSame('adamStep', w, g);
  },
  run: (k, [w, g, m, v, vmax, hyper], _, { decoupled }) =>
    k.adam(
      w.address,
      g.address,
      m.address,
      v.address,
      vmax ? vmax.address : 0,
      hyper.address,
      w.size,
      decoupled ? 1 : 0,
    ),
});
