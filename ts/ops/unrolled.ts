/** Recurrent layers made of other ops, step by step, for backends without kernels for whole sequences. */
import type { Tensor } from '../core/tensor';
import { add, mul, rsub } from './arithmetic';
import { relu, sigmoid, tanh } from './elementwise';
import { stack } from './join';
import { matmul } from './matmul';
import { select, slice, t as transposed } from './view';

/** The states of all steps: `step` is given the projections of one, in the order in which they are computed. */
function unroll(p: Tensor, reverse: boolean, step: (p: Tensor) => Tensor): Tensor {
  const steps = p.shape[0]!;
  const states: Tensor[] = [];
  for (let i = 0; i < steps; i++) {
    const t = reverse ? steps - 1 - i : i;
    states[t] = step(select(p, 0, t));
  }
  return stack(states);
}

/** Part k of rows of several gates, each of `hidden`. */
const gate = (x: Tensor, k: number, hidden: number): Tensor => slice(x, -1, k * hidden, (k + 1) * hidden);

/** hₜ = f(pₜ + W hₜ₋₁), f = tanh or relu. */
export function rnnSteps(
  p: Tensor,
  w: Tensor,
  h0: Tensor,
  reverse: boolean,
  rectified: boolean,
): [y: Tensor, h: Tensor] {
  const wt = transposed(w);
  let h = h0;
  const y = unroll(p, reverse, pt => (h = (rectified ? relu : tanh)(add(pt, matmul(h, wt)))));
  return [y, h];
}

/** i, f, o = σ(a), g = tanh a, c = f·cₜ₋₁ + i·g, h = o · tanh c, where a = pₜ + W hₜ₋₁ has the gates i, f, g, o. */
export function lstmSteps(
  p: Tensor,
  w: Tensor,
  h0: Tensor,
  c0: Tensor,
  reverse: boolean,
): [y: Tensor, h: Tensor, c: Tensor] {
  const wt = transposed(w);
  const hidden = h0.shape[1]!;
  let [h, c] = [h0, c0];
  const y = unroll(p, reverse, pt => {
    const a = add(pt, matmul(h, wt));
    const [i, f, o] = [0, 1, 3].map(k => sigmoid(gate(a, k, hidden)));
    c = add(mul(f!, c), mul(i!, tanh(gate(a, 2, hidden))));
    return (h = mul(o!, tanh(c)));
  });
  return [y, h, c];
}

/** r, z = σ(pₜ + q), n = tanh(pₜ + r·q), h = (1 − z)·n + z·hₜ₋₁, where q = W hₜ₋₁ + b has the gates r, z, n. */
export function gruSteps(p: Tensor, w: Tensor, b: Tensor | null, h0: Tensor, reverse: boolean): [y: Tensor, h: Tensor] {
  const wt = transposed(w);
  const hidden = h0.shape[1]!;
  let h = h0;
  const y = unroll(p, reverse, pt => {
    const q = b === null ? matmul(h, wt) : add(matmul(h, wt), b);
    const [r, z] = [0, 1].map(k => sigmoid(add(gate(pt, k, hidden), gate(q, k, hidden))));
    const n = tanh(add(gate(pt, 2, hidden), mul(r!, gate(q, 2, hidden))));
    return (h = add(mul(rsub(z!, 1), n), mul(z!, h)));
  });
  return [y, h];
}
