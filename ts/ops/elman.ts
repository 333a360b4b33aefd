/** The op of Elman's network over a sequence: the projections of its inputs p, and weights of the state. */
import type { Kernels } from '../backend/backend';
import { defineMultiOp, type MultiOp } from '../core/op';
import { runtime } from '../core/runtime';
import type { Tensor } from '../core/tensor';
import { add, gt, mul, rsub } from './arithmetic';
import { zeros } from './creation';
import { square, to } from './elementwise';
import { matmul } from './matmul';
import { at, eachBack, previous, products, sizes, weightGradient, type Walk } from './recurrence';
import { select } from './view';

type Elman = Walk & { readonly relu: boolean };
export const rnnOp: MultiOp<[p: Tensor, w: Tensor, h0: Tensor], [y: Tensor, h: Tensor], Elman> = defineMultiOp({
  name: 'rnn',
  inputs: ['p', 'w', 'h0'],
  flops: ([, w], y) => products(w, y.size),
  outputs: ['y', 'h'],
  shapes: ([p, , h0]) => [p.shape, h0.shape],
  run: (k: Kernels, [p, w, h0], [y, h], params) =>
    k.rnn(p.address, w.address, h0.address, y.address, h.address, ...sizes(y, params), Number(params.relu)),
  saves: { p: ['w', 'y'], w: ['w', 'h0', 'y'], h0: ['w', 'y'] },
  vjpAll([gy, gh], { w, h0, y }, params, _, needed) {
    const back = runtime.recording ? rnnBack : rnnGrad;
    const [gp, gh0] = back(gy, gh, w!, y!, params);
    return { p: gp, h0: gh0, w: needed.w ? weightGradient(gp, previous(h0!, y!, params)) : null };
  },
});
const rnnGrad: MultiOp<[gy: Tensor | null, gh: Tensor | null, w: Tensor, y: Tensor], [gp: Tensor, gh0: Tensor], Elman> =
  defineMultiOp({
    name: 'rnnGrad',
    inputs: ['gy', 'gh', 'w', 'y'],
    nullable: ['gy', 'gh'],
    flops: ([, , w], gp) => products(w, (gp.size * w.shape[1]!) / w.shape[0]!),
    outputs: ['gp', 'gh0'],
    shapes: ([, , , y]) => [y.shape, y.shape.slice(1)],
    run: (k, [gy, gh, w, y], [gp, gh0], params) =>
      k.rnnGrad(
        at(gy),
        at(gh),
        w.address,
        y.address,
        gp.address,
        gh0.address,
        ...sizes(y, params),
        Number(params.relu),
      ),
  });
function rnnBack(gy: Tensor | null, gh: Tensor | null, w: Tensor, y: Tensor, params: Elman): readonly [Tensor, Tensor] {
  const slope = params.relu ? to(gt(y, 0), 'f32') : rsub(square(y), 1);
  const all = gy ?? zeros(y.shape);
  let g = gh ?? zeros(y.shape.slice(1));
  const gp = eachBack(y.shape[0]!, params, t => {
    const gt = mul(add(g, select(all, 0, t)), select(slope, 0, t));
    g = matmul(gt, w);
    return gt;
  });
  return [gp, g];
}
