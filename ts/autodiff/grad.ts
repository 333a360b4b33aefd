import { GradientError, ShapeError } from '../core/errors';
import { aFunction, check, checkCount } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { Node } from '../core/node';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { adopt } from '../core/lifetime';
import { show } from '../core/shape';
import { handle, type Tensor } from '../core/tensor';
import { mul } from '../ops/arithmetic';
import { identity } from '../ops/parts';
import { gradients } from './backward';

/** How many `grad`s look on: those inside must record their own backward pass. None does beyond a noGrad. */
let depth = 0;

/**
 * A function that returns f's value and its gradient by the first argument. f returns one number. Nests:
 * `grad(x => grad(f)(x).sum())` is a second derivative.
 */
export function valueAndGrad<R extends readonly unknown[]>(
  f: (x: Tensor, ...rest: R) => Tensor,
): (x: Tensor, ...rest: R) => [value: Tensor, grad: Tensor] {
  check('grad', 'f', aFunction(), f);
  checkCount('grad', 1, arguments);
  return (x, ...rest) =>
    scope(() => {
      const { recording } = runtime;
      const around = depth;
      depth = recording ? depth + 1 : 1;
      runtime.recording = true;
      try {
        const leaf = variable(x, recording);
        const y = f(leaf, ...rest);
        check('grad', 'the result', aTensor, y);
        if (y.size !== 1) throw new ShapeError('grad', `the function returns one number, not ${show(y.shape)}`);
        const g = y.node ? gradients(y, [leaf], { createGraph: depth > 1 })[0] : mul(leaf, 0);
        if (!g) throw new GradientError('grad', 'no gradient was found');
        return [depth > 1 ? y : y.detach(), depth > 1 ? g : g.detach()];
      } finally {
        depth = around;
        runtime.recording = recording;
      }
    }, 'grad');
}

/** A function that returns the gradient of f by its first argument; see {@link valueAndGrad}. */
export function grad<R extends readonly unknown[]>(
  f: (x: Tensor, ...rest: R) => Tensor,
): (x: Tensor, ...rest: R) => Tensor {
  checkCount('grad', 1, arguments);
  const both = valueAndGrad(f);
  return (x, ...rest) => scope(() => both(x, ...rest)[1], 'grad');
}

/** A handle of x to differentiate by: a leaf, or where x is recorded a node of its own behind x's. */
function variable(x: Tensor, recorded: boolean): Tensor {
  check('grad', 'x', aTensor, x);
  if (x.node && recorded) return identity(x);
  const leaf = adopt(handle(x));
  leaf.node = new Node(null, {}, [], [leaf]);
  return leaf;
}
