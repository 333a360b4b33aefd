/**
 * Random numbers: Philox 4x32-10. A state or key is four i32 words [key0, key1, count0, count1]; element i is word i mod 4 of
 * the block with the counter [i div 4, 0, count0, count1]. Uniform: (word >>> 8) · 2⁻²⁴.
 */

export interface RandomKernels {
  /** key = state, then the state's 64-bit count goes up by one. */
  draw(state: number, key: number): void;
  /** The words themselves, as i32. */
  bits(key: number, y: number, n: number): void;
  /** lo + (hi − lo) · u. */
  uniform(key: number, y: number, n: number, lo: number, hi: number): void;
  /** Box–Muller on words (0, 1) and (2, 3): r = √(−2 ln(1 − u₀)), then mean + std · r · (cos, sin)(2π u₁). */
  normal(key: number, y: number, n: number, mean: number, std: number): void;
  /**
   * y = ln g, g from the gamma distribution of shape α > 0 and rate 1, else NaN: that of α + 1 by Marsaglia and Tsang, times
   * u^(1/α). Attempt t ≥ 1 of element i takes the words of the block [i, t, count0, count1], as (word + ½) · 2⁻³²: two for a
   * normal number (Marsaglia's polar method), one to accept it by, and u.
   */
  gammaLog(key: number, alpha: number, y: number, n: number): void;
  /** From Poisson distributions of rates 0 ≤ λ < 1e9, else NaN; attempts as above. λ < 10: inversion; else PTRS (Hörmann 1993). */
  poisson(key: number, rate: number, y: number, n: number): void;
  /** y[i] = u_i ≥ p ? x[i] / (1 − p) : 0. */
  dropout(x: number, key: number, y: number, n: number, p: number): void;
}
