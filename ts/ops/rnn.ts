/**
 * Recurrent layers over whole sequences [steps, batch, features]: Elman's, the LSTM and the GRU, in PyTorch's forms.
 *
 * The projections of the inputs, p = x Wᵢₕᵀ + b, are one product for all steps; a kernel then walks through time. So
 * it is backwards: a kernel finds the gradient of p, and the weights' are products over all steps. Where the backward
 * pass is recorded itself, it is put together from ops, step by step, and its gradient comes of that.
 */
import type { Kernels } from '../backend/backend';
import { ShapeError } from '../core/errors';
import type { View } from '../core/definition';
import { defineMultiOp, type MultiOp } from '../core/op';
import { hasKernels, runtime } from '../core/runtime';
import {
  aBoolean,
  oneOf,
  optional,
  options as optionsOf,
  orNull,
  requires,
  twoOf,
  type Keys,
  type Kind,
} from '../core/kinds';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { composite } from '../core/signature';
import { show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, gt, mul, rsub, sub } from './arithmetic';
import { zeros } from './creation';
import { square, to } from './elementwise';
import { concat, stack } from './join';
import { linear, matmul } from './matmul';
import { sum } from './reduce';
import { gruSteps, lstmSteps, rnnSteps } from './unrolled';
import { reshape, select, slice, t as transposed, unsqueeze } from './view';

/** What a layer has learned; rows belong to its gates, one after another. */
export interface RecurrentWeights {
  /** Of the input: [gates · hidden, features]. */
  readonly ih: Tensor;
  /** Of the state: [gates · hidden, hidden]. */
  readonly hh: Tensor;
  /** [gates · hidden] */
  readonly biasIh?: Tensor | null;
  /** [gates · hidden] */
  readonly biasHh?: Tensor | null;
}
export interface RecurrentOptions {
  /** Read from the last step to the first. y keeps the order of x. Default false. */
  readonly reverse?: boolean;
}
export interface RnnOptions extends RecurrentOptions {
  /** Default tanh. */
  readonly nonlinearity?: 'tanh' | 'relu';
}
type Cotangent = Tensor | null;
interface Walk {
  readonly reverse: boolean;
}
/** Whether the backward pass's reserve is wanted: something of the op has a gradient. */
interface Reserving extends Walk {
  readonly reserve: boolean;
}

const sizes = ({ shape }: View, { reverse }: Walk): [steps: number, batch: number, hidden: number, reverse: number] => [
  shape[0]!,
  shape[1]!,
  shape[2]!,
  reverse ? 1 : 0,
];
/** x with rows k times as wide. */
const widened = ({ shape }: { readonly shape: Shape }, k: number): Shape => [shape[0]!, shape[1]!, shape[2]! * k];
/** Operations of the products of w with as many states as `size` elements make. */
const products = (w: View, size: number): number => (w.size === 0 ? 0 : (2 * w.size * size) / w.shape[1]!);
const at = (x: View | null): number => (x && x.size > 0 ? x.at : 0);

// ── Elman's network ──

type Elman = Walk & { readonly relu: boolean };
const rnnOp: MultiOp<[p: Tensor, w: Tensor, h0: Tensor], [y: Tensor, h: Tensor], Elman> = defineMultiOp({
  name: 'rnn',
  inputs: ['p', 'w', 'h0'],
  flops: ([, w], y) => products(w, y.size),
  outputs: ['y', 'h'],
  shapes: ([p, , h0]) => [p.shape, h0.shape],
  run: (k: Kernels, [p, w, h0], [y, h], params) =>
    k.rnn(p.at, w.at, h0.at, y.at, h.at, ...sizes(y, params), Number(params.relu)),
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
      k.rnnGrad(at(gy), at(gh), w.at, y.at, gp.at, gh0.at, ...sizes(y, params), Number(params.relu)),
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

// ── The LSTM ──

const lstmOp: MultiOp<
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
    k.lstm(p.at, w.at, h0.at, c0.at, y.at, h.at, c.at, at(reserve), ...sizes(y, params)),
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
      w.at,
      c0.at,
      reserve.at,
      gp.at,
      gh0.at,
      gc0.at,
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

// ── The GRU ──

const gruOp: MultiOp<
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
    k.gru(p.at, w.at, at(b), h0.at, y.at, h.at, at(reserve), ...sizes(y, params)),
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
    k.gruGrad(at(gy), at(gh), at(gr), w.at, h0.at, y.at, reserve.at, gp.at, gq.at, gh0.at, ...sizes(y, params)),
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

// ── What the rules share ──

/** The equal parts of a row, one after another. */
const parts = (x: Tensor, count: number): Tensor[] =>
  Array.from({ length: count }, (_, k) => {
    const size = x.shape[2]! / count;
    return slice(x, -1, k * size, (k + 1) * size);
  });
/** σ′ where σ = y. */
const slopeOf = (y: Tensor): Tensor => mul(y, rsub(y, 1));

/** The states before each step: the first, and all but the last. */
function previous(first: Tensor, states: Tensor, { reverse }: Walk): Tensor {
  const start = unsqueeze(first, 0);
  return reverse ? concat([slice(states, 0, 1), start]) : concat([start, slice(states, 0, 0, -1)]);
}
/** What `step` answers at each step t, from the one computed last to the first, in the order of time. */
function eachBack(steps: number, { reverse }: Walk, step: (t: number) => Tensor): Tensor {
  const all: Tensor[] = [];
  for (let i = steps - 1; i >= 0; i--) {
    const t = reverse ? steps - 1 - i : i;
    all[t] = step(t);
  }
  return stack(all);
}
/** Σ gᵀ h over all steps and rows. */
function weightGradient(g: Tensor, h: Tensor): Tensor {
  const rows = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
  return matmul(transposed(rows(g)), rows(h));
}

// ── Calls ──

/** Throws unless everything fits `gates` gates; answers the shape of a state. */
function stateShape(
  where: string,
  gates: number,
  x: Tensor,
  { ih, hh, biasIh, biasHh }: RecurrentWeights,
  states: readonly Tensor[],
): Shape {
  if (x.ndim !== 3) throw new ShapeError(where, `x takes [steps, batch, features], this is ${show(x.shape)}`);
  if (x.shape[0] === 0) throw new ShapeError(where, 'takes at least one step, x has none');
  const [rows, hidden] = hh.shape;
  if (hh.ndim !== 2 || rows !== gates * hidden!) {
    throw new ShapeError(where, `hh takes [${gates} · hidden, hidden], this is ${show(hh.shape)}`);
  }
  if (ih.ndim !== 2 || ih.shape[0] !== rows) {
    throw new ShapeError(where, `ih takes [${rows}, features] beside hh ${show(hh.shape)}, this is ${show(ih.shape)}`);
  }
  for (const [name, b] of [
    ['biasIh', biasIh],
    ['biasHh', biasHh],
  ] as const) {
    if (b && (b.ndim !== 1 || b.size !== rows)) {
      throw new ShapeError(where, `${name} takes [${rows}] beside hh ${show(hh.shape)}, this is ${show(b.shape)}`);
    }
  }
  const shape = [x.shape[1]!, hidden!];
  for (const s of states) {
    if (s.ndim !== 2 || s.shape[0] !== shape[0] || s.shape[1] !== hidden) {
      throw new ShapeError(where, `a state takes ${show(shape)} beside x ${show(x.shape)}, this is ${show(s.shape)}`);
    }
  }
  return shape;
}
/** Whether a gradient will be asked of an op on these. */
const recorded = (...xs: readonly (Tensor | null)[]): boolean =>
  runtime.recording && xs.some(x => x !== null && x.requiresGrad);
/** Both biases where they are only added. */
const bothBiases = ({ biasIh = null, biasHh = null }: RecurrentWeights): Tensor | null =>
  biasIh && biasHh ? add(biasIh, biasHh) : (biasIh ?? biasHh);

const aReverse: Keys<RecurrentOptions> = { reverse: aBoolean };
const someWeights: Kind<RecurrentWeights> = requires(
  optionsOf<RecurrentWeights>({
    ih: aTensor,
    hh: aTensor,
    biasIh: aTensorOrNull,
    biasHh: aTensorOrNull,
  }),
  'ih',
  'hh',
);
const twoStates: Kind<readonly [Tensor, Tensor] | null> = orNull(twoOf(aTensor, 'two tensors, h0 and c0'));

/**
 * Elman's network: hₜ = f(Wᵢₕ xₜ + bᵢₕ + Wₕₕ hₜ₋₁ + bₕₕ), for x [steps, batch, features] and h0 [batch, hidden], zeros if
 * left out. Answers all states, y [steps, batch, hidden], and the last.
 */
export const rnn: (
  x: Tensor,
  weights: RecurrentWeights,
  h0?: Tensor | null,
  options?: RnnOptions,
) => [y: Tensor, h: Tensor] = composite(
  'rnn',
  [
    ['x', aTensor],
    ['weights', someWeights],
    ['h0', optional(aTensorOrNull)],
    ['options', optionsOf<RnnOptions>({ ...aReverse, nonlinearity: oneOf('tanh', 'relu') })],
  ],
  (x, weights, h0 = null, { reverse = false, nonlinearity = 'tanh' } = {}) => {
    const shape = stateShape('rnn', 1, x, weights, h0 ? [h0] : []);
    const p = linear(x, weights.ih, bothBiases(weights));
    const [start, relu] = [h0 ?? zeros(shape), nonlinearity === 'relu'];
    return hasKernels('rnn', 'rnnGrad')
      ? rnnOp(p, weights.hh, start, { reverse, relu })
      : rnnSteps(p, weights.hh, start, reverse, relu);
  },
);

/**
 * The long short-term memory: i, f, o = σ(a), g = tanh(a), where a = Wᵢₕ xₜ + bᵢₕ + Wₕₕ hₜ₋₁ + bₕₕ has the rows of i, f, g
 * and o in this order; cₜ = f cₜ₋₁ + i g, hₜ = o tanh cₜ. For x [steps, batch, features] and states h0, c0
 * [batch, hidden], zeros if left out. Answers all hₜ, y [steps, batch, hidden], and the last h and c.
 */
export const lstm: (
  x: Tensor,
  weights: RecurrentWeights,
  state?: readonly [h0: Tensor, c0: Tensor] | null,
  options?: RecurrentOptions,
) => [y: Tensor, h: Tensor, c: Tensor] = composite(
  'lstm',
  [
    ['x', aTensor],
    ['weights', someWeights],
    ['state', optional(twoStates)],
    ['options', optionsOf(aReverse)],
  ],
  (x, weights, state = null, { reverse = false } = {}) => {
    const shape = stateShape('lstm', 4, x, weights, state ?? []);
    const p = linear(x, weights.ih, bothBiases(weights));
    const [h0, c0] = state ?? [zeros(shape), zeros(shape)];
    if (!hasKernels('lstm', 'lstmGrad')) return lstmSteps(p, weights.hh, h0, c0, reverse);
    const [y, h, c] = lstmOp(p, weights.hh, h0, c0, { reverse, reserve: recorded(p, weights.hh, h0, c0) });
    return [y, h, c];
  },
);

/**
 * The gated recurrent unit: r, z = σ(p + q), n = tanh(p + r q), hₜ = (1 − z) n + z hₜ₋₁, where p = Wᵢₕ xₜ + bᵢₕ and
 * q = Wₕₕ hₜ₋₁ + bₕₕ have the rows of r, z and n in this order. For x [steps, batch, features] and h0 [batch, hidden],
 * zeros if left out. Answers all states, y [steps, batch, hidden], and the last.
 */
export const gru: (
  x: Tensor,
  weights: RecurrentWeights,
  h0?: Tensor | null,
  options?: RecurrentOptions,
) => [y: Tensor, h: Tensor] = composite(
  'gru',
  [
    ['x', aTensor],
    ['weights', someWeights],
    ['h0', optional(aTensorOrNull)],
    ['options', optionsOf(aReverse)],
  ],
  (x, weights, h0 = null, { reverse = false } = {}) => {
    const shape = stateShape('gru', 3, x, weights, h0 ? [h0] : []);
    const { hh, biasIh = null, biasHh = null } = weights;
    const p = linear(x, weights.ih, biasIh);
    const start = h0 ?? zeros(shape);
    if (!hasKernels('gru', 'gruGrad')) return gruSteps(p, hh, biasHh, start, reverse);
    const [y, h] = gruOp(p, hh, biasHh, start, { reverse, reserve: recorded(p, hh, biasHh, start) });
    return [y, h];
  },
);
