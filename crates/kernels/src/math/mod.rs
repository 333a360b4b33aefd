//! Elementary functions of four lanes, written out, so that the same binary gives the same bits on every machine.
//!
//! Each reduces its argument to a short interval and evaluates a polynomial there whose coefficients minimise the
//! largest relative error (a Remez fit in extended precision, rounded to f32 one by one). `tests/elementwise.rs` prints
//! and bounds their errors.

mod constants;
mod division;
mod erf;
mod exp;
mod gamma;
mod trig;
mod wide;

use constants::Constants;

use crate::simd::{F32x4, I32x4};

pub use division::*;
pub use trig::atan2;
pub(crate) use wide::{exp as exp64, ln as ln64};
pub use wide::{hypot, pow};

/// The functions. Holds the table of their constants, which each kernel fetches once.
#[derive(Clone, Copy)]
pub struct Math {
    k: &'static Constants,
}

impl Math {
    /// The table is hidden from the optimiser: V8 rebuilds a constant vector each time round a loop with three
    /// instructions, where a load from memory takes one.
    #[inline(always)]
    pub fn new() -> Self {
        Self { k: core::hint::black_box(&constants::TABLE) }
    }

    #[inline(always)]
    pub fn zero(self) -> F32x4 {
        F32x4::zero()
    }

    #[inline(always)]
    pub fn half(self) -> F32x4 {
        F32x4::splat(self.k.half)
    }

    #[inline(always)]
    pub fn one(self) -> F32x4 {
        F32x4::splat(self.k.one)
    }

    /// |x| with the sign of `s`.
    #[inline(always)]
    fn with_sign(self, x: F32x4, s: F32x4) -> F32x4 {
        let sign = I32x4::splat(self.k.sign);
        I32x4::select(sign, s.bits(), x.bits()).as_f32()
    }

    /// −1, 0 or 1; keeps −0 and NaN.
    #[inline(always)]
    pub fn sign(self, x: F32x4) -> F32x4 {
        let one = self.with_sign(self.one(), x);
        F32x4::select(x.abs().gt(self.zero()), one, x)
    }

    /// mask ? 1 : 0
    #[inline(always)]
    pub fn indicator(self, mask: I32x4) -> F32x4 {
        (mask & self.one().bits()).as_f32()
    }
}

impl Default for Math {
    fn default() -> Self {
        Self::new()
    }
}

/// |a| with the sign of b.
#[inline(always)]
pub fn copysign(a: F32x4, b: F32x4) -> F32x4 {
    I32x4::select(I32x4::splat(i32::MIN), b.bits(), a.bits()).as_f32()
}

/// 1 / i! for i = 0, 1, …, the coefficients of eˣ. Each is the nearest number: up to 22!, factorials are exact in f64.
pub(crate) const fn inverse_factorials<const N: usize>() -> [f64; N] {
    let mut c = [1.0; N];
    let (mut factorial, mut i) = (1.0, 1);
    while i < N {
        factorial *= i as f64;
        c[i] = 1.0 / factorial;
        i += 1;
    }
    c
}

/// c[0] + c[1] x + c[2] x² + …, by Horner's rule.
#[inline(always)]
fn polynomial<const N: usize>(x: F32x4, c: &[f32; N]) -> F32x4 {
    let mut y = F32x4::splat(c[N - 1]);
    for &c in c[..N - 1].iter().rev() {
        y = y.mul_add(x, F32x4::splat(c));
    }
    y
}
