/** What losses share: how those of the elements become one number. */
import { ShapeError } from '../core/errors';
import { oneOf, options as optionsOf, type Keys } from '../core/kinds';
import { sameShape, show } from '../core/shape';
import { defineOp, type Op } from '../core/op';
import { composite } from '../core/signature';
import { aTensor } from '../core/tensor-kinds';
import type { Tensor } from '../core/tensor';
import { div, mul } from './arithmetic';
import { clamp } from './elementwise';
import { mean, sum } from './reduce';

/**
 * How the losses of the elements become one number: their mean, their sum, or none of it. `cost` is the sum over the
 * samples (the first dimension) of each sample's mean: the cost function C(θ) = Σ L(M(xᵢ; θ), yᵢ) with L a mean over
 * components.
 */
export type Reduction = 'mean' | 'sum' | 'none' | 'cost';
export interface LossOptions {
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

export function reduce(losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'none') return losses;
  if (reduction === 'mean') return mean(losses);
  if (reduction === 'sum') return sum(losses);
  return mul(mean(losses), losses.shape[0] ?? 1);
}
export const lossKeys: Keys<LossOptions> = { reduction: oneOf('mean', 'sum', 'none', 'cost') };

export function checkPair(where: string, x: Tensor, target: Tensor): void {
  if (!sameShape(x.shape, target.shape)) {
    throw new ShapeError(where, `x ${show(x.shape)} and target ${show(target.shape)} differ`);
  }
}

export type Loss<O = LossOptions> = (x: Tensor, target: Tensor, options?: O) => Tensor;
/** A loss of each element by itself. */
export function elementwise<O extends LossOptions>(
  name: string,
  keys: Keys<O>,
  f: (x: Tensor, target: Tensor, options: Partial<O>) => Tensor,
): Loss<O> {
  return composite(
    name,
    [
      ['x', aTensor],
      ['target', aTensor],
      ['options', optionsOf<O>(keys)],
    ],
    (x, target, options) => {
      checkPair(name, x, target);
      return reduce(f(x, target, options ?? {}), options?.reduction);
    },
  );
}

/** What PyTorch divides by at least, in the gradient of a logarithm of probabilities. */
export const LEAST: number = 1e-12;
/** ln x, not below −100; the derivative is 1 / max(x, 1e-12). */
export const logFloored: Op<[x: Tensor]> = defineOp({
  name: 'logFloored',
  inputs: ['x'],
  shape: ([x]) => x.shape,
  run(k, [x], [y]) {
    k.log(x.address, y.address, y.size, 0);
    k.clamp(y.address, y.address, y.size, -100, Infinity);
  },
  saves: { x: ['x'] },
  vjp: { x: (g, { x }) => div(g, clamp(x, LEAST)) },
});
