//! Four i32, or a mask.

use core::array::from_fn;
use core::ops::Not;

use super::{F32x4, F64x4};

/// Four i32, or a mask.
#[derive(Clone, Copy)]
pub struct I32x4(pub(super) [i32; 4]);

impl I32x4 {
    #[inline(always)]
    pub(super) fn map(self, f: impl Fn(i32) -> i32) -> Self {
        Self(self.0.map(f))
    }

    #[inline(always)]
    pub(super) fn zip(self, b: Self, f: impl Fn(i32, i32) -> i32) -> Self {
        Self(from_fn(|i| f(self.0[i], b.0[i])))
    }

    #[inline(always)]
    pub fn splat(x: i32) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    pub fn from_array(x: [i32; 4]) -> Self {
        Self(x)
    }

    #[inline(always)]
    pub fn to_array(self) -> [i32; 4] {
        self.0
    }

    #[inline(always)]
    pub fn read(x: &[i32; 4]) -> Self {
        Self(*x)
    }

    #[inline(always)]
    pub fn write(self, y: &mut [i32; 4]) {
        *y = self.0;
    }

    /// Four bytes, each widened with zeros.
    #[inline(always)]
    pub fn read_u8(x: &[u8; 4]) -> Self {
        Self(x.map(i32::from))
    }

    /// The lanes, each 0 to 255, as bytes.
    #[inline(always)]
    pub fn write_u8(self, y: &mut [u8; 4]) {
        *y = self.0.map(|x| x as u8);
    }

    #[inline(always)]
    pub fn lane<const I: usize>(self) -> i32 {
        self.0[I]
    }

    #[inline(always)]
    pub fn to_f32(self) -> F32x4 {
        F32x4(self.0.map(|x| x as f32))
    }

    #[inline(always)]
    pub fn to_f64(self) -> F64x4 {
        F64x4(self.0.map(f64::from))
    }

    /// Whether any bit is set.
    #[inline(always)]
    pub fn any(self) -> bool {
        self.0 != [0; 4]
    }

    /// The lanes taken as the bits of floats.
    #[inline(always)]
    pub fn as_f32(self) -> F32x4 {
        F32x4(self.0.map(|x| f32::from_bits(x as u32)))
    }

    #[inline(always)]
    pub fn shl(self, n: u32) -> Self {
        self.map(|x| x.wrapping_shl(n))
    }

    /// Keeps the sign.
    #[inline(always)]
    pub fn shr(self, n: u32) -> Self {
        self.map(|x| x.wrapping_shr(n))
    }

    /// Shifts zeros in.
    #[inline(always)]
    pub fn shr_unsigned(self, n: u32) -> Self {
        self.map(|x| (x as u32).wrapping_shr(n) as i32)
    }

    /// The low and high words of the 64-bit products, the lanes taken as unsigned.
    #[inline(always)]
    pub fn mul_wide_unsigned(self, b: Self) -> (Self, Self) {
        let product = |x: i32, y: i32| u64::from(x as u32) * u64::from(y as u32);
        (self.zip(b, |x, y| product(x, y) as i32), self.zip(b, |x, y| (product(x, y) >> 32) as i32))
    }

    #[inline(always)]
    pub fn max(self, b: Self) -> Self {
        self.zip(b, i32::max)
    }

    #[inline(always)]
    pub fn min(self, b: Self) -> Self {
        self.zip(b, i32::min)
    }

    #[inline(always)]
    pub fn eq(self, b: Self) -> Self {
        self.zip(b, |x, y| -i32::from(x == y))
    }

    #[inline(always)]
    pub fn lt(self, b: Self) -> Self {
        self.zip(b, |x, y| -i32::from(x < y))
    }

    #[inline(always)]
    pub fn gt(self, b: Self) -> Self {
        self.zip(b, |x, y| -i32::from(x > y))
    }

    /// mask ? a : b, bit by bit.
    #[inline(always)]
    pub fn select(mask: Self, a: Self, b: Self) -> Self {
        (a & mask) | (b & !mask)
    }

    /// Lanes A, B, C, D of [self, b]: 0 to 3 are self's, 4 to 7 b's.
    #[inline(always)]
    pub fn shuffle<const A: usize, const B: usize, const C: usize, const D: usize>(self, b: Self) -> Self {
        Self([A, B, C, D].map(|i| if i < 4 { self.0[i] } else { b.0[i - 4] }))
    }
}

impl Not for I32x4 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        self.map(i32::not)
    }
}
