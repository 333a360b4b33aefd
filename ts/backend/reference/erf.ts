const SQRT_PI = Math.sqrt(Math.PI);

/** erf(x) = 2/√π ∫₀ˣ e^(−t²) dt, to a few ulps. */
export function erf(x: number): number {
  if (Math.abs(x) < 1) return series(x);
  return x > 0 ? 1 - fraction(x) : fraction(-x) - 1;
}

/** 1 − erf(x), without cancellation. */
export function erfc(x: number): number {
  if (Math.abs(x) < 1) return 1 - series(x);
  return x > 0 ? fraction(x) : 2 - fraction(-x);
}

/** erf(x) = 2/√π e^(−x²) Σₙ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)): all terms have one sign, so nothing cancels. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * Math.exp(-x * x) * sum;
}

/** erfc(x) = e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))) for x ≥ 1, where 200 levels are enough. */
function fraction(x: number): number {
  let tail = x;
  for (let n = 200; n > 0; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / (SQRT_PI * tail);
}

/** The inverse of erf, by Newton's iteration: on erf where it is steep, on the logarithm of 1 − erf beyond. */
export function erfinv(x: number): number {
  const a = Math.abs(x);
  if (!(a < 1)) return a === 1 ? x * Infinity : NaN;
  const slope = (y: number): number => (2 / SQRT_PI) * Math.exp(-y * y);
  let y = (a * SQRT_PI) / 2;
  for (let i = 0; i < 12; i++) {
    const far = erfc(y);
    const step = a < 0.5 ? (erf(y) - a) / slope(y) : (Math.log((1 - a) / far) * far) / slope(y);
    y -= step;
    if (Math.abs(step) <= 1e-16 * y) break;
  }
  return Object.is(x, -0) || x < 0 ? -y : y;
}
