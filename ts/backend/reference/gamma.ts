/** The gamma function's logarithm, its derivatives, and Bessel functions, in float64. */

const { abs, exp, floor, log, PI, sqrt } = Math;
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730];
/** From here on, six terms of Stirling's series are enough. */
const FAR = 20;

/** ln |Γ(x)|. */
export function lgamma(x: number): number {
  if (x <= 0) {
    // Γ(x) Γ(1 − x) = π / sin πx
    const sine = sinpi(x);
    return sine === 0 || x === -Infinity ? Infinity : log(PI / abs(sine)) - lgamma(1 - x);
  }
  if (x === 1 || x === 2) return 0;
  if (x === Infinity) return x;
  // Near 1 and 2, where it is 0, by ln Γ(1 + z) = −ln(1 + z) + z (1 − γ) + Σ (−z)ᵏ (ζ(k) − 1) / k.
  if (abs(x - 1) < 0.3) return near(x - 1) - Math.log1p(x - 1);
  if (abs(x - 2) < 0.3) return near(x - 2);
  let product = 1;
  for (; x < FAR; x++) product *= x;
  const series = BERNOULLI.reduce((sum, b, i) => sum + b / ((2 * i + 2) * (2 * i + 1) * x ** (2 * i + 1)), 0);
  return (x - 0.5) * log(x) - x + log(2 * PI) / 2 + series - log(product);
}

const EULER = 0.5772156649015329;
/** ζ(k) − 1. */
const ZETA = Array.from({ length: 26 }, (_, k) => (k < 2 ? 0 : zeta(k, 2)));
/** ln Γ(2 + z) for |z| < 0.3. */
function near(z: number): number {
  let sum = z * (1 - EULER);
  for (let k = 2; k < 26; k++) sum += ((-z) ** k / k) * ZETA[k]!;
  return sum;
}

/** Σ (x + k)⁻ˢ over k ≥ 0, s > 1, by Euler and Maclaurin. */
function zeta(s: number, x: number): number {
  let sum = 0;
  for (; x < FAR; x++) sum += x ** -s;
  let term = (s * x ** (-s - 1)) / 2;
  sum += x ** (1 - s) / (s - 1) + x ** -s / 2;
  BERNOULLI.forEach((b, i) => {
    sum += b * term;
    const k = 2 * i + 2;
    term *= ((s + k - 1) * (s + k)) / ((k + 1) * (k + 2) * x * x);
  });
  return sum;
}

/** sin πx. */
function sinpi(x: number): number {
  const n = Math.round(x);
  return (n % 2 === 0 ? 1 : -1) * Math.sin(PI * (x - n));
}

/** The n-th derivative of ψ = (ln Γ)′. */
export function polygamma(x: number, order: number): number {
  const n = Math.trunc(order);
  if (n > 0) return higher(x, n);
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
  if (x < 0) {
    const r = x - Math.round(x);
    return r === 0 || x === -Infinity ? NaN : polygamma(1 - x, 0) - PI / Math.tan(PI * r);
  }
  if (x === Infinity) return x;
  let sum = 0;
  for (; x < FAR; x++) sum -= 1 / x;
  return sum + log(x) - 1 / (2 * x) - BERNOULLI.reduce((y, b, i) => y + b / ((2 * i + 2) * x ** (2 * i + 2)), 0);
}

/** For n ≥ 1: below 0, from the sum over all k, which has period 1. */
function higher(x: number, n: number): number {
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  const sign = n % 2 === 1 ? 1 : -1;
  if (x > 0) return x === Infinity ? sign * 0 : sign * factorial * zeta(n + 1, x);
  const r = x - floor(x);
  if (!(r > 0)) return sign > 0 && !Number.isNaN(x) ? Infinity : NaN;
  return sign * factorial * zeta(n + 1, r) + factorial * (zeta(n + 1, 1 - r) - zeta(n + 1, 1 - x));
}

/** Iₙ(x), the modified Bessel function of the first kind. */
export function besselI(x: number, order: number): number {
  const n = Math.trunc(order);
  const a = abs(x);
  const sign = x < 0 && n % 2 === 1 ? -1 : 1;
  if (a === Infinity) return sign * a;
  if (a > 30 + n * n) {
    let [term, sum] = [1, 1];
    for (let k = 1; k < 20; k++) {
      term *= ((2 * k - 1) ** 2 - 4 * n * n) / (8 * k * a);
      sum += term;
    }
    return (sign * sum * exp(a)) / sqrt(2 * PI * a);
  }
  let term = 1;
  for (let k = 1; k <= n; k++) term *= a / 2 / k;
  let sum = term;
  for (let k = 1; term > 1e-18 * sum; k++) {
    term *= (a * a) / 4 / (k * (k + n));
    sum += term;
  }
  return sign * sum;
}

/** sin πx / πx. */
export const sinc = (x: number): number => (x === 0 ? 1 : sinpi(x) / (PI * x));
/** Its derivative; near 0, where the two terms cancel, from the series. */
export function sincSlope(x: number): number {
  if (abs(x) > 0.5) return (Math.cos(PI * (x % 2)) - sinc(x)) / x;
  let [power, sum] = [1, 0];
  for (let k = 1; k < 14; k++) {
    power *= (-PI * PI * x * x) / (2 * k) / (2 * k + 1); // (−1)ᵏ (πx)²ᵏ / (2k + 1)!
    sum += 2 * k * power;
  }
  return x === 0 ? 0 : sum / x;
}
