//! Sine, cosine and arctangent.

use super::{polynomial, Math};
use crate::simd::{F32x4, I32x4};

/// 2/π after the point, 256 bits.
const TWO_OVER_PI: [u32; 8] =
    [0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041, 0xfe51_63ab, 0xdebb_c561];

/// n mod 2³² and r with x = n π/2 + r and |r| ≤ π/4.
#[inline(always)]
fn quadrant(x: f32) -> (i32, f32) {
    // π/2 = HIGH + LOW; HIGH has 25 bits, so that n · HIGH is exact.
    const HIGH: f64 = 1.570_796_310_901_641_8;
    const LOW: f64 = 1.589_325_477_352_819_6e-8;
    /// 1.5 · 2⁵²: added to |x| < 2⁵¹, leaves round(x) in the low bits.
    const SHIFTER: f64 = 6_755_399_441_055_744.0;
    if x.abs() >= 33_554_432.0 {
        return large_quadrant(x);
    }
    let x = f64::from(x);
    let shifted = x * core::f64::consts::FRAC_2_PI + SHIFTER;
    let n = shifted - SHIFTER;
    (shifted.to_bits() as i32, ((x - n * HIGH) - n * LOW) as f32)
}

/// The same for |x| ≥ 2²⁵, by Payne and Hanek (1983): of 2/π only the 96 bits count that neither make a multiple of 4
/// with x nor fall far behind the point.
#[cold]
fn large_quadrant(x: f32) -> (i32, f32) {
    let bits = x.to_bits();
    let exponent = (bits >> 23 & 0xff) as usize;
    if exponent == 0xff {
        return (0, f32::NAN);
    }
    // |x| = significand · 2ᵉ with e ≥ 2; the first bit that counts has weight 2⁻⁽ᵉ⁻¹⁾.
    let significand = u128::from(bits & 0x7f_ffff | 0x80_0000);
    let first = exponent - 150 - 2;
    let window = (0..4).fold(0, |w, i| w << 32 | u128::from(TWO_OVER_PI[first / 32 + i]));
    let window = window << (first % 32) >> 32 & ((1 << 96) - 1);
    // |x| · 2/π mod 4, in units of 2⁻⁹⁴.
    let product = (window * significand) & ((1 << 96) - 1);
    let n = (product + (1 << 93)) >> 94;
    let rest = product as i128 - ((n as i128) << 94);
    let unit = core::f64::consts::FRAC_PI_2 * f64::from_bits((1023 - 94) << 52);
    let r = (rest as f64 * unit) as f32;
    if x < 0.0 {
        (-(n as i32), -r)
    } else {
        (n as i32, r)
    }
}

impl Math {
    /// n and r, lane by lane in f64: near a multiple of π/2 no f32 arithmetic keeps the digits of r.
    #[inline(never)] // large, and called for several vectors in step
    fn quadrants(self, x: F32x4) -> (I32x4, F32x4) {
        let lanes = x.to_array().map(quadrant);
        (I32x4::from_array(lanes.map(|(n, _)| n)), F32x4::from_array(lanes.map(|(_, r)| r)))
    }

    #[inline(always)]
    fn sin_reduced(self, r: F32x4) -> F32x4 {
        let square = r * r;
        // At r = −0 the sum alone would be +0.
        self.with_sign((square * r).mul_add(polynomial(square, &self.k.sin), r), r)
    }

    #[inline(always)]
    fn cos_reduced(self, r: F32x4) -> F32x4 {
        let square = r * r;
        let y = square.neg_mul_add(self.half(), self.one());
        (square * square).mul_add(polynomial(square, &self.k.cos), y)
    }

    /// sin(r + n π/2)
    #[inline(always)]
    fn sin_in_quadrant(self, n: I32x4, r: F32x4) -> F32x4 {
        let odd = I32x4::splat(0) - (n & I32x4::splat(1));
        let y = F32x4::select(odd, self.cos_reduced(r), self.sin_reduced(r));
        (y.bits() ^ n.shr_unsigned(1).shl(31)).as_f32()
    }

    #[inline(always)]
    pub fn sin(self, x: F32x4) -> F32x4 {
        let (n, r) = self.quadrants(x);
        self.sin_in_quadrant(n, r)
    }

    #[inline(always)]
    pub fn cos(self, x: F32x4) -> F32x4 {
        let (n, r) = self.quadrants(x);
        self.sin_in_quadrant(n + I32x4::splat(1), r)
    }

    /// (sin 2πu, cos 2πu) for 0 ≤ u ≤ 1.
    #[inline(always)]
    pub fn sin_cos_turns(self, u: F32x4) -> (F32x4, F32x4) {
        let quarters = u * F32x4::splat(4.0);
        let n = quarters.round();
        let r = (quarters - n) * F32x4::splat(self.k.half_pi);
        let n = n.to_i32();
        (self.sin_in_quadrant(n, r), self.sin_in_quadrant(n + I32x4::splat(1), r))
    }

    /// atan |x| = 0, π/4 or π/2 + atan z, with z = |x|, (|x| − 1) / (|x| + 1) or −1 / |x|.
    #[inline(always)]
    pub fn atan(self, x: F32x4) -> F32x4 {
        let a = x.abs();
        let [low, high] = self.k.atan_split.map(F32x4::splat);
        let (middle, large) = (a.gt(low), a.gt(high));
        let choose = |small, medium, big| F32x4::select(large, big, F32x4::select(middle, medium, small));
        let one = self.one();
        let z = choose(a, a - one, -one) / choose(one, a + one, a);
        let base = choose(self.zero(), F32x4::splat(self.k.quarter_pi), F32x4::splat(self.k.half_pi));
        let square = z * z;
        let y = base + (square * z).mul_add(polynomial(square, &self.k.atan), z);
        self.with_sign(y, x)
    }
}
