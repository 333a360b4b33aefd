//! Four f64.

use core::array::from_fn;

use super::{F32x4, I32x4};

/// Four f64.
#[derive(Clone, Copy)]
pub struct F64x4(pub(super) [f64; 4]);

impl F64x4 {
    #[inline(always)]
    pub(super) fn zip(self, b: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self(from_fn(|i| f(self.0[i], b.0[i])))
    }

    #[inline(always)]
    pub fn splat(x: f64) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    pub fn to_array(self) -> [f64; 4] {
        self.0
    }

    /// Rounded.
    #[inline(always)]
    pub fn to_f32(self) -> F32x4 {
        F32x4(self.0.map(|x| x as f32))
    }

    #[inline(always)]
    pub fn sqrt(self) -> Self {
        Self(self.0.map(f64::sqrt))
    }

    /// The smaller; of NaN and a number, either.
    #[inline(always)]
    pub fn smaller(self, b: Self) -> Self {
        self.zip(b, |a, b| if b < a { b } else { a })
    }

    /// The larger; of NaN and a number, either.
    #[inline(always)]
    pub fn larger(self, b: Self) -> Self {
        self.zip(b, |a, b| if a < b { b } else { a })
    }

    /// mask ? a : b, lane by lane.
    #[inline(always)]
    pub fn select(mask: I32x4, a: Self, b: Self) -> Self {
        Self(from_fn(|i| if mask.0[i] != 0 { a.0[i] } else { b.0[i] }))
    }

    /// The lower 32 bits of each.
    #[inline(always)]
    pub fn low_words(self) -> I32x4 {
        I32x4(self.0.map(|x| x.to_bits() as i32))
    }

    /// The upper 32 bits of each.
    #[inline(always)]
    pub fn high_words(self) -> I32x4 {
        I32x4(self.0.map(|x| (x.to_bits() >> 32) as i32))
    }

    /// From the lower and the upper 32 bits of each.
    #[inline(always)]
    pub fn from_words(low: I32x4, high: I32x4) -> Self {
        Self(from_fn(|i| f64::from_bits(u64::from(high.0[i] as u32) << 32 | u64::from(low.0[i] as u32))))
    }
}
