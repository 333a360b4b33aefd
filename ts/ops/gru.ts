/** The op of the GRU over a sequence. Its reserve is what the backward pass reads: r, z, n and q's part of n of each step. */
import { defineMultiOp, type MultiOp } from '../core/op';
import { runtime } from '../core/runtime';
import type { Tensor } from '../core/tensor';
import { add, mul, rsub, sub } from './arithmetic';
import { zeros } from './creation';
import { square } from './elementwise';
import { concat, stack } from './join';
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
import { sum } from './reduce';
import { select } from './view';

export const gruOp: MultiOp<
  [p: Tensor, w: Tensor, b: Tensor | null, h0: Tensor],
  [y: Tensor, h: Tensor, reserve: Tensor],
  Reserving
> = defineMultiOp({
  name: 'gru',
  inputs: ['p', 'w', 'b', 'h0'],
  nullable: ['b'],
  flops: ([, w], y) => products(w, y.size),
  outputs: ['y', 'h', 'reserve'],
  optional: ['reserve'],
  shapes([p, , , h0], { reserve }) {
    const y = [p.shape[0]!, ...h0.shape];
    return [y, h0.shape, reserve ? widened({ shape: y }, 4) : [0]];
  },
  run: (k, [p, w, b, h0], [y, h, reserve], params) =>
    k.gru(p.address, w.address, at(b), h0.address, y.address, h.address, at(reserve), ...sizes(y, params)),
  saves: {
    p: ['w', 'h0', 'y', 'reserve'],
    w: ['w', 'h0', 'y', 'reserve'],
    b: ['w', 'h0', 'y', 'reserve'],
    h0: ['w', 'h0', 'y', 'reserve'],
  },
  vjpAll(gs, { w, h0, y, reserve }, params, _, needed) {
    const [gp, gq, gh0] = runtime.recording
      ? gruBack(gs, w!, h0!, y!, reserve!, params)
      : gruGrad(...gs, w!, h0!, y!, reserve!, params);
    return {
      p: gp,
      h0: gh0,
      b: needed.b ? sum(gq, [0, 1]) : null,
      w: needed.w ? weightGradient(gq, previous(h0!, y!, params)) : null,
    };
  },
});
const gruGrad: MultiOp<
  [gy: Tensor | null, gh: Tensor | null, gr: Tensor | null, w: Tensor, h0: Tensor, y: Tensor, reserve: Tensor],
  [gp: Tensor, gq: Tensor, gh0: Tensor],
  Walk
> = defineMultiOp({
  name: 'gruGrad',
  inputs: ['gy', 'gh', 'gr', 'w', 'h0', 'y', 'reserve'],
  nullable: ['gy', 'gh', 'gr'],
  flops: ([, , , w], gp) => products(w, (gp.size * w.shape[1]!) / w.shape[0]!),
  outputs: ['gp', 'gq', 'gh0'],
  shapes: ([, , , , h0, y]) => [widened(y, 3), widened(y, 3), h0.shape],
  run: (k, [gy, gh, gr, w, h0, y, reserve], [gp, gq, gh0], params) =>
    k.gruGrad(
      at(gy),
      at(gh),
      at(gr),
      w.address,
      h0.address,
      y.address,
      reserve.address,
      gp.address,
      gq.address,
      gh0.address,
      ...sizes(y, params),
    ),
});
function gruBack(
  [gAll, gLast, gReserve]: readonly [y: Cotangent, h: Cotangent, reserve: Cotangent],
  w: Tensor,
  h0: Tensor,
  y: Tensor,
  reserve: Tensor,
  params: Walk,
): readonly [Tensor, Tensor, Tensor] {
  const [r, z, n, q] = parts(reserve, 4);
  const gr = parts(gReserve ?? zeros(reserve.shape), 4);
  const slopes = [slopeOf(r!), slopeOf(z!), rsub(square(n!), 1)] as const;
  const [keep, turn] = [rsub(z!, 1), sub(previous(h0, y, params), n!)];
  const gy = gAll ?? zeros(y.shape);
  let gh = gLast ?? zeros(h0.shape);
  const gqs: Tensor[] = [];
  const gp = eachBack(y.shape[0]!, params, t => {
    const now = (x: Tensor): Tensor => select(x, 0, t);
    const dh = add(gh, now(gy));
    const dn = mul(add(mul(dh, now(keep)), now(gr[2]!)), now(slopes[2]));
    const dr = mul(add(mul(dn, now(q!)), now(gr[0]!)), now(slopes[0]));
    const dz = mul(add(mul(dh, now(turn)), now(gr[1]!)), now(slopes[1]));
    const gq = concat([dr, dz, add(mul(dn, now(r!)), now(gr[3]!))], -1);
    gqs[t] = gq;
    gh = add(matmul(gq, w), mul(dh, now(z!)));
    return concat([dr, dz, dn], -1);
  });
  return [gp, stack(gqs), gh];
}
