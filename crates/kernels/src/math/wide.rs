//! Functions in f64, four lanes at a time: powers of 2 and logarithms, and what is made of them. Rounded to f32 once,
//! they are wrong by little more than half an ulp.

use super::{inverse_factorials, Math};
use crate::simd::{F32x4, F64x4, I32x4};

/// ln m = 2 (s + s³/3 + s⁵/5 + …), s = (m − 1) / (m + 1), for √½ ≤ m < √2.
pub(super) const ATANH: [f64; 8] =
    [1.0, 1.0 / 3.0, 1.0 / 5.0, 1.0 / 7.0, 1.0 / 9.0, 1.0 / 11.0, 1.0 / 13.0, 1.0 / 15.0];
/// eʳ = 1 + r + r²/2! + … for |r| ≤ ½ ln 2.
const EXP: [f64; 11] = inverse_factorials();
/// sinh x / x and asinh x / x in x², for |x| ≤ ⅛, where the differences that they are otherwise cancel.
const SINH: [f64; 4] = [1.0, 1.0 / 6.0, 1.0 / 120.0, 1.0 / 5040.0];
const ASINH: [f64; 5] = [1.0, -1.0 / 6.0, 3.0 / 40.0, -15.0 / 336.0, 105.0 / 3456.0];
/// (erf⁻¹ x) / x in w = −ln(1 − x²), to 6e-9 for w ≤ 5 and, in w − 10, to 2e-9 for 5 ≤ w ≤ 16, which no f32 reaches.
const ERFINV: [f64; 10] = [
    0.886_226_920_495_729_8,
    0.232_013_818_011_542_8,
    0.011_548_654_027_856_011,
    -0.002_334_296_433_094_534_7,
    -0.000_127_481_401_050_660_03,
    4.456_507_839_062_179e-5,
    3.983_282_979_596_26e-6,
    -1.976_469_926_183_462_3e-6,
    2.210_314_147_759_396e-7,
    -8.791_056_468_623_144e-9,
];
const ERFINV_TAIL: [f64; 11] = [
    2.995_745_966_997_566_3,
    0.158_781_568_922_984_98,
    -0.003_807_417_601_033_88,
    0.000_171_518_675_553_168_1,
    -8.384_993_058_136_18e-6,
    2.952_995_541_307_709e-7,
    9.445_759_398_837_626e-9,
    -3.682_211_959_753_565e-9,
    5.375_329_583_647_688e-10,
    -4.988_246_873_687_801e-11,
    2.117_756_147_779_757_4e-12,
];

#[inline(always)]
fn polynomial<const N: usize>(x: F64x4, c: &[f64; N]) -> F64x4 {
    c[..N - 1].iter().rev().fold(F64x4::splat(c[N - 1]), |y, &c| y * x + F64x4::splat(c))
}

/// log₂ x for normal x > 0.
#[inline(always)]
fn log2(x: F64x4) -> F64x4 {
    /// The upper half of the bits of √½.
    const SQRT_HALF: i32 = 0x3fe6_a09e;
    let high = x.high_words();
    let e = (high - I32x4::splat(SQRT_HALF)).shr(20);
    let m = F64x4::from_words(x.low_words(), high - e.shl(20));
    let one = F64x4::splat(1.0);
    let s = (m - one) / (m + one);
    e.to_f64() + F64x4::splat(2.0 * core::f64::consts::LOG2_E) * s * polynomial(s * s, &ATANH)
}

/// 2ˣ for |x| ≤ 1000.
#[inline(always)]
fn exp2(x: F64x4) -> F64x4 {
    const SHIFTER: f64 = 6_755_399_441_055_744.0;
    let shifter = F64x4::splat(SHIFTER);
    let shifted = x + shifter;
    let r = (x - (shifted - shifter)) * F64x4::splat(core::f64::consts::LN_2);
    let power = (shifted.low_words() + I32x4::splat(1023)).shl(20);
    polynomial(r, &EXP) * F64x4::from_words(I32x4::splat(0), power)
}

/// `exp2` and `log2` as functions of their own, which all that follows calls: they are large.
#[inline(never)]
fn power_of_two(x: F64x4) -> F64x4 {
    let limit = F64x4::splat(200.0); // beyond, f32 has only ∞ and 0
    exp2(x.smaller(limit).larger(F64x4::splat(0.0) - limit))
}
#[inline(never)]
fn log_two(x: F64x4) -> F64x4 {
    log2(x)
}
/// ln x for normal x > 0.
#[inline(always)]
pub(crate) fn ln(x: F64x4) -> F64x4 {
    log_two(x) * F64x4::splat(core::f64::consts::LN_2)
}
/// eˣ, but below 2⁻²⁰⁰ and above 2²⁰⁰ these.
#[inline(always)]
pub(crate) fn exp(x: F64x4) -> F64x4 {
    power_of_two(x * F64x4::splat(core::f64::consts::LOG2_E))
}

/// Whether it is a number and not infinite.
#[inline(always)]
fn finite(x: F32x4) -> I32x4 {
    x.abs().lt(F32x4::splat(f32::INFINITY))
}

/// aᵇ with the special cases of IEEE 754: a⁰ = 1ᵇ = 1, even for NaN; (±0)ᵇ, (±∞)ᵇ keep the sign where b is odd; the
/// power of a negative number is NaN unless b is an integer. In f32 the product b ln a would cost up to 90 ulp.
#[inline(never)] // large, and called for several vectors in step
pub fn pow(a: F32x4, b: F32x4) -> F32x4 {
    let (zero, one, infinity) = (F32x4::zero(), F32x4::splat(1.0), F32x4::splat(f32::INFINITY));
    let m = a.abs();
    let limit = F64x4::splat(200.0);
    let y = exp2((b.to_f64() * log2(m.to_f64())).smaller(limit).larger(F64x4::splat(0.0) - limit)).to_f32();
    // From 2²⁴ on, every f32 is an even integer.
    let small = b.abs().lt(F32x4::splat(16_777_216.0));
    let whole = b.to_i32();
    let integer = !small | whole.to_f32().eq(b);
    let odd = small & integer & whole.shl(31);
    let grows = m.gt(one).eq(b.gt(zero));
    let end = F32x4::select(grows, infinity, zero);
    let at_end = m.eq(zero) | m.eq(infinity) | b.abs().eq(infinity);
    let real = !(a.lt(zero) & finite(a) & !integer) & a.eq(a) & b.eq(b);
    let y = F32x4::select(at_end, F32x4::select(m.eq(one), one, end), y);
    let y = (y.bits() ^ (a.bits() & odd & I32x4::splat(i32::MIN))).as_f32();
    F32x4::select(a.eq(one) | b.eq(zero), one, F32x4::select(real, y, F32x4::splat(f32::NAN)))
}

impl Math {
    /// 2ˣ
    #[inline(always)]
    pub fn exp2(self, x: F32x4) -> F32x4 {
        F32x4::select(x.eq(x), power_of_two(x.to_f64()).to_f32(), x)
    }

    /// ln x times `scale`.
    #[inline(always)]
    fn log_scaled(self, x: F32x4, scale: f64) -> F32x4 {
        self.log_edges(x, (log_two(x.to_f64()) * F64x4::splat(scale)).to_f32())
    }

    #[inline(always)]
    pub fn log2(self, x: F32x4) -> F32x4 {
        self.log_scaled(x, 1.0)
    }

    #[inline(always)]
    pub fn log10(self, x: F32x4) -> F32x4 {
        self.log_scaled(x, core::f64::consts::LOG10_2)
    }

    /// ½ (eˣ − e⁻ˣ)
    #[inline(never)]
    pub fn sinh(self, x: F32x4) -> F32x4 {
        let wide = x.to_f64();
        let e = exp(wide);
        let y = (e - F64x4::splat(1.0) / e) * F64x4::splat(0.5);
        let near = wide * polynomial(wide * wide, &SINH);
        self.odd(x, F64x4::select(x.abs().lt(F32x4::splat(0.125)), near, y))
    }

    /// ½ (eˣ + e⁻ˣ)
    #[inline(never)]
    pub fn cosh(self, x: F32x4) -> F32x4 {
        let e = exp(x.to_f64());
        let y = ((e + F64x4::splat(1.0) / e) * F64x4::splat(0.5)).to_f32();
        F32x4::select(x.eq(x), y, x)
    }

    /// y with x's sign, which a sum has lost at −0; NaN of NaN.
    #[inline(always)]
    fn odd(self, x: F32x4, y: F64x4) -> F32x4 {
        F32x4::select(x.eq(x), self.with_sign(y.to_f32(), x), x)
    }

    /// ln(|x| + √(x² + 1))
    #[inline(never)]
    pub fn asinh(self, x: F32x4) -> F32x4 {
        let a = x.abs().to_f64();
        let y = ln(a + (a * a + F64x4::splat(1.0)).sqrt());
        let y = F64x4::select(x.abs().lt(F32x4::splat(0.125)), a * polynomial(a * a, &ASINH), y);
        F32x4::select(finite(x), self.odd(x, y), x)
    }

    /// 1 / √(1 + x²), by a square that does not overflow.
    #[inline(always)]
    pub fn asinh_slope(self, x: F32x4) -> F32x4 {
        let a = x.abs();
        let large = a.gt(self.one());
        let big = F32x4::select(large, a, self.one());
        let ratio = F32x4::select(large, self.one() / a, a);
        self.one() / (big * ratio.mul_add(ratio, self.one()).sqrt())
    }

    /// ln(x + √(x² − 1)), for x ≥ 1
    #[inline(never)]
    pub fn acosh(self, x: F32x4) -> F32x4 {
        let a = x.to_f64();
        let y = ln(a + (a * a - F64x4::splat(1.0)).sqrt()).to_f32();
        let y = F32x4::select(x.lt(self.one()), F32x4::splat(f32::NAN), y);
        F32x4::select(finite(x), y, F32x4::select(x.lt(self.zero()), F32x4::splat(f32::NAN), x))
    }

    /// ½ ln((1 + x) / (1 − x)), for |x| ≤ 1
    #[inline(never)]
    pub fn atanh(self, x: F32x4) -> F32x4 {
        let (a, one) = (x.abs(), self.one());
        let wide = a.to_f64();
        let far = ln((F64x4::splat(1.0) + wide) / (F64x4::splat(1.0) - wide)) * F64x4::splat(0.5);
        let y = F64x4::select(a.lt(F32x4::splat(0.125)), wide * polynomial(wide * wide, &ATANH), far);
        let y = F32x4::select(a.lt(one), self.odd(x, y), self.with_sign(F32x4::splat(f32::INFINITY), x));
        F32x4::select(a.le(one), y, F32x4::splat(f32::NAN))
    }

    /// erf⁻¹ x, for |x| ≤ 1
    #[inline(never)]
    pub fn erfinv(self, x: F32x4) -> F32x4 {
        let (a, wide) = (x.abs(), x.to_f64());
        let w = F64x4::splat(0.0) - ln(F64x4::splat(1.0) - wide * wide);
        let near = w.to_f32().lt(F32x4::splat(5.0));
        let tail = polynomial(w - F64x4::splat(10.0), &ERFINV_TAIL);
        let y = (wide * F64x4::select(near, polynomial(w, &ERFINV), tail)).to_f32();
        let y = F32x4::select(a.lt(self.one()), y, self.with_sign(F32x4::splat(f32::INFINITY), x));
        F32x4::select(a.le(self.one()), y, F32x4::splat(f32::NAN))
    }

    /// √π/2 e^y², the derivative of erf⁻¹, y being its value
    #[inline(always)]
    pub fn erfinv_slope(self, y: F32x4) -> F32x4 {
        let wide = y.to_f64();
        let slope = exp(wide * wide) * F64x4::splat(0.886_226_925_452_758);
        F32x4::select(y.eq(y), slope.to_f32(), y)
    }
}

/// √(a² + b²), without overflow; ∞ where either is infinite.
#[inline(always)]
pub fn hypot(a: F32x4, b: F32x4) -> F32x4 {
    let infinity = F32x4::splat(f32::INFINITY);
    let (x, y) = (a.to_f64(), b.to_f64());
    F32x4::select(a.abs().eq(infinity) | b.abs().eq(infinity), infinity, (x * x + y * y).sqrt().to_f32())
}
