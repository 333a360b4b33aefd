/**
 * Recurrent layers over whole sequences [steps, batch, features]: Elman's, the LSTM and the GRU, in PyTorch's forms.
 *
 * The projections of the inputs, p = x Wᵢₕᵀ + b, are one product for all steps; a kernel then walks through time. So
 * it is backwards: a kernel finds the gradient of p, and the weights' are products over all steps. Where the backward
 * pass is recorded itself, it is put together from ops, step by step, and its gradient follows from that.
 */
import { ShapeError } from '../core/errors';
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
import { show, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add } from './arithmetic';
import { zeros } from './creation';
import { rnnOp } from './elman';
import { gruOp } from './gru';
import { lstmOp } from './lstm';
import { linear } from './matmul';
import { gruSteps, lstmSteps, rnnSteps } from './unrolled';

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
/** Throws unless everything fits `gates` gates; returns the shape of a state. */
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
 * left out. Returns all states, y [steps, batch, hidden], and the last.
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
 * [batch, hidden], zeros if left out. Returns all hₜ, y [steps, batch, hidden], and the last h and c.
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
 * zeros if left out. Returns all states, y [steps, batch, hidden], and the last.
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
