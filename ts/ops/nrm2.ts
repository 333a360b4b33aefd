/** The ops of Euclidean norms and distances. Their gradients where they are 0, and have none, are 0, as in PyTorch. */
import { defineOp, defineParametricOp, type Op } from '../core/op';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { div, eq, sub } from './arithmetic';
import { mul, reduced, runs, sumKept } from './basic';
import { product } from './product';
import { transpose } from './view';
import { where } from './where';

/** g / y, and 0 where y is 0. */
function share(g: Tensor, y: Tensor): Tensor {
  const zero = eq(y, 0);
  return div(where(zero, 0, g), where(zero, 1, y));
}

/** √Σx² over dims, which stay with size 1; at most two runs of them. */
const nrm2Runs: Op<[x: Tensor], { dims: Shape }> = defineParametricOp({
  name: 'nrm2',
  inputs: ['x'],
  shape: ([x], { dims }) => reduced(x.shape, dims),
  run(k, [x], [y], { dims }) {
    const [n0 = 1, r0 = 1, n1 = 1, r1 = 1] = runs(x.shape, dims);
    k.nrm2(x.address, y.address, n0, r0, n1, r1);
  },
  saves: { x: ['x', 'y'] },
  vjp: {
    x(g, { x, y }) {
      const zero = eq(y, 0);
      return mul(div(x, where(zero, 1, y)), where(zero, 0, g)); // x / y before all else: it stays in range
    },
  },
});
/** √Σx² over dims, which stay with size 1. */
export const nrm2 = (x: Tensor, dims: Shape): Tensor =>
  runs(x.shape, dims).length > 4
    ? nrm2(nrm2Runs(x, { dims: dims.slice(-1) }), dims.slice(0, -1))
    : nrm2Runs(x, { dims });

/** |aᵢ − bⱼ| of a [n, m, d] and b [n, k, d]: [n, m, k]. No difference is kept: the gradients are matrix products. */
export const distances: Op<[a: Tensor, b: Tensor]> = defineOp({
  name: 'distances',
  inputs: ['a', 'b'],
  flops: ([a], y) => 3 * y.size * a.shape[2]!,
  shape: ([a, b]) => [a.shape[0]!, a.shape[1]!, b.shape[1]!],
  run: (k, [a, b], [y]) =>
    k.distances(a.address, b.address, y.address, a.shape[0]!, a.shape[1]!, b.shape[1]!, a.shape[2]!),
  saves: { a: ['a', 'b', 'y'], b: ['a', 'b', 'y'] },
  vjp: {
    a: (g, { a, b, y }) => towards(share(g, y), a, b),
    b: (g, { a, b, y }) => towards(transpose(share(g, y), 1, 2), b, a),
  },
});
/** Σⱼ wᵢⱼ (aᵢ − bⱼ) */
const towards = (w: Tensor, a: Tensor, b: Tensor): Tensor => sub(mul(a, sumKept(w, [2])), product(w, b));
