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
  /** y[i] = u_i ≥ p ? x[i] / (1 − p) : 0. */
  dropout(x: number, key: number, y: number, n: number, p: number): void;
}
