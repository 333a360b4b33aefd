//! eˣ, ln x, and what is made of them.

use super::{polynomial, Math};
use crate::simd::{F32x4, I32x4};

impl Math {
    /// r = x − n ln 2 with |r| ≤ ½ ln 2 for |x| < 2²², and a word whose low 9 bits are those of n + b, where `shifter`
    /// is 1.5 · 2²³ + b.
    #[inline(always)]
    fn exp_reduce(self, x: F32x4, shifter: f32) -> (I32x4, F32x4) {
        let shifter = F32x4::splat(shifter);
        let shifted = x.mul_add(F32x4::splat(self.k.log2_e), shifter);
        let n = shifted - shifter;
        let r = n.neg_mul_add(F32x4::splat(self.k.ln2_hi), x);
        (shifted.bits(), n.neg_mul_add(F32x4::splat(self.k.ln2_lo), r))
    }

    /// 2ⁿ for −127 < n < 128, from a word with the low 9 bits of n.
    #[inline(always)]
    fn power_of_two(self, n: I32x4) -> F32x4 {
        (n.shl(23) + self.one().bits()).as_f32()
    }

    /// eʳ − 1 for |r| ≤ ½ ln 2, by Estrin's scheme: two short chains instead of a long one.
    #[inline(always)]
    fn expm1_reduced(self, r: F32x4) -> F32x4 {
        let [c0, c1, c2, c3, c4] = self.k.exp.map(F32x4::splat);
        let square = r * r;
        let high = square.mul_add(c4, r.mul_add(c3, c2));
        square.mul_add(square.mul_add(high, r.mul_add(c1, c0)), r)
    }

    /// eʳ 2ⁿ for |r| ≤ ½ ln 2 and normal 2ⁿ, with which multiplying is exact.
    #[inline(always)]
    fn exp_reduced(self, r: F32x4, power: F32x4) -> F32x4 {
        self.expm1_reduced(r).mul_add(power, power)
    }

    #[inline(always)]
    pub fn exp(self, x: F32x4) -> F32x4 {
        let x = x.pmin(F32x4::splat(self.k.exp_max)).pmax(F32x4::splat(self.k.exp_min));
        let (n, r) = self.exp_reduce(x, self.k.shifter);
        // In two steps, since 2ⁿ itself overflows at n = 128 and is no normal number below n = −126.
        let half = n.shr(1);
        self.exp_reduced(r, self.power_of_two(half)) * self.power_of_two(n - half)
    }

    /// 2⁶⁴ eˣ for x ≤ 0, which is no subnormal number; 0 below x = −104, where eˣ would be.
    #[inline(always)]
    pub fn exp_scaled(self, x: F32x4) -> F32x4 {
        let (n, r) = self.exp_reduce(x, self.k.shifter_up);
        let y = self.exp_reduced(r, self.power_of_two(n));
        y.unless(x.lt(F32x4::splat(self.k.exp_min)))
    }

    /// What takes the scale from `exp_scaled`.
    #[inline(always)]
    pub fn exp_unscale(self) -> F32x4 {
        F32x4::splat(self.k.exp_unscale)
    }

    /// w eˣ⁺ᵈ for −130 ≤ x ≤ 0, where |d| is small against 1.
    #[inline(always)]
    pub(super) fn exp_product(self, w: F32x4, x: F32x4, d: F32x4) -> F32x4 {
        let (n, r) = self.exp_reduce(x, self.k.shifter_up);
        self.expm1_reduced(r + d).mul_add(w, w) * self.power_of_two(n) * self.exp_unscale()
    }

    /// eˣ − 1 = 2 (2ⁿ⁻¹ (eʳ − 1) + (2ⁿ⁻¹ − ½))
    #[inline(always)]
    pub fn expm1(self, x: F32x4) -> F32x4 {
        let limited = x.pmin(F32x4::splat(self.k.exp_max)).pmax(F32x4::splat(self.k.expm1_min));
        let (n, r) = self.exp_reduce(limited, self.k.shifter_halving);
        let scale = self.power_of_two(n);
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
    pub(super) fn log_edges(self, x: F32x4, y: F32x4) -> F32x4 {
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

    /// 2⁻³² (1 + e⁻ˣ⁻ᵈ), |d| being small against 1: scaled, so that it is finite where 1/(1 + e⁻ˣ) is subnormal. From
    /// x = 65 on it is 2⁻³², below −110 as there, where x/(1 + e⁻ˣ) rounds to 0 too.
    #[inline(always)]
    pub(super) fn logistic(self, x: F32x4, d: Option<F32x4>) -> F32x4 {
        let x = x.pmin(F32x4::splat(self.k.logistic_max)).pmax(F32x4::splat(self.k.logistic_min));
        // As in `exp_reduce`, with −n and −r.
        let shifter = F32x4::splat(self.k.shifter_down);
        let shifted = x.neg_mul_add(F32x4::splat(self.k.log2_e), shifter);
        let n = shifted - shifter;
        let r = n.mul_add(F32x4::splat(self.k.ln2_lo), n.mul_add(F32x4::splat(self.k.ln2_hi), x));
        let r = d.map_or(r, |d| r + d);
        // 1 − e⁻ʳ = r − r² (…)
        let [c0, c1, c2, c3, c4] = self.k.exp.map(F32x4::splat);
        let square = r * r;
        let high = square.mul_add(c4, r.neg_mul_add(c3, c2));
        let fall = square.neg_mul_add(square.mul_add(high, r.neg_mul_add(c1, c0)), r);
        let power = self.power_of_two(shifted.bits());
        fall.neg_mul_add(power, power) + F32x4::splat(self.k.logistic_scale)
    }

    /// 1 / (1 + e⁻ˣ)
    #[inline(always)]
    pub fn sigmoid(self, x: F32x4) -> F32x4 {
        F32x4::splat(self.k.logistic_scale) / self.logistic(x, None)
    }

    /// x / (1 + e⁻ˣ)
    #[inline(always)]
    pub fn silu(self, x: F32x4) -> F32x4 {
        self.gate(x, self.logistic(x, None))
    }

    /// x σ(u), given the scaled 1/σ(u): one division, so that σ may be subnormal where x σ is not.
    #[inline(always)]
    pub(super) fn gate(self, x: F32x4, logistic: F32x4) -> F32x4 {
        // Below −110 the product is −0, also for x = −∞.
        let y = x.pmax(F32x4::splat(self.k.logistic_min)) * F32x4::splat(self.k.logistic_scale) / logistic;
        // Of what is tiny, the scale would leave no digits.
        F32x4::select(x.abs().lt(F32x4::splat(self.k.tiny)), x * self.half(), y)
    }

    /// For |x| < 9, 2ND / (N² + D²) with N / D = tanh ½x. Doubling the argument takes errors of N and D back where tanh
    /// is near 1. Beyond 9 it rounds to 1, and so does this.
    #[inline(always)]
    pub fn tanh(self, x: F32x4) -> F32x4 {
        let a = x.abs().pmin(F32x4::splat(self.k.tanh_max));
        let square = a * a;
        let (n, d) = (a * polynomial(square, &self.k.tanh_n), polynomial(square, &self.k.tanh_d));
        let y = (n + n) * d / n.mul_add(n, d * d);
        (y.bits() | (x.bits() & I32x4::splat(self.k.sign))).as_f32()
    }

    /// ln(1 + eˣ)
    #[inline(always)]
    pub fn softplus(self, x: F32x4) -> F32x4 {
        x.pmax(self.zero()) + self.log1p(self.exp_scaled(-x.abs()) * self.exp_unscale())
    }
}
