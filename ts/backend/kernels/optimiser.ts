/** Optimiser steps, in place, one pass over memory. `hyper` is f64. */

export interface OptimiserKernels {
  /**
   * hyper = [lr, momentum, dampening, weightDecay, t], t counting this step. d = g + weightDecay·w;
   * v = t > 1 ? momentum·v + (1 − dampening)·d : d; w −= lr·(nesterov ? d + momentum·v : v). v = 0: no momentum.
   */
  sgd(w: number, g: number, v: number, hyper: number, n: number, nesterov: number): void;
  /**
   * hyper = [lr, β₁, β₂, ε, weightDecay, t], t counting this step. `decoupled` 1 (AdamW): w −= lr·weightDecay·w first;
   * else g += weightDecay·w. m, v as usual; s = vmax ? (vmax = max(vmax, v)) : v;
   * w −= lr · (m / (1 − β₁ᵗ)) / (√s / √(1 − β₂ᵗ) + ε). vmax 0: no AMSGrad.
   */
  adam(w: number, g: number, m: number, v: number, vmax: number, hyper: number, n: number, decoupled: number): void;
  /** hyper[i] += 1. */
  tick(hyper: number, i: number): void;
}
