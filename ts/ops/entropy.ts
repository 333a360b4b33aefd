/** The cross-entropy of logits against class indices, one kernel each way: what most classifiers are trained by. */
import type { View } from '../core/definition';
import { defineMultiOp, defineOp, type MultiOp, type Op } from '../core/op';
import type { Tensor } from '../core/tensor';
import { mul, sub } from './arithmetic';
import { gather } from './picking';
import { checkIndices } from './indices';
import { sum } from './reduce';
import { softmax } from './softmax';
import { contiguous, squeeze, unsqueeze } from './view';

/**
 * ln Σ eˣ − x[target] along the last dimension of x […, classes], with target […], and what the gradient reads: the
 * largest x and ln Σ e^(x − largest), […, 2].
 */
export const entropy: MultiOp<[x: Tensor, target: Tensor], [loss: Tensor, norm: Tensor]> = defineMultiOp({
  name: 'crossEntropy',
  inputs: ['x', 'target'],
  outputs: ['loss', 'norm'],
  wants: { target: 'i32' },
  shapes: ([, target]) => [target.shape, [...target.shape, 2]],
  run(k, [x, target], [loss, norm]) {
    const classes = x.shape.at(-1)!;
    checkIndices(k, 'crossEntropy', target, classes);
    k.crossEntropy(x.address, target.address, loss.address, norm.address, target.size, classes);
  },
  saves: { x: ['x', 'target', 'norm'] },
  vjp: {
    x: ([g], { x, target, norm }) => entropyGrad(even(g!) ? g! : contiguous(g!), x, target, norm),
    target: null,
  },
});

/** All elements are one number in memory, as a mean's gradient is. */
const even = ({ size, strides, shape }: View | Tensor): boolean =>
  size > 1 && strides.every((s, d) => s === 0 || shape[d] === 1);

/** g · (softmax x − one-hot target), row by row. */
const entropyGrad: Op<[g: Tensor, x: Tensor, target: Tensor, norm: Tensor]> = defineOp({
  name: 'crossEntropyGrad',
  inputs: ['g', 'x', 'target', 'norm'],
  wants: { target: 'i32' },
  strided: true, // for the sake of g: the others were saved dense
  shape: ([, x]) => x.shape,
  run: (k, [g, x, target, norm], [gx]) =>
    k.crossEntropyGrad(
      g.address,
      x.address,
      target.address,
      norm.address,
      gx.address,
      target.size,
      x.shape.at(-1)!,
      even(g) ? 0 : 1,
    ),
  saves: { g: ['x', 'target'], x: ['g', 'x'] },
  // `norm` is a function of x, by which the rule of x differentiates too.
  vjp: {
    g: (gg, { x, target }) => {
      const p = softmax(x);
      return sub(sum(mul(gg, p), -1), squeeze(gather(gg, -1, unsqueeze(target, -1)), -1));
    },
    x: (gg, { g, x }) => {
      const p = softmax(x);
      return mul(mul(p, sub(gg, sum(mul(gg, p), -1, { keepdim: true }))), unsqueeze(g, -1));
    },
    target: null,
    norm: null,
  },
});
