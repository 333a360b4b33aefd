//! Sine, cosine and arctangent.

use super::{polynomial, Math};
use crate::simd::{F32x4, F64x4, I32x4};

/// 2/π after the point, 256 bits.
const TWO_OVER_PI: [u32; 8] =
    [0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041, 0xfe51_63ab, 0xdebb_c561];

/// From here on, f64 has not the digits of π/2 that count.
const LARGE: f32 = 33_554_432.0;

/// n mod 2³² and r with x = n π/2 + r and |r| ≤ π/4, for |x| ≥ 2²⁵, by Payne and Hanek (1983): of 2/π only the 96 bits count that neither make a multiple of 4
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
    /// n mod 2³² and r with x = n π/2 + r and |r| ≤ π/4, in f64: near a multiple of π/2 no f32 arithmetic keeps the
    /// digits of r.
    #[inline(always)]
    fn quadrants(self, x: F32x4) -> (I32x4, F32x4) {
        // π/2 = HIGH + LOW; HIGH has 25 bits, so that n · HIGH is exact.
        const HIGH: f64 = 1.570_796_310_901_641_8;
        const LOW: f64 = 1.589_325_477_352_819_6e-8;
        /// 1.5 · 2⁵²: added to |x| < 2⁵¹, leaves round(x) in the low bits.
        const SHIFTER: f64 = 6_755_399_441_055_744.0;
        let (wide, shifter) = (x.to_f64(), F64x4::splat(SHIFTER));
        let shifted = wide * F64x4::splat(core::f64::consts::FRAC_2_PI) + shifter;
        let n = shifted - shifter;
        let r = (wide - n * F64x4::splat(HIGH)) - n * F64x4::splat(LOW);
        if x.abs().ge(F32x4::splat(LARGE)).any() {
            return self.large_quadrants(x, shifted.low_words(), r.to_f32());
        }
        (shifted.low_words(), r.to_f32())
    }

    /// n and r where lanes are large.
    #[cold]
    #[inline(never)]
    fn large_quadrants(self, x: F32x4, n: I32x4, r: F32x4) -> (I32x4, F32x4) {
        let (x, mut n, mut r) = (x.to_array(), n.to_array(), r.to_array());
        for i in 0..4 {
            if x[i].abs() >= LARGE {
                (n[i], r[i]) = large_quadrant(x[i]);
            }
        }
        (I32x4::from_array(n), F32x4::from_array(r))
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

    #[inline(never)] // large, and called for several vectors in step
    pub fn sin(self, x: F32x4) -> F32x4 {
        let (n, r) = self.quadrants(x);
        self.sin_in_quadrant(n, r)
    }

    #[inline(never)]
    pub fn cos(self, x: F32x4) -> F32x4 {
        let (n, r) = self.quadrants(x);
        self.sin_in_quadrant(n + I32x4::splat(1), r)
    }

    /// tan(r + n π/2): that of r, or −1 over it.
    #[inline(never)]
    pub fn tan(self, x: F32x4) -> F32x4 {
        let (n, r) = self.quadrants(x);
        let odd = I32x4::splat(0) - (n & I32x4::splat(1));
        let (sin, cos) = (self.sin_reduced(r), self.cos_reduced(r));
        F32x4::select(odd, -cos, sin) / F32x4::select(odd, sin, cos)
    }

    /// sin πx and cos πx; from 2²⁴ on, every f32 is even.
    #[inline(always)]
    fn sin_cos_pi(self, x: F32x4) -> (F32x4, F32x4) {
        let a = x.abs();
        let x = x.unless(a.ge(F32x4::splat(16_777_216.0)) & a.lt(F32x4::splat(self.k.infinity)));
        let halves = x + x;
        let n = halves.round();
        let r = (halves - n) * F32x4::splat(self.k.half_pi);
        let n = n.to_i32();
        (self.sin_in_quadrant(n, r), self.sin_in_quadrant(n + I32x4::splat(1), r))
    }

    /// sin πx / πx, and 1 at 0.
    #[inline(never)]
    pub fn sinc(self, x: F32x4) -> F32x4 {
        let (sin, _) = self.sin_cos_pi(x);
        F32x4::select(x.eq(self.zero()), self.one(), sin / (x * F32x4::splat(self.k.pi)))
    }

    /// (cos πx − sinc x) / x, near 0 by its series.
    #[inline(never)]
    pub fn sinc_slope(self, x: F32x4) -> F32x4 {
        let (sin, cos) = self.sin_cos_pi(x);
        let far = (cos - sin / (x * F32x4::splat(self.k.pi))) / x;
        F32x4::select(x.abs().lt(self.half()), x * polynomial(x * x, &self.k.sinc_slope), far)
    }

    /// For |x| ≤ ½ z + z³ P(z²), z = |x|; beyond, π/2 minus twice that with z = √(½ (1 − |x|)). Returns z, the rest, and
    /// whether it is beyond.
    #[inline(always)]
    fn asin_reduced(self, x: F32x4) -> (F32x4, F32x4, I32x4) {
        let a = x.abs();
        let large = a.gt(self.half());
        let square = F32x4::select(large, (self.one() - a) * self.half(), a * a);
        let z = F32x4::select(large, square.sqrt(), a);
        (z, z * square * polynomial(square, &self.k.asin), large)
    }

    #[inline(never)]
    pub fn asin(self, x: F32x4) -> F32x4 {
        let (z, rest, large) = self.asin_reduced(x);
        let beyond = (F32x4::splat(self.k.half_pi) - (z + z)) - (rest + rest - F32x4::splat(self.k.half_pi_low));
        self.with_sign(F32x4::select(large, beyond, z + rest), x)
    }

    #[inline(never)]
    pub fn acos(self, x: F32x4) -> F32x4 {
        let (z, rest, large) = self.asin_reduced(x);
        let (high, low) = (F32x4::splat(self.k.half_pi), F32x4::splat(self.k.half_pi_low));
        let middle = high - (self.with_sign(z, x) + (self.with_sign(rest, x) - low));
        let end = (z + z) + (rest + rest);
        let end = F32x4::select(x.lt(self.zero()), F32x4::splat(self.k.pi) - (end - F32x4::splat(self.k.pi_low)), end);
        F32x4::select(large, end, middle)
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

/// The angle of the point (x, y): atan |y/x| or π minus that, with the sign of y. Two zeros or infinities stand for the
/// limits along the axis x and the diagonal.
#[inline(never)]
pub fn atan2(y: F32x4, x: F32x4) -> F32x4 {
    let m = Math::new();
    let (a, b, zero) = (y.abs(), x.abs(), m.zero());
    let ratio = F32x4::select(a.eq(b), m.one(), a / b);
    let angle = m.atan(F32x4::select(a.eq(zero) & b.eq(zero), zero, ratio));
    let turned = F32x4::splat(m.k.pi) - (angle - F32x4::splat(m.k.pi_low));
    let left = x.bits().shr(31);
    m.with_sign(F32x4::select(left, turned, angle), y)
}
