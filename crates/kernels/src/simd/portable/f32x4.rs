//! Four f32.

use core::array::from_fn;
use core::ops::Neg;

use super::{F64x4, I32x4};

/// Four f32.
#[derive(Clone, Copy)]
pub struct F32x4(pub(super) [f32; 4]);

impl F32x4 {
    #[inline(always)]
    pub(super) fn map(self, f: impl Fn(f32) -> f32) -> Self {
        Self(self.0.map(f))
    }

    #[inline(always)]
    pub(super) fn zip(self, b: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(from_fn(|i| f(self.0[i], b.0[i])))
    }

    #[inline(always)]
    pub(super) fn compare(self, b: Self, f: impl Fn(f32, f32) -> bool) -> I32x4 {
        I32x4(from_fn(|i| -i32::from(f(self.0[i], b.0[i]))))
    }

    #[inline(always)]
    pub fn zero() -> Self {
        Self([0.0; 4])
    }

    #[inline(always)]
    pub fn splat(x: f32) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    pub fn from_array(x: [f32; 4]) -> Self {
        Self(x)
    }

    #[inline(always)]
    pub fn to_array(self) -> [f32; 4] {
        self.0
    }

    #[inline(always)]
    pub fn read(x: &[f32; 4]) -> Self {
        Self(*x)
    }

    #[inline(always)]
    pub fn write(self, y: &mut [f32; 4]) {
        *y = self.0;
    }

    /// # Safety
    /// p[0..4] must be readable.
    #[inline(always)]
    pub unsafe fn load(p: *const f32) -> Self {
        Self(p.cast::<[f32; 4]>().read())
    }

    /// All lanes = *p.
    ///
    /// # Safety
    /// p[0] must be readable.
    #[inline(always)]
    pub unsafe fn load_splat(p: *const f32) -> Self {
        Self([*p; 4])
    }

    /// # Safety
    /// p[0..4] must be writable.
    #[inline(always)]
    pub unsafe fn store(self, p: *mut f32) {
        p.cast::<[f32; 4]>().write(self.0)
    }

    /// p[0..n], then zeros, for n < 4.
    ///
    /// # Safety
    /// They must be readable.
    pub unsafe fn load_few(p: *const f32, n: usize) -> Self {
        let mut lanes = [0.0; 4];
        p.copy_to_nonoverlapping(lanes.as_mut_ptr(), n);
        Self(lanes)
    }

    /// The first n < 4 lanes to p[0..n].
    ///
    /// # Safety
    /// They must be writable.
    pub unsafe fn store_few(self, p: *mut f32, n: usize) {
        p.copy_from_nonoverlapping(self.0.as_ptr(), n);
    }

    /// Two lanes to one place, and two to another.
    ///
    /// # Safety
    /// Both must have room.
    pub unsafe fn store_halves(self, low: *mut f32, high: *mut f32) {
        let [a, b, c, d] = self.0;
        low.cast::<[f32; 2]>().write_unaligned([a, b]);
        high.cast::<[f32; 2]>().write_unaligned([c, d]);
    }

    #[inline(always)]
    pub fn lane<const I: usize>(self) -> f32 {
        self.0[I]
    }

    /// self · b + c, rounded twice.
    #[inline(always)]
    pub fn mul_add(self, b: Self, c: Self) -> Self {
        self * b + c
    }

    /// c − self · b, rounded as `mul_add`.
    #[inline(always)]
    pub fn neg_mul_add(self, b: Self, c: Self) -> Self {
        c - self * b
    }

    /// The larger; NaN if either is; −0 < 0.
    #[inline(always)]
    pub fn max(self, b: Self) -> Self {
        self.zip(b, |x, y| match x.partial_cmp(&y) {
            None => x + y,
            Some(core::cmp::Ordering::Greater) => x,
            Some(core::cmp::Ordering::Less) => y,
            Some(core::cmp::Ordering::Equal) => f32::from_bits(x.to_bits() & y.to_bits()),
        })
    }

    /// The smaller; NaN if either is; −0 < 0.
    #[inline(always)]
    pub fn min(self, b: Self) -> Self {
        -(-self).max(-b)
    }

    /// self < b ? b : self; `self` if either is NaN.
    #[inline(always)]
    pub fn pmax(self, b: Self) -> Self {
        self.zip(b, |x, y| if x < y { y } else { x })
    }

    /// The larger of two numbers; of zeros with different signs, or where one is NaN, either.
    #[inline(always)]
    pub fn larger(self, b: Self) -> Self {
        self.pmax(b)
    }

    /// b < self ? b : self; `self` if either is NaN.
    #[inline(always)]
    pub fn pmin(self, b: Self) -> Self {
        self.zip(b, |x, y| if y < x { y } else { x })
    }

    #[inline(always)]
    pub fn abs(self) -> Self {
        self.map(f32::abs)
    }

    #[inline(always)]
    pub fn sqrt(self) -> Self {
        self.map(f32::sqrt)
    }

    #[inline(always)]
    pub fn floor(self) -> Self {
        self.map(f32::floor)
    }

    #[inline(always)]
    pub fn ceil(self) -> Self {
        self.map(f32::ceil)
    }

    #[inline(always)]
    pub fn trunc(self) -> Self {
        self.map(f32::trunc)
    }

    /// The nearest integer, to even at ties.
    #[inline(always)]
    pub fn round(self) -> Self {
        self.map(f32::round_ties_even)
    }

    /// To integers: truncates and saturates, NaN is 0.
    #[inline(always)]
    pub fn to_i32(self) -> I32x4 {
        I32x4(self.0.map(|x| x as i32))
    }

    #[inline(always)]
    pub fn bits(self) -> I32x4 {
        I32x4(self.0.map(|x| x.to_bits() as i32))
    }

    #[inline(always)]
    pub fn eq(self, b: Self) -> I32x4 {
        self.compare(b, |x, y| x == y)
    }

    #[inline(always)]
    pub fn ne(self, b: Self) -> I32x4 {
        self.compare(b, |x, y| x != y)
    }

    #[inline(always)]
    pub fn lt(self, b: Self) -> I32x4 {
        self.compare(b, |x, y| x < y)
    }

    #[inline(always)]
    pub fn le(self, b: Self) -> I32x4 {
        self.compare(b, |x, y| x <= y)
    }

    #[inline(always)]
    pub fn gt(self, b: Self) -> I32x4 {
        self.compare(b, |x, y| x > y)
    }

    #[inline(always)]
    pub fn ge(self, b: Self) -> I32x4 {
        self.compare(b, |x, y| x >= y)
    }

    /// mask ? a : b, lane by lane.
    #[inline(always)]
    pub fn select(mask: I32x4, a: Self, b: Self) -> Self {
        I32x4::select(mask, a.bits(), b.bits()).as_f32()
    }

    /// mask ? 0 : self, lane by lane.
    #[inline(always)]
    pub fn unless(self, mask: I32x4) -> Self {
        (self.bits() & !mask).as_f32()
    }

    #[inline(always)]
    pub fn to_f64(self) -> F64x4 {
        F64x4(self.0.map(f64::from))
    }

    /// Lanes A, B, C, D of [self, b]: 0 to 3 are self's, 4 to 7 b's.
    #[inline(always)]
    pub fn shuffle<const A: usize, const B: usize, const C: usize, const D: usize>(self, b: Self) -> Self {
        Self([A, B, C, D].map(|i| if i < 4 { self.0[i] } else { b.0[i - 4] }))
    }
}

impl Neg for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(f32::neg)
    }
}
