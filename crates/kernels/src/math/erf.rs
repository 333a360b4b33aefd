//! The error function, and the normal distribution in GELU.

use super::{polynomial, Math};
use crate::simd::{F32x4, I32x4};

impl Math {
    /// e^−(s·a²), s = 1 or ½. The square of a's upper half is exact; what is left of a² goes in as a low part, or the
    /// rounding of a² ≈ 88 alone would cost 64 ulp.
    #[inline(always)]
    fn exp_minus_square(self, a: F32x4, s: F32x4) -> F32x4 {
        let upper = (a.bits() & I32x4::splat(self.k.upper_half)).as_f32();
        self.exp_with_low(-(upper * upper * s), (upper - a) * (upper + a) * s)
    }

    /// e^t² erfc(t) for t ≥ 0: q (1 + w R(w)), q = 1 / (1 + t/2), w = 1 − q = q t/2, where rounding harms neither end.
    #[inline(always)]
    fn erfcx(self, t: F32x4) -> F32x4 {
        let half = t * self.half();
        let q = self.one() / (half + self.one());
        let w = q * half;
        q * w.mul_add(polynomial(w, &self.k.erfcx), self.one())
    }

    /// 2/√π ∫₀ˣ e^−t² dt: a polynomial near 0, 1 − erfc(|x|) beyond.
    #[inline(always)]
    pub fn erf(self, x: F32x4) -> F32x4 {
        let a = x.abs();
        // Beyond 4, erf is 1; NaN passes.
        let t = a.pmin(F32x4::splat(4.0));
        let tail = self.one() - self.exp_minus_square(t, self.one()) * self.erfcx(t);
        let near = x.mul_add(polynomial(x * x, &self.k.erf), x);
        F32x4::select(a.lt(F32x4::splat(self.k.erf_split)), near, self.with_sign(tail, x))
    }

    /// erf′ = 2/√π e^−x²
    #[inline(always)]
    pub fn erf_slope(self, x: F32x4) -> F32x4 {
        // Beyond 15 it is 0, and x² would overflow further on.
        F32x4::splat(self.k.erf_slope) * self.exp_minus_square(x.abs().pmin(F32x4::splat(15.0)), self.one())
    }

    /// e^−x²/2 and ½ e^x²/2 erfc(|x|/√2), whose product is Φ(−|x|).
    #[inline(always)]
    fn normal_tail(self, x: F32x4) -> (F32x4, F32x4) {
        // Beyond 15 the product is 0.
        let a = x.abs().pmin(F32x4::splat(15.0));
        let half_erfcx = self.erfcx(a * F32x4::splat(self.k.sqrt_half_value)) * self.half();
        (self.exp_minus_square(a, self.half()), half_erfcx)
    }

    /// x Φ(x), from the small one of Φ(x) and Φ(−x) = 1 − Φ(x); Φ itself may be subnormal where x Φ(x) is not.
    #[inline(always)]
    pub fn gelu(self, x: F32x4) -> F32x4 {
        let (e, half_erfcx) = self.normal_tail(x);
        // ∞ · 0 would be NaN.
        let tail = x.pmin(F32x4::splat(15.0)) * half_erfcx * e;
        F32x4::select(x.le(self.zero()), tail, x - tail)
    }

    /// Φ(x) + x φ(x)
    #[inline(always)]
    pub fn gelu_slope(self, x: F32x4) -> F32x4 {
        let (e, half_erfcx) = self.normal_tail(x);
        let tail = half_erfcx * e;
        let phi = F32x4::select(x.lt(self.zero()), tail, self.one() - tail);
        (x * F32x4::splat(self.k.normal_density)).mul_add(e, phi)
    }

    /// x σ(2u), u = √(2/π) (x + 0.044715 x³): ½ (1 + tanh u) without its cancellation.
    #[inline(always)]
    pub fn gelu_tanh(self, x: F32x4) -> F32x4 {
        x * self.sigmoid(self.gelu_tanh_argument(x))
    }

    #[inline(always)]
    fn gelu_tanh_argument(self, x: F32x4) -> F32x4 {
        let [linear, cubic, _] = self.k.gelu_tanh;
        x * (x * x).mul_add(F32x4::splat(cubic), F32x4::splat(linear))
    }

    /// s + x s (1 − s) (2u)′, s = σ(2u)
    #[inline(always)]
    pub fn gelu_tanh_slope(self, x: F32x4) -> F32x4 {
        // Beyond ±100 the slope is 1 or 0, and u² would overflow further on.
        let limit = F32x4::splat(100.0);
        let x = x.pmin(limit).pmax(-limit);
        let s = self.sigmoid(self.gelu_tanh_argument(x));
        let [linear, _, slope] = self.k.gelu_tanh;
        let du = (x * x).mul_add(F32x4::splat(slope), F32x4::splat(linear));
        (x * du * (self.one() - s)).mul_add(s, s)
    }
}
