//! The gamma function's logarithm and the derivatives of that, and Bessel functions: one lane at a time, in f64.

use super::wide::ATANH;
use super::Math;
use crate::simd::F32x4;

/// From here on, eight terms of Stirling's series leave 1e-16.
const FAR: f64 = 8.0;
/// Bernoulli's numbers B₂, B₄, …
const BERNOULLI: [f64; 8] =
    [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0, -3617.0 / 510.0];

/// What follows [`ATANH`].
const ATANH_MORE: [f64; 3] = [1.0 / 17.0, 1.0 / 19.0, 1.0 / 21.0];
/// B₂ₖ / (2k (2k − 1)) and B₂ₖ / 2k.
const STIRLING: [f64; 8] = [
    1.0 / 12.0,
    -1.0 / 360.0,
    1.0 / 1260.0,
    -1.0 / 1680.0,
    1.0 / 1188.0,
    -691.0 / 360_360.0,
    1.0 / 156.0,
    -3617.0 / 122_400.0,
];
const STIRLING_SLOPE: [f64; 8] =
    [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0, 1.0 / 12.0, -3617.0 / 8160.0];

/// ln x for normal x > 0, to 1e-16: what is made of it is small near zeros.
fn ln(x: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3fe6_a09e_0000_0000;
    let bits = x.to_bits();
    let e = (bits.wrapping_sub(SQRT_HALF) as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((e << 52) as u64));
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let series = ATANH_MORE.iter().rev().chain(ATANH.iter().rev()).fold(0.0, |y, c| y * square + c);
    // ln 2 = hi + lo; hi has 32 bits, so that e · hi is exact.
    e as f64 * 0.693_147_180_369_123_8 + (2.0 * s * series + e as f64 * 1.908_214_929_270_587_7e-10)
}

/// eˣ for x ≥ 0.
fn exp(x: f64) -> f64 {
    let x = x * core::f64::consts::LOG2_E;
    if x > 1000.0 {
        return f64::INFINITY;
    }
    let n = (x + 0.5) as i64;
    let r = (x - n as f64) * core::f64::consts::LN_2;
    let series = (1..14).rev().fold(1.0, |y, k| 1.0 + y * r / f64::from(k));
    series * f64::from_bits(((1023 + n) as u64) << 52)
}

/// x ≤ 0 minus the whole number nearest to it; 0 of NaN, and from −2²³ on, where every f32 is whole.
fn from_nearest(x: f64) -> f64 {
    if x > -8_388_608.0 {
        x - ((x - 0.5) as i64) as f64
    } else {
        0.0
    }
}

/// ln Γ(x) for x > 0, by Stirling's series beyond [`FAR`], to where Γ(x + 1) = x Γ(x) leads.
fn lgamma_positive(mut x: f64) -> f64 {
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;
    let mut product = 1.0;
    while x < FAR {
        product *= x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = STIRLING.iter().rev().fold(0.0, |y, c| y * square + c);
    (x - 0.5) * ln(x) - x + HALF_LN_TAU + series / x - ln(product)
}

/// ln |Γ(x)|; below 0 by Γ(x) Γ(1 − x) = π / sin πx, whose right side is even and has period 1 but for the sign.
fn lgamma(x: f64, _: i32) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    if x > 0.0 {
        return lgamma_positive(x);
    }
    let r = from_nearest(x).abs();
    if r == 0.0 {
        return f64::INFINITY;
    }
    lgamma_positive(r) + lgamma_positive(1.0 - r) - lgamma_positive(1.0 - x)
}

/// ψ = (ln Γ)′ for x > 0.
fn digamma_positive(mut x: f64) -> f64 {
    let mut y = 0.0;
    while x < FAR {
        y -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = STIRLING_SLOPE.iter().rev().fold(0.0, |y, c| (y + c) * square);
    y + ln(x) - 0.5 / x - series
}

/// ψ; below 0 by ψ(1 − x) − ψ(x) = π cot πx, which is odd and has period 1. ∓∞ at ±0, NaN at −1, −2, …
fn digamma(x: f64) -> f64 {
    if x > 0.0 {
        return if x == f64::INFINITY { x } else { digamma_positive(x) };
    }
    if x == 0.0 {
        return if x.is_sign_negative() { f64::INFINITY } else { f64::NEG_INFINITY };
    }
    let r = from_nearest(x);
    if r == 0.0 {
        return f64::NAN;
    }
    let cotangent = digamma_positive(1.0 - r.abs()) - digamma_positive(r.abs());
    digamma_positive(1.0 - x) - cotangent.copysign(r)
}

/// xⁿ
fn power(x: f64, n: i32) -> f64 {
    (0..n).fold(1.0, |y, _| y * x)
}

/// n! ζ(n + 1, x) = n! Σ (x + k)⁻ⁿ⁻¹ for x > 0 and n ≥ 1, by Euler and Maclaurin beyond [`FAR`] + n.
fn zeta_positive(mut x: f64, n: i32) -> f64 {
    let mut y = 0.0;
    while x < FAR + f64::from(n) {
        y += power(1.0 / x, n + 1);
        x += 1.0;
    }
    let factorial = |n: i32| (1..=n).fold(1.0, |y, k| y * f64::from(k));
    let inverse = 1.0 / x;
    let mut term = power(inverse, n) * factorial(n - 1); // (n + 2k − 1)! / (2k)! x⁻ⁿ⁻²ᵏ
    y = y * factorial(n) + term * (1.0 + 0.5 * f64::from(n) * inverse);
    for (b, k) in BERNOULLI.iter().zip(1..) {
        let at = n + 2 * k;
        term *= f64::from((at - 1) * (at - 2)) / f64::from(2 * k * (2 * k - 1)) * inverse * inverse;
        y += b * term;
    }
    y
}

/// ψ⁽ⁿ⁾ = (−1)ⁿ⁺¹ n! Σ (x + k)⁻ⁿ⁻¹ over k ≥ 0 for n ≥ 1. Below 0, all k (which has period 1) but those below 0.
fn polygamma(x: f64, n: i32) -> f64 {
    if n == 0 {
        return digamma(x);
    }
    let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
    if x > 0.0 {
        return if x == f64::INFINITY { sign * 0.0 } else { sign * zeta_positive(x, n) };
    }
    let r = from_nearest(x);
    if r == 0.0 {
        return if n % 2 == 1 { x.abs() + f64::INFINITY } else { f64::NAN };
    }
    let parity = if r < 0.0 { sign } else { 1.0 };
    parity * (sign * zeta_positive(r.abs(), n) + zeta_positive(1.0 - r.abs(), n)) - zeta_positive(1.0 - x, n)
}

/// Iₙ(x) for n ≥ 0: Σ (x/2)²ᵏ⁺ⁿ / (k! (k + n)!), whose terms have one sign, and for large x the series in 1/x.
fn bessel_i(x: f64, n: i32) -> f64 {
    let a = x.abs();
    let sign = if x < 0.0 && n % 2 == 1 { -1.0 } else { 1.0 };
    if a > 20.0 + f64::from(n * n) {
        // e^x / √(2πx) · Σ (1 − 4n²)(9 − 4n²)… / (k! (8x)ᵏ)
        let (mut term, mut sum) = (1.0, 1.0);
        for k in 1..16 {
            term *= f64::from((2 * k - 1) * (2 * k - 1) - 4 * n * n) / (f64::from(8 * k) * a);
            sum += term;
        }
        let root = 0.5 * ln(a * core::f64::consts::TAU);
        return sign * if a.is_infinite() { a } else { sum * exp(a - root) };
    }
    let quarter = 0.25 * a * a;
    let mut term = (1..=n).fold(1.0, |y, k| y * 0.5 * a / f64::from(k));
    let mut sum = term;
    let mut k = 1;
    while term > 1e-17 * sum {
        term *= quarter / f64::from(k * (k + n));
        sum += term;
        k += 1;
    }
    sign * sum
}

/// f of each lane and n.
#[inline(never)]
fn lanes(x: F32x4, n: F32x4, f: fn(f64, i32) -> f64) -> F32x4 {
    let n = n.to_i32().lane::<0>();
    F32x4::from_array(x.to_array().map(|x| f(f64::from(x), n) as f32))
}

impl Math {
    /// ln |Γ(x)|
    #[inline(always)]
    pub fn lgamma(self, x: F32x4) -> F32x4 {
        lanes(x, x, lgamma)
    }

    /// The n-th derivative of (ln Γ)′.
    #[inline(always)]
    pub fn polygamma(self, x: F32x4, n: F32x4) -> F32x4 {
        lanes(x, n, polygamma)
    }

    /// Iₙ(x), the modified Bessel function of the first kind.
    #[inline(always)]
    pub fn bessel_i(self, x: F32x4, n: F32x4) -> F32x4 {
        lanes(x, n, bessel_i)
    }

    /// Iₙ′ = ½ (Iₙ₋₁ + Iₙ₊₁), I₋₁ = I₁
    #[inline(always)]
    pub fn bessel_i_slope(self, x: F32x4, n: F32x4) -> F32x4 {
        lanes(x, n, |x, n| 0.5 * (bessel_i(x, (n - 1).abs()) + bessel_i(x, n + 1)))
    }
}
