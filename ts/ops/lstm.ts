/** The op of the LSTM over a sequence. Its reserve is what the backward pass reads: i, f, g, o, c and tanh c of each step. */
import { defineMultiOp, type MultiOp } from '../core/op';
import { runtime } from '../core/runtime';
import type { Tensor } from '../core/tensor';
import { add, mul, rsub } from './arithmetic';
import { zeros } from './creation';
import { square } from './elementwise';
import { concat } from './join';
import { matmul } from './matmul';
import {
  at,
  eachBack,
  parts,
  previous,
  products,
  sizes,
  slopeOf,
  weightGradient,
  widened,
  type Cotangent,
  type Reserving,
  type Walk,
} from './recurrence';
import { select } from './view';

export const lstmOp: MultiOp<
  [p: Tensor, w: Tensor, h0: Tensor, c0: Tensor],
  [y: Tensor, h: Tensor, c: Tensor, reserve: Tensor],
  Reserving
> = defineMultiOp({
  name: 'lstm',
  inputs: ['p', 'w', 'h0', 'c0'],
  flops: ([, w], y) => products(w, y.size),
  outputs: ['y', 'h', 'c', 'reserve'],
  optional: ['reserve'],
  shapes([p, , h0, c0], { reserve }) {
    const y = [p.shape[0]!, ...h0.shape];
    return [y, h0.shape, c0.shape, reserve ? widened({ shape: y }, 6) : [0]];
  },
  run: (k, [p, w, h0, c0], [y, h, c, reserve], params) =>
    k.lstm(
      p.address,
      w.address,
      h0.address,
      c0.address,
      y.address,
      h.address,
      c.address,
      at(reserve),
      ...sizes(y, params),
    ),
  saves: {
    p: ['w', 'c0', 'reserve'],
    w: ['w', 'h0', 'c0', 'y', 'reserve'],
    h0: ['w', 'c0', 'reserve'],
    c0: ['w', 'c0', 'reserve'],
  },
  vjpAll(gs, { w, h0, c0, y, reserve }, params, _, needed) {
    const [gp, gh0, gc0] = runtime.recording
      ? lstmBack(gs, w!, c0!, reserve!, params)
      : lstmGrad(...gs, w!, c0!, reserve!, params);
    return { p: gp, h0: gh0, c0: gc0, w: needed.w ? weightGradient(gp, previous(h0!, y!, params)) : null };
  },
});
const lstmGrad: MultiOp<
  [gy: Tensor | null, gh: Tensor | null, gc: Tensor | null, gr: Tensor | null, w: Tensor, c0: Tensor, reserve: Tensor],
  [gp: Tensor, gh0: Tensor, gc0: Tensor],
  Walk
> = defineMultiOp({
  name: 'lstmGrad',
  inputs: ['gy', 'gh', 'gc', 'gr', 'w', 'c0', 'reserve'],
  nullable: ['gy', 'gh', 'gc', 'gr'],
  flops: ([, , , , w], gp) => products(w, (gp.size * w.shape[1]!) / w.shape[0]!),
  outputs: ['gp', 'gh0', 'gc0'],
  shapes: ([, , , , , c0, reserve]) => [[reserve.shape[0]!, c0.shape[0]!, 4 * c0.shape[1]!], c0.shape, c0.shape],
  run(k, [gy, gh, gc, gr, w, c0, reserve], [gp, gh0, gc0], { reverse }) {
    const [steps, batch, hidden] = [gp.shape[0]!, c0.shape[0]!, c0.shape[1]!];
    k.lstmGrad(
      at(gy),
      at(gh),
      at(gc),
      at(gr),
      w.address,
      c0.address,
      reserve.address,
      gp.address,
      gh0.address,
      gc0.address,
      steps,
      batch,
      hidden,
      Number(reverse),
    );
  },
});
function lstmBack(
  [gAll, gLast, gCell, gReserve]: readonly [y: Cotangent, h: Cotangent, c: Cotangent, reserve: Cotangent],
  w: Tensor,
  c0: Tensor,
  reserve: Tensor,
  params: Walk,
): readonly [Tensor, Tensor, Tensor] {
  const [i, f, m, o, c, squashed] = parts(reserve, 6);
  const slopes = [slopeOf(i!), slopeOf(f!), rsub(square(m!), 1), slopeOf(o!)] as const;
  const others = [m!, previous(c0, c!, params), i!, squashed!] as const;
  const factors = slopes.map((s, k) => mul(s, others[k]!));
  const gr = parts(gReserve ?? zeros(reserve.shape), 6);
  const extra = concat(
    slopes.map((s, k) => mul(s, gr[k]!)),
    -1,
  );
  const squash = rsub(square(squashed!), 1);
  const [toCell, ofCell] = [mul(o!, squash), add(gr[4]!, mul(gr[5]!, squash))];
  const gy = gAll ?? zeros([reserve.shape[0]!, ...c0.shape]);
  let [gh, gc] = [gLast ?? zeros(c0.shape), gCell ?? zeros(c0.shape)];
  const gp = eachBack(reserve.shape[0]!, params, t => {
    const dh = add(gh, select(gy, 0, t));
    const dc = add(add(gc, select(ofCell, 0, t)), mul(dh, select(toCell, 0, t)));
    const gates = [dc, dc, dc, dh].map((d, k) => mul(d, select(factors[k]!, 0, t)));
    const gt = add(concat(gates, -1), select(extra, 0, t));
    gh = matmul(gt, w);
    gc = mul(dc, select(f!, 0, t));
    return gt;
  });
  return [gp, gh, gc];
}
