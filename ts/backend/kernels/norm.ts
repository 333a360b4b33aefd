/**
 * Normalisation. x is seen as [outer, n, inner]; a group is what shares the middle index. Element e has the weight
 * w[e div step mod size]; step divides inner, inner divides size · step, and that is n · inner where outer > 1.
 */

export interface NormKernels {
  /** mean [n] and variance [n], f64, of x over outer and inner; not `centred`: 0 and the mean of x². */
  moments(x: number, mean: number, variance: number, outer: number, n: number, inner: number, centred: number): void;
  /** y = (x − mean) / √(variance + ε) · w + b; w 0: 1, b 0: 0. */
  normalise(
    x: number,
    mean: number,
    variance: number,
    w: number,
    b: number,
    y: number,
    outer: number,
    n: number,
    inner: number,
    size: number,
    step: number,
    eps: number,
  ): void;
  /**
   * The gradient where mean and variance are those of x. With x̂ = (x − mean) / √(variance + ε) and h = g · w,
   * gx = (h − mean h − x̂ · mean(h · x̂)) / √(variance + ε), means being those of groups, the first left out if not
   * `centred`; gw = Σ g · x̂ and gb = Σ g over the elements of a weight, both at 0: not wanted.
   */
  normaliseGrad(
    g: number,
    x: number,
    mean: number,
    variance: number,
    w: number,
    gx: number,
    gw: number,
    gb: number,
    outer: number,
    n: number,
    inner: number,
    size: number,
    step: number,
    centred: number,
    eps: number,
  ): void;
}
