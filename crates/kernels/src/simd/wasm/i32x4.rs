//! Four i32, or a mask.

use core::arch::wasm32::*;
use core::ops::Not;

use super::{F32x4, F64x4};

/// Four i32, or a mask.
#[derive(Clone, Copy)]
pub struct I32x4(pub(super) v128);

impl I32x4 {
    #[inline(always)]
    pub fn splat(x: i32) -> Self {
        Self(i32x4_splat(x))
    }

    #[inline(always)]
    pub fn from_array(x: [i32; 4]) -> Self {
        Self(i32x4(x[0], x[1], x[2], x[3]))
    }

    #[inline(always)]
    pub fn to_array(self) -> [i32; 4] {
        let mut y = [0; 4];
        self.write(&mut y);
        y
    }

    #[inline(always)]
    pub fn read(x: &[i32; 4]) -> Self {
        // SAFETY: the reference covers 16 bytes; a v128 load needs no alignment.
        Self(unsafe { v128_load(x.as_ptr().cast()) })
    }

    #[inline(always)]
    pub fn write(self, y: &mut [i32; 4]) {
        // SAFETY: as in `read`.
        unsafe { v128_store(y.as_mut_ptr().cast(), self.0) }
    }

    /// Four bytes, each widened with zeros.
    #[inline(always)]
    pub fn read_u8(x: &[u8; 4]) -> Self {
        // SAFETY: the reference covers 4 bytes.
        let bytes = unsafe { v128_load32_zero(x.as_ptr().cast()) };
        Self(u32x4_extend_low_u16x8(u16x8_extend_low_u8x16(bytes)))
    }

    /// The lanes, each 0 to 255, as bytes.
    #[inline(always)]
    pub fn write_u8(self, y: &mut [u8; 4]) {
        let words = i16x8_narrow_i32x4(self.0, self.0);
        let bytes = u8x16_narrow_i16x8(words, words);
        // SAFETY: the reference covers 4 bytes.
        unsafe { v128_store32_lane::<0>(bytes, y.as_mut_ptr().cast()) }
    }

    #[inline(always)]
    pub fn lane<const I: usize>(self) -> i32 {
        i32x4_extract_lane::<I>(self.0)
    }

    #[inline(always)]
    pub fn to_f32(self) -> F32x4 {
        F32x4(f32x4_convert_i32x4(self.0))
    }

    #[inline(always)]
    pub fn to_f64(self) -> F64x4 {
        let upper = self.shuffle::<2, 3, 2, 3>(self);
        F64x4([f64x2_convert_low_i32x4(self.0), f64x2_convert_low_i32x4(upper.0)])
    }

    /// Whether any bit is set.
    #[inline(always)]
    pub fn any(self) -> bool {
        v128_any_true(self.0)
    }

    /// The lanes taken as the bits of floats.
    #[inline(always)]
    pub fn as_f32(self) -> F32x4 {
        F32x4(self.0)
    }

    #[inline(always)]
    pub fn shl(self, n: u32) -> Self {
        Self(i32x4_shl(self.0, n))
    }

    /// Keeps the sign.
    #[inline(always)]
    pub fn shr(self, n: u32) -> Self {
        Self(i32x4_shr(self.0, n))
    }

    /// Shifts zeros in.
    #[inline(always)]
    pub fn shr_unsigned(self, n: u32) -> Self {
        Self(u32x4_shr(self.0, n))
    }

    /// The low and high words of the 64-bit products, the lanes taken as unsigned.
    #[inline(always)]
    pub fn mul_wide_unsigned(self, b: Self) -> (Self, Self) {
        let low = u64x2_extmul_low_u32x4(self.0, b.0);
        let high = u64x2_extmul_high_u32x4(self.0, b.0);
        (Self(i32x4_shuffle::<0, 2, 4, 6>(low, high)), Self(i32x4_shuffle::<1, 3, 5, 7>(low, high)))
    }

    #[inline(always)]
    pub fn max(self, b: Self) -> Self {
        Self(i32x4_max(self.0, b.0))
    }

    #[inline(always)]
    pub fn min(self, b: Self) -> Self {
        Self(i32x4_min(self.0, b.0))
    }

    #[inline(always)]
    pub fn eq(self, b: Self) -> Self {
        Self(i32x4_eq(self.0, b.0))
    }

    #[inline(always)]
    pub fn lt(self, b: Self) -> Self {
        Self(i32x4_lt(self.0, b.0))
    }

    #[inline(always)]
    pub fn gt(self, b: Self) -> Self {
        Self(i32x4_gt(self.0, b.0))
    }

    /// mask ? a : b, bit by bit.
    #[inline(always)]
    pub fn select(mask: Self, a: Self, b: Self) -> Self {
        Self(v128_bitselect(a.0, b.0, mask.0))
    }

    /// Lanes A, B, C, D of [self, b]: 0 to 3 are self's, 4 to 7 b's.
    #[inline(always)]
    pub fn shuffle<const A: usize, const B: usize, const C: usize, const D: usize>(self, b: Self) -> Self {
        Self(i32x4_shuffle::<A, B, C, D>(self.0, b.0))
    }
}

impl Not for I32x4 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Self(v128_not(self.0))
    }
}
