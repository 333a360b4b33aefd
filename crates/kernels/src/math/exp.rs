//! eˣ, ln x, and what is made of them.

use super::{polynomial, power_of_two, Math};
use crate::simd::{F32x4, I32x4};

impl Math {
    /// n and r with x = n ln 2 + r and |r| ≤ ½ ln 2, for |x| < 2²².
    #[inline(always)]
    fn exp_reduce(self, x: F32x4) -> (I32x4, F32x4) {
        let shifter = F32x4::splat(self.k.shifter);
        let shifted = x.mul_add(F32x4::splat(self.k.log2_e), shifter);
        let n = shifted - shifter;
        let r = n.neg_mul_add(F32x4::splat(self.k.ln2_hi), x);
        (shifted.bits() - shifter.bits(), n.neg_mul_add(F32x4::splat(self.k.ln2_lo), r))
    }

    /// eʳ − 1 for |r| ≤ ½ ln 2.
    #[inline(always)]
    fn expm1_reduced(self, r: F32x4) -> F32x4 {
        (r * r).mul_add(polynomial(r, &self.k.exp), r)
    }

    /// e^(x + low), where |low| is small against 1: for arguments of more than 24 bits.
    #[inline(always)]
    pub(super) fn exp_with_low(self, x: F32x4, low: F32x4) -> F32x4 {
        let (n, r) = self.exp_reduce(x.pmin(F32x4::splat(self.k.exp_max)).pmax(F32x4::splat(self.k.exp_min)));
        // In two steps, since 2ⁿ itself overflows at n = 128 and is no normal number below n = −126.
        let half = n.shr(1);
        (self.expm1_reduced(r + low) + self.one()) * power_of_two(half) * power_of_two(n - half)
    }

    #[inline(always)]
    pub fn exp(self, x: F32x4) -> F32x4 {
        let (n, r) = self.exp_reduce(x.pmin(F32x4::splat(self.k.exp_max)).pmax(F32x4::splat(self.k.exp_min)));
        let half = n.shr(1);
        (self.expm1_reduced(r) + self.one()) * power_of_two(half) * power_of_two(n - half)
    }

    /// eˣ − 1 = 2 (2ⁿ⁻¹ (eʳ − 1) + (2ⁿ⁻¹ − ½))
    #[inline(always)]
    pub fn expm1(self, x: F32x4) -> F32x4 {
        let (n, r) = self.exp_reduce(x.pmin(F32x4::splat(self.k.exp_max)).pmax(F32x4::splat(self.k.expm1_min)));
        let scale = power_of_two(n - I32x4::splat(1));
        let y = scale.mul_add(self.expm1_reduced(r), scale - self.half());
        self.with_sign(y + y, x)
    }

    /// e and f with x = 2ᵉ (1 + f) and √½ ≤ 1 + f < √2, for normal x > 0.
    #[inline(always)]
    fn log_reduce(self, x: F32x4) -> (I32x4, F32x4) {
        let e = (x.bits() - I32x4::splat(self.k.sqrt_half)).shr(23);
        (e, (x.bits() - e.shl(23)).as_f32() - self.one())
    }

    /// e ln 2 + ln(1 + f)
    #[inline(always)]
    fn log_reduced(self, e: F32x4, f: F32x4) -> F32x4 {
        let square = f * f;
        let y = e.mul_add(F32x4::splat(self.k.ln2_lo), square * f * polynomial(f, &self.k.log));
        let y = f + square.neg_mul_add(self.half(), y);
        e.mul_add(F32x4::splat(self.k.ln2_hi), y)
    }

    /// y where 0 < x < ∞; else the logarithm of 0, of a negative number, or of x = ∞ or NaN itself.
    #[inline(always)]
    fn log_edges(self, x: F32x4, y: F32x4) -> F32x4 {
        let (zero, infinity) = (self.zero(), F32x4::splat(self.k.infinity));
        let edge = F32x4::select(x.eq(zero), -infinity, F32x4::select(x.lt(zero), F32x4::splat(self.k.nan), x));
        F32x4::select(x.gt(zero) & x.lt(infinity), y, edge)
    }

    #[inline(always)]
    pub fn log(self, x: F32x4) -> F32x4 {
        let small = x.lt(F32x4::splat(self.k.min_normal));
        let scaled = F32x4::select(small, x * F32x4::splat(self.k.subnormal_scale), x);
        let (e, f) = self.log_reduce(scaled);
        let e = e.to_f32() - (small & F32x4::splat(self.k.subnormal_exponent).bits()).as_f32();
        self.log_edges(x, self.log_reduced(e, f))
    }

    /// ln(1 + x): the logarithm of the rounded u = 1 + x, with what rounding took, c = (1 + x) − u, added to f.
    #[inline(always)]
    pub fn log1p(self, x: F32x4) -> F32x4 {
        let u = self.one() + x;
        let c = F32x4::select(x.lt(self.one()), x - (u - self.one()), self.one() - (u - x));
        let (e, f) = self.log_reduce(u);
        // 2⁻ᵉ, or 0 where c no longer counts.
        let scale = (I32x4::splat(127) - e).max(I32x4::splat(0)).shl(23).as_f32();
        let y = self.log_edges(u, self.log_reduced(e.to_f32(), f + c * scale));
        (y.bits() | (x.bits() & I32x4::splat(self.k.sign))).as_f32()
    }

    /// 1 / (1 + e⁻ˣ), from e^−|x| so that both ends keep their precision.
    #[inline(always)]
    pub fn sigmoid(self, x: F32x4) -> F32x4 {
        let e = self.exp(-x.abs());
        F32x4::select(x.lt(self.zero()), e, self.one()) / (self.one() + e)
    }

    /// (1 − e^−2|x|) / (1 + e^−2|x|), with the sign of x.
    #[inline(always)]
    pub fn tanh(self, x: F32x4) -> F32x4 {
        let a = x.abs();
        let (n, r) = self.exp_reduce((-(a + a)).pmax(F32x4::splat(self.k.expm1_min)));
        let scale = power_of_two(n);
        let y = scale.mul_add(self.expm1_reduced(r), scale - self.one());
        self.with_sign(y / (y + self.two()), x)
    }

    /// ln(1 + eˣ)
    #[inline(always)]
    pub fn softplus(self, x: F32x4) -> F32x4 {
        x.pmax(self.zero()) + self.log1p(self.exp(-x.abs()))
    }
}
