/**
 * Recurrent layers over whole sequences. States and their gradients are [batch, hidden], rows of a sequence
 * [steps, batch, …]; p = x Wᵢₕᵀ + b holds the projections of the inputs, w is Wₕₕ [gates · hidden, hidden]; `reverse` 1 reads
 * from the last step. y holds all states, h (and c) the last; gradients at 0 are zero. The reserve is what the gradient
 * reads, at 0 not wanted; it may have a gradient gr itself.
 */

export interface RecurrentKernels {
  /** hₜ = f(pₜ + W hₜ₋₁), f = tanh, or relu if 1. */
  rnn(
    p: number,
    w: number,
    h0: number,
    y: number,
    h: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
    relu: number,
  ): void;
  rnnGrad(
    gy: number,
    gh: number,
    w: number,
    y: number,
    gp: number,
    gh0: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
    relu: number,
  ): void;
  /**
   * With a = pₜ + W hₜ₋₁ in four parts: i, f, o = σ(a), g = tanh a, c = f·cₜ₋₁ + i·g, h = o · tanh c, the gates in the
   * order i, f, g, o. reserve [steps, batch, 6 · hidden] = i, f, g, o, c, tanh c.
   */
  lstm(
    p: number,
    w: number,
    h0: number,
    c0: number,
    y: number,
    h: number,
    c: number,
    reserve: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
  ): void;
  lstmGrad(
    gy: number,
    gh: number,
    gc: number,
    gr: number,
    w: number,
    c0: number,
    reserve: number,
    gp: number,
    gh0: number,
    gc0: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
  ): void;
  /**
   * With q = W hₜ₋₁ + bias: r, z = σ(pₜ + q), n = tanh(pₜ + r·q), h = (1 − z)·n + z·hₜ₋₁, the gates in the order r, z, n.
   * reserve [steps, batch, 4 · hidden] = r, z, n, q of n. gq is the gradient of q; it differs from gp in n.
   */
  gru(
    p: number,
    w: number,
    bias: number,
    h0: number,
    y: number,
    h: number,
    reserve: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
  ): void;
  gruGrad(
    gy: number,
    gh: number,
    gr: number,
    w: number,
    h0: number,
    y: number,
    reserve: number,
    gp: number,
    gq: number,
    gh0: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
  ): void;
}
