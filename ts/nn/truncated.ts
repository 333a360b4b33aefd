/** The normal distribution between two bounds, by its inverse distribution function. */

/** Φ(x), to 1.2e-7 of itself (the Chebyshev series for erfc of Press et al., Numerical Recipes, 6.2). */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const series = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ].reduce((sum, c) => sum * t + c, 0);
  const upper = (t * Math.exp(-z * z + series)) / 2;
  return x > 0 ? 1 - upper : upper;
}

const rational = (above: readonly number[], below: readonly number[], x: number): number => {
  const at = (cs: readonly number[]): number => cs.reduce((sum, c) => sum * x + c, 0);
  return at(above) / at(below);
};
/** x with Φ(x) = p, for 0 < p < 1, to 1.2e-9 of itself (Acklam 2003). */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    return rational(
      [
        -7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
        2.938163982698783,
      ],
      [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1],
      Math.sqrt(-2 * Math.log(p)),
    );
  }
  const q = p - 0.5;
  return (
    q *
    rational(
      [
        -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
        2.506628277459239,
      ],
      [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
      q * q,
    )
  );
}

/** Of u in [0, 1), the number that so large a share of the distribution between low and high lies below. */
export function truncatedNormal(u: number, low: number, high: number): number {
  if (low > 0) return -truncatedNormal(1 - u, -high, -low); // there Φ has digits
  const [below, above] = [normalCdf(low), normalCdf(high)];
  const x = normalQuantile(Math.max(below + u * (above - below), Number.MIN_VALUE));
  return Math.min(Math.max(x, low), high);
}
