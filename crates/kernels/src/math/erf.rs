//! The error function, and the normal distribution in GELU.

use super::wide::exp;
use super::{polynomial, Math};
use crate::simd::{F32x4, F64x4, I32x4};

/// √(8/π), and that times 0.044715.
const GELU_TANH_LINEAR: f64 = 1.595_769_121_605_730_7;
const GELU_TANH_CUBIC: f64 = 0.071_354_816_272_600_24;

impl Math {
    /// w e^−(s·a²), s = 1 or ½, s·a² ≤ 130. The square of a's upper half is exact; what is left of a² goes in as a low part, or the
    /// rounding of a² ≈ 88 alone would cost 64 ulp.
    #[inline(always)]
    fn exp_minus_square(self, w: F32x4, a: F32x4, s: F32x4) -> F32x4 {
        let upper = (a.bits() & I32x4::splat(self.k.upper_half)).as_f32();
        self.exp_product(w, -(upper * upper * s), (upper - a) * (upper + a) * s)
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
        let tail = self.one() - self.exp_minus_square(self.erfcx(t), t, self.one());
        let near = x.mul_add(polynomial(x * x, &self.k.erf), x);
        F32x4::select(a.lt(F32x4::splat(self.k.erf_split)), near, self.with_sign(tail, x))
    }

    /// 1 − erf(x): without cancellation for x > 0, where it falls to 0 at 10.1.
    #[inline(never)]
    pub fn erfc(self, x: F32x4) -> F32x4 {
        let t = x.abs().pmin(F32x4::splat(10.7));
        // As `erfcx`, in f64: in f32 its roundings would add up to 4 ulp.
        let (t, one) = (t.to_f64(), F64x4::splat(1.0));
        let half = t * F64x4::splat(0.5);
        let q = one / (one + half);
        let w = q * half;
        let series = self.k.erfcx.iter().rev().fold(F64x4::splat(0.0), |y, &c| y * w + F64x4::splat(c.into()));
        let tail = (q * (w * series + one) * exp(F64x4::splat(0.0) - t * t)).to_f32();
        F32x4::select(x.lt(self.zero()), self.one() + (self.one() - tail), tail)
    }

    /// erf′ = 2/√π e^−x²
    #[inline(always)]
    pub fn erf_slope(self, x: F32x4) -> F32x4 {
        // Beyond 11 it is 0.
        let a = x.abs().pmin(F32x4::splat(11.0));
        self.exp_minus_square(F32x4::splat(self.k.erf_slope), a, self.one())
    }

    /// x Φ(x) = x − |x| Φ(−|x|) for x > 0, − |x| Φ(−|x|) otherwise, and |x| Φ(−|x|) = e^−x²/2 w S(w − ⅜),
    /// w = |x| / (|x| + √8): around ⅜ its terms cancel little. Φ itself may be subnormal where the product is not.
    #[inline(always)]
    pub fn gelu(self, x: F32x4) -> F32x4 {
        // Beyond 15 the product is 0.
        let a = x.abs().pmin(F32x4::splat(15.0));
        let w = a / (a + F32x4::splat(self.k.sqrt_eight));
        let product = w * polynomial(w - F32x4::splat(self.k.gelu_middle), &self.k.gelu);
        let tail = self.exp_minus_square(product, a, self.half());
        // −0 keeps the sign where the tail is 0.
        x.pmax(-self.zero()) - tail
    }

    /// Φ(x) + x φ(x)
    #[inline(always)]
    pub fn gelu_slope(self, x: F32x4) -> F32x4 {
        let a = x.abs().pmin(F32x4::splat(15.0));
        let e = self.exp_minus_square(self.one(), a, self.half());
        let tail = self.half() * self.erfcx(a * F32x4::splat(self.k.sqrt_half_value)) * e;
        let phi = F32x4::select(x.lt(self.zero()), tail, self.one() - tail);
        (x * F32x4::splat(self.k.normal_density)).mul_add(e, phi)
    }

    /// x σ(2u), u = √(2/π) (x + 0.044715 x³): ½ (1 + tanh u) without its cancellation. In f32, the rounding of 2u ≈ 88
    /// alone would cost 64 ulp.
    #[inline(always)]
    pub fn gelu_tanh(self, x: F32x4) -> F32x4 {
        // Beyond ±12 the sigmoid is 1 or 0.
        let limit = F32x4::splat(12.0);
        let x64 = x.pmin(limit).pmax(-limit).to_f64();
        let u = x64 * (x64 * x64 * F64x4::splat(GELU_TANH_CUBIC) + F64x4::splat(GELU_TANH_LINEAR));
        let high = u.to_f32();
        self.gate(x, self.logistic(high, Some((u - high.to_f64()).to_f32())))
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
