//! aᵇ, in f64 lane by lane: in f32 the product b ln a would cost up to 90 ulp.

/// ln 2 · log₂ m = 2 (s + s³/3 + s⁵/5 + …), s = (m − 1) / (m + 1), for √½ ≤ m < √2.
const ATANH: [f64; 8] = [1.0, 1.0 / 3.0, 1.0 / 5.0, 1.0 / 7.0, 1.0 / 9.0, 1.0 / 11.0, 1.0 / 13.0, 1.0 / 15.0];
/// eʳ = 1 + r + r²/2! + … for |r| ≤ ½ ln 2.
const EXP: [f64; 11] = [
    1.0,
    1.0,
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5040.0,
    1.0 / 40320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
];

#[inline(always)]
fn polynomial(x: f64, c: &[f64]) -> f64 {
    c.iter().rev().fold(0.0, |y, &c| y * x + c)
}

/// log₂ x for normal x > 0.
#[inline(always)]
fn log2(x: f64) -> f64 {
    /// The upper half of the bits of √½.
    const SQRT_HALF: i32 = 0x3fe6_a09e;
    let bits = x.to_bits();
    let e = ((bits >> 32) as i32 - SQRT_HALF) >> 20;
    let m = f64::from_bits(bits.wrapping_sub((e as i64 as u64) << 52));
    let s = (m - 1.0) / (m + 1.0);
    f64::from(e) + 2.0 * core::f64::consts::LOG2_E * s * polynomial(s * s, &ATANH)
}

/// 2ˣ for |x| ≤ 1000.
#[inline(always)]
fn exp2(x: f64) -> f64 {
    const SHIFTER: f64 = 6_755_399_441_055_744.0;
    let shifted = x + SHIFTER;
    let r = (x - (shifted - SHIFTER)) * core::f64::consts::LN_2;
    let n = i64::from(shifted.to_bits() as i32);
    polynomial(r, &EXP) * f64::from_bits(((1023 + n) as u64) << 52)
}

/// aᵇ with the special cases of IEEE 754: a⁰ = 1ᵇ = 1, even for NaN; (±0)ᵇ, (±∞)ᵇ keep the sign where b is odd; the
/// power of a negative number is NaN unless b is an integer.
#[cfg_attr(feature = "small", inline(never))]
#[cfg_attr(not(feature = "small"), inline(always))]
pub fn pow(a: f32, b: f32) -> f32 {
    if b == 0.0 || a == 1.0 {
        return 1.0;
    }
    if a.is_nan() || b.is_nan() {
        return f32::NAN;
    }
    let m = a.abs();
    if b.is_infinite() {
        return match m {
            1.0 => 1.0,
            m if (m > 1.0) == (b > 0.0) => f32::INFINITY,
            _ => 0.0,
        };
    }
    // From 2²⁴ on, every f32 is an even integer.
    let small = b.abs() < 16_777_216.0;
    let integer = !small || (b as i32) as f32 == b;
    let odd = small && integer && b as i32 & 1 == 1;
    let y = if m == 0.0 || m.is_infinite() {
        if (m == 0.0) == (b < 0.0) {
            f32::INFINITY
        } else {
            0.0
        }
    } else if a < 0.0 && !integer {
        return f32::NAN;
    } else {
        // Beyond these, f32 has only ∞ and 0.
        exp2((f64::from(b) * log2(f64::from(m))).clamp(-200.0, 200.0)) as f32
    };
    if odd && a.is_sign_negative() {
        -y
    } else {
        y
    }
}
