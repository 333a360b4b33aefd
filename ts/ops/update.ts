/** Writing in place: what optimisers and initialisers do. Not recorded; under a recorded input they are errors. */
import { copyKernel } from '../core/convert';
import { DTypeError, ShapeError } from '../core/errors';
import { runCopy } from '../core/geometry';
import { defineOp, type Op, type Operand } from '../core/op';
import { sameShape, show } from '../core/shape';
import type { Tensor } from '../core/tensor';

function checkSame(where: string, a: Tensor, b: Tensor): void {
  if (!sameShape(a.shape, b.shape)) throw new ShapeError(where, `${show(a.shape)} and ${show(b.shape)} differ`);
}

/** a ← b, elementwise. */
export const assign: Op<[a: Tensor, b: Tensor]> = defineOp({
  name: 'assign',
  inputs: ['a', 'b'],
  flops: () => 0,
  wants: { a: 'any', b: 'any' },
  strided: true,
  mutates: ['a'],
  shape([a, b]) {
    checkSame('assign', a, b);
    if (a.dtype !== b.dtype) throw new DTypeError('assign', `a is ${a.dtype}, b is ${b.dtype}`);
    return null;
  },
  run: (k, [a, b]) => runCopy(copyKernel(k, a.dtype), b, a),
});

/** a ← a + b, elementwise. */
export const addInto: Op<[a: Tensor, b: Tensor]> = defineOp({
  name: 'addInto',
  inputs: ['a', 'b'],
  mutates: ['a'],
  shape([a, b]) {
    checkSame('addInto', a, b);
    return null;
  },
  run: (k, [a, b]) => k.addInto(a.at, b.at, a.size),
});

/** a ← s · a, elementwise; s is a number or a tensor of one element. */
export const scale: Op<[a: Tensor, s: Operand]> = defineOp({
  name: 'scale',
  inputs: ['a', 's'],
  mutates: ['a'],
  shape([, s]) {
    if (s.size !== 1) throw new ShapeError('scale', `takes one number to multiply by, this has shape ${show(s.shape)}`);
    return null;
  },
  run: (k, [a, s]) => k.mul(a.at, s.at, a.at, 1, 1, 1, a.size, 0, 0, 0, 1, 0, 0, 0, 0),
});

/** hyper[at] ← hyper[at] + 1: how an optimiser counts its steps. */
export const tick: Op<[hyper: Tensor], { at: number }> = defineOp({
  name: 'tick',
  inputs: ['hyper'],
  wants: { hyper: 'f64' },
  mutates: ['hyper'],
  shape: () => null,
  run: (k, [hyper], _, { at }) => k.tick(hyper.at, at),
});

/** One step of stochastic gradient descent; hyper = [lr, momentum, dampening, weightDecay, t]. */
export const sgdStep: Op<[w: Tensor, g: Tensor, v: Tensor | null, hyper: Tensor], { nesterov: boolean }> = defineOp({
  name: 'sgdStep',
  inputs: ['w', 'g', 'v', 'hyper'],
  nullable: ['v'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'v'],
  shape([w, g]) {
    checkSame('sgdStep', w, g);
    return null;
  },
  run: (k, [w, g, v, hyper], _, { nesterov }) =>
    k.sgd(w.at, g.at, v ? v.at : 0, hyper.at, w.size, nesterov ? 1 : 0),
});

/** One step of Adam; hyper = [lr, β₁, β₂, ε, weightDecay, t]. */
export const adamStep: Op<
  [w: Tensor, g: Tensor, m: Tensor, v: Tensor, vmax: Tensor | null, hyper: Tensor], { decoupled: boolean }
> = defineOp({
  name: 'adamStep',
  inputs: ['w', 'g', 'm', 'v', 'vmax', 'hyper'],
  nullable: ['vmax'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'm', 'v', 'vmax'],
  shape([w, g]) {
    checkSame('adamStep', w, g);
    return null;
  },
  run: (k, [w, g, m, v, vmax, hyper], _, { decoupled }) =>
    k.adam(w.at, g.at, m.at, v.at, vmax ? vmax.at : 0, hyper.at, w.size, decoupled ? 1 : 0),
});
