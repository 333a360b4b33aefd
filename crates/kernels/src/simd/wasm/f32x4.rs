//! Four f32.

use core::arch::wasm32::*;
use core::ops::Neg;

use super::{F64x4, I32x4};

/// Four f32.
#[derive(Clone, Copy)]
pub struct F32x4(pub(super) v128);

impl F32x4 {
    #[inline(always)]
    pub fn zero() -> Self {
        Self(f32x4_splat(0.0))
    }

    #[inline(always)]
    pub fn splat(x: f32) -> Self {
        Self(f32x4_splat(x))
    }

    #[inline(always)]
    pub fn from_array(x: [f32; 4]) -> Self {
        Self(f32x4(x[0], x[1], x[2], x[3]))
    }

    #[inline(always)]
    pub fn to_array(self) -> [f32; 4] {
        let mut y = [0.0; 4];
        self.write(&mut y);
        y
    }

    #[inline(always)]
    pub fn read(x: &[f32; 4]) -> Self {
        // SAFETY: the reference covers 16 bytes; a v128 load needs no alignment.
        unsafe { Self::load(x.as_ptr()) }
    }

    #[inline(always)]
    pub fn write(self, y: &mut [f32; 4]) {
        // SAFETY: as in `read`.
        unsafe { self.store(y.as_mut_ptr()) }
    }

    /// # Safety
    /// p[0..4] must be readable.
    #[inline(always)]
    pub unsafe fn load(p: *const f32) -> Self {
        Self(v128_load(p.cast()))
    }

    /// All lanes = *p.
    ///
    /// # Safety
    /// p[0] must be readable.
    #[inline(always)]
    pub unsafe fn load_splat(p: *const f32) -> Self {
        Self(v128_load32_splat(p.cast()))
    }

    /// # Safety
    /// p[0..4] must be writable.
    #[inline(always)]
    pub unsafe fn store(self, p: *mut f32) {
        v128_store(p.cast(), self.0)
    }

    /// p[0..n], then zeros, for n < 4.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(never)] // seldom taken, and in every kernel
    pub unsafe fn load_few(p: *const f32, n: usize) -> Self {
        match n {
            0 => Self::zero(),
            1 => Self(v128_load32_zero(p.cast())),
            2 => Self(v128_load64_zero(p.cast())),
            _ => Self(v128_load32_lane::<2>(v128_load64_zero(p.cast()), p.add(2).cast())),
        }
    }

    /// The first n < 4 lanes to p[0..n].
    ///
    /// # Safety
    /// They must be writable.
    #[inline(never)]
    pub unsafe fn store_few(self, p: *mut f32, n: usize) {
        if n >= 2 {
            v128_store64_lane::<0>(self.0, p.cast());
        }
        match n {
            1 => v128_store32_lane::<0>(self.0, p.cast()),
            3 => v128_store32_lane::<2>(self.0, p.add(2).cast()),
            _ => {}
        }
    }

    /// Two lanes to one place, and two to another.
    ///
    /// # Safety
    /// Both must have room.
    #[inline(always)]
    pub unsafe fn store_halves(self, low: *mut f32, high: *mut f32) {
        v128_store64_lane::<0>(self.0, low.cast());
        v128_store64_lane::<1>(self.0, high.cast());
    }

    #[inline(always)]
    pub fn lane<const I: usize>(self) -> f32 {
        f32x4_extract_lane::<I>(self.0)
    }

    /// self · b + c, rounded once in the relaxed binary and twice otherwise.
    #[inline(always)]
    pub fn mul_add(self, b: Self, c: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(f32x4_relaxed_madd(self.0, b.0, c.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return self * b + c;
    }

    /// c − self · b, rounded as `mul_add`.
    #[inline(always)]
    pub fn neg_mul_add(self, b: Self, c: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(f32x4_relaxed_nmadd(self.0, b.0, c.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return c - self * b;
    }

    /// The larger; NaN if either is; −0 < 0.
    #[inline(always)]
    pub fn max(self, b: Self) -> Self {
        Self(f32x4_max(self.0, b.0))
    }

    /// The smaller; NaN if either is; −0 < 0.
    #[inline(always)]
    pub fn min(self, b: Self) -> Self {
        Self(f32x4_min(self.0, b.0))
    }

    /// self < b ? b : self, unlike `max` a cheap one; `self` if either is NaN.
    ///
    /// With `relaxed-simd` LLVM would make `relaxed_max` of the instruction, which may give either operand where one is
    /// NaN; so there it is a comparison and a selection.
    #[inline(always)]
    pub fn pmax(self, b: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self::select(self.lt(b), b, self);
        #[cfg(not(target_feature = "relaxed-simd"))]
        return Self(f32x4_pmax(self.0, b.0));
    }

    /// The larger of two numbers; of zeros with different signs, or where one is NaN, either.
    #[inline(always)]
    pub fn larger(self, b: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(f32x4_relaxed_max(self.0, b.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return self.pmax(b);
    }

    /// b < self ? b : self, unlike `min` a cheap one; `self` if either is NaN.
    #[inline(always)]
    pub fn pmin(self, b: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self::select(b.lt(self), b, self);
        #[cfg(not(target_feature = "relaxed-simd"))]
        return Self(f32x4_pmin(self.0, b.0));
    }

    #[inline(always)]
    pub fn abs(self) -> Self {
        Self(f32x4_abs(self.0))
    }

    #[inline(always)]
    pub fn sqrt(self) -> Self {
        Self(f32x4_sqrt(self.0))
    }

    #[inline(always)]
    pub fn floor(self) -> Self {
        Self(f32x4_floor(self.0))
    }

    #[inline(always)]
    pub fn ceil(self) -> Self {
        Self(f32x4_ceil(self.0))
    }

    #[inline(always)]
    pub fn trunc(self) -> Self {
        Self(f32x4_trunc(self.0))
    }

    /// The nearest integer, to even at ties.
    #[inline(always)]
    pub fn round(self) -> Self {
        Self(f32x4_nearest(self.0))
    }

    /// To integers: truncates and saturates, NaN is 0.
    #[inline(always)]
    pub fn to_i32(self) -> I32x4 {
        I32x4(i32x4_trunc_sat_f32x4(self.0))
    }

    #[inline(always)]
    pub fn bits(self) -> I32x4 {
        I32x4(self.0)
    }

    #[inline(always)]
    pub fn eq(self, b: Self) -> I32x4 {
        I32x4(f32x4_eq(self.0, b.0))
    }

    #[inline(always)]
    pub fn ne(self, b: Self) -> I32x4 {
        I32x4(f32x4_ne(self.0, b.0))
    }

    #[inline(always)]
    pub fn lt(self, b: Self) -> I32x4 {
        I32x4(f32x4_lt(self.0, b.0))
    }

    #[inline(always)]
    pub fn le(self, b: Self) -> I32x4 {
        I32x4(f32x4_le(self.0, b.0))
    }

    #[inline(always)]
    pub fn gt(self, b: Self) -> I32x4 {
        I32x4(f32x4_gt(self.0, b.0))
    }

    #[inline(always)]
    pub fn ge(self, b: Self) -> I32x4 {
        I32x4(f32x4_ge(self.0, b.0))
    }

    /// mask ? a : b, lane by lane; a mask's lanes are all ones or 0, so the relaxed instruction, a blend on x64, gives
    /// the same as the other, three bitwise operations.
    #[inline(always)]
    pub fn select(mask: I32x4, a: Self, b: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(i32x4_relaxed_laneselect(a.0, b.0, mask.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return Self(v128_bitselect(a.0, b.0, mask.0));
    }

    /// mask ? 0 : self, lane by lane.
    #[inline(always)]
    pub fn unless(self, mask: I32x4) -> Self {
        Self(v128_andnot(self.0, mask.0))
    }

    #[inline(always)]
    pub fn to_f64(self) -> F64x4 {
        let upper = self.shuffle::<2, 3, 2, 3>(self);
        F64x4([f64x2_promote_low_f32x4(self.0), f64x2_promote_low_f32x4(upper.0)])
    }

    /// Lanes A, B, C, D of [self, b]: 0 to 3 are self's, 4 to 7 b's.
    #[inline(always)]
    pub fn shuffle<const A: usize, const B: usize, const C: usize, const D: usize>(self, b: Self) -> Self {
        Self(i32x4_shuffle::<A, B, C, D>(self.0, b.0))
    }
}

impl Neg for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(f32x4_neg(self.0))
    }
}
