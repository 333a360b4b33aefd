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
  /**
   * As `adam` (without AMSGrad), hyper = [lr, β₁, β₂, ε, weightDecay, ψ, t], with μₜ = β₁ (1 − ½ · 0.96^(tψ)) and `product` that
   * of μ₁ to μₜ: w −= lr · (g (1 − μₜ) / (1 − product) + m μₜ₊₁ / (1 − product μₜ₊₁)) / (√v / √(1 − β₂ᵗ) + ε).
   */
  nadam(w: number, g: number, m: number, v: number, product: number, hyper: number, n: number, decoupled: number): void;
  /** product = (t > 1 ? product : 1) · μₜ; hyper as of `nadam`. */
  nadamProduct(product: number, hyper: number): void;
  /**
   * As `adam`, but, with ρ∞ = 2 / (1 − β₂) − 1 and ρ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ), w −= lr · m / (1 − β₁ᵗ), where ρ > 5 times
   * √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ)) · √(1 − β₂ᵗ) / (√v + ε).
   */
  radam(w: number, g: number, m: number, v: number, hyper: number, n: number, decoupled: number): void;
  /**
   * hyper = [lr, β₁, β₂, ε, t]. Of [rows, n], rows of g that are 0 throughout are left as they are in w, m and v; of others
   * m, v as usual, w −= lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).
   */
  sparseAdam(w: number, g: number, m: number, v: number, hyper: number, rows: number, n: number): void;
  /**
   * hyper = [lr, α, ε, weightDecay, momentum, t]. d = g + weightDecay·w; v = αv + (1 − α)d²; s = mean ? (mean = α·mean +
   * (1 − α)d, max(v − mean², 0)) : v; w −= lr · (velocity ? (velocity = momentum·velocity + d / (√s + ε)) : d / (√s + ε)).
   * `mean` and `velocity` may be 0.
   */
  rmsprop(w: number, g: number, v: number, mean: number, velocity: number, hyper: number, n: number): void;
  /**
   * hyper = [lr, lrDecay, weightDecay, start, ε, t]. d = g + weightDecay·w; sum += d²;
   * w −= lr / (1 + (t − 1) lrDecay) · d / (√(start + sum) + ε).
   */
  adagrad(w: number, g: number, sum: number, hyper: number, n: number): void;
  /**
   * hyper = [lr, ρ, ε, weightDecay, t]. d = g + weightDecay·w; v = ρv + (1 − ρ)d²; Δ = √(u + ε) / √(v + ε) · d;
   * u = ρu + (1 − ρ)Δ²; w −= lr·Δ.
   */
  adadelta(w: number, g: number, v: number, u: number, hyper: number, n: number): void;
  /**
   * hyper = [lr, β₁, β₂, ε, weightDecay, t]. d = g + weightDecay·w; m = β₁m + (1 − β₁)d; u = max(β₂u, |d| + ε);
   * w −= lr / (1 − β₁ᵗ) · m / u.
   */
  adamax(w: number, g: number, m: number, u: number, hyper: number, n: number): void;
  /**
   * hyper = [lr, η⁻, η⁺, min, max, t]; t = 1: size = lr. Where g · previous > 0 size is multiplied by η⁺, where it is < 0 by η⁻,
   * and held within min and max; d = g · previous < 0 ? 0 : g; previous = d; w −= sign(d)·size.
   */
  rprop(w: number, g: number, previous: number, size: number, hyper: number, n: number): void;
  /**
   * hyper = [lr, λ, α, t₀, weightDecay, t]. d = g + weightDecay·w; η = lr / (1 + λ lr (t − 1))^α; w = (1 − λη) w − ηd;
   * mean += (w − mean) / max(1, t − 1 − t₀).
   */
  asgd(w: number, g: number, mean: number, hyper: number, n: number): void;
  /** hyper[i] += 1. */
  tick(hyper: number, i: number): void;
}
