//! Four f64.

use core::arch::wasm32::*;

use super::{F32x4, I32x4};

/// Four f64, in two vectors.
#[derive(Clone, Copy)]
pub struct F64x4(pub(super) [v128; 2]);

impl F64x4 {
    #[inline(always)]
    pub(super) fn zip(self, b: Self, f: impl Fn(v128, v128) -> v128) -> Self {
        Self([f(self.0[0], b.0[0]), f(self.0[1], b.0[1])])
    }

    #[inline(always)]
    pub fn splat(x: f64) -> Self {
        Self([f64x2_splat(x); 2])
    }

    #[inline(always)]
    pub fn to_array(self) -> [f64; 4] {
        let [a, b] = self.0;
        [f64x2_extract_lane::<0>(a), f64x2_extract_lane::<1>(a), f64x2_extract_lane::<0>(b), f64x2_extract_lane::<1>(b)]
    }

    /// Rounded.
    #[inline(always)]
    pub fn to_f32(self) -> F32x4 {
        let [lower, upper] = self.0.map(|x| F32x4(f32x4_demote_f64x2_zero(x)));
        lower.shuffle::<0, 1, 4, 5>(upper)
    }

    #[inline(always)]
    pub fn sqrt(self) -> Self {
        Self(self.0.map(|x| f64x2_sqrt(x)))
    }

    /// The smaller; of NaN and a number, either.
    #[inline(always)]
    pub fn smaller(self, b: Self) -> Self {
        self.zip(b, |a, b| f64x2_pmin(a, b))
    }

    /// The larger; of NaN and a number, either.
    #[inline(always)]
    pub fn larger(self, b: Self) -> Self {
        self.zip(b, |a, b| f64x2_pmax(a, b))
    }

    /// mask ? a : b, lane by lane.
    #[inline(always)]
    pub fn select(mask: I32x4, a: Self, b: Self) -> Self {
        let masks = [mask.shuffle::<0, 0, 1, 1>(mask), mask.shuffle::<2, 2, 3, 3>(mask)];
        Self([v128_bitselect(a.0[0], b.0[0], masks[0].0), v128_bitselect(a.0[1], b.0[1], masks[1].0)])
    }

    /// The lower 32 bits of each.
    #[inline(always)]
    pub fn low_words(self) -> I32x4 {
        I32x4(i32x4_shuffle::<0, 2, 4, 6>(self.0[0], self.0[1]))
    }

    /// The upper 32 bits of each.
    #[inline(always)]
    pub fn high_words(self) -> I32x4 {
        I32x4(i32x4_shuffle::<1, 3, 5, 7>(self.0[0], self.0[1]))
    }

    /// From the lower and the upper 32 bits of each.
    #[inline(always)]
    pub fn from_words(low: I32x4, high: I32x4) -> Self {
        Self([low.shuffle::<0, 4, 1, 5>(high).0, low.shuffle::<2, 6, 3, 7>(high).0])
    }
}
