//! Vectors of four lanes: WebAssembly's 128-bit instructions, or arrays where tests run natively.
//!
//! A comparison gives a mask: an [`I32x4`] whose lanes are all ones (−1) or 0. The one place where the two binaries
//! compute differently is [`F32x4::mul_add`]: with `relaxed-simd` it rounds once, otherwise twice.

// `shl` and `shr` shift all lanes by one count, which is not what the operators between vectors mean.
#![allow(clippy::should_implement_trait)]

#[cfg(not(target_arch = "wasm32"))]
mod portable;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
pub use portable::{sqrt, F32x4, F64x4, I32x4};
#[cfg(target_arch = "wasm32")]
pub use wasm::{sqrt, F32x4, F64x4, I32x4};

impl F32x4 {
    pub const LANES: usize = 4;

    /// The first four elements.
    ///
    /// # Panics
    /// If there are fewer.
    #[inline(always)]
    pub fn from_slice(x: &[f32]) -> Self {
        let x: &[f32; 4] = x.first_chunk().expect("four elements");
        Self::read(x)
    }

    /// The first of n elements at p, up to four; then zeros.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    pub unsafe fn load_partial(p: *const f32, n: usize) -> Self {
        if n >= Self::LANES {
            Self::load(p)
        } else {
            Self::load_few(p, n)
        }
    }

    /// Writes to p as many lanes as n elements have room for.
    ///
    /// # Safety
    /// They must be writable.
    #[inline(always)]
    pub unsafe fn store_partial(self, p: *mut f32, n: usize) {
        if n >= Self::LANES {
            self.store(p);
        } else {
            self.store_few(p, n);
        }
    }

    /// The first of `n` elements of `x`, up to four; then zeros.
    ///
    /// # Panics
    /// If there are fewer.
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn from_partial(x: &[f32], n: usize) -> Self {
        assert!(n <= x.len(), "so many elements");
        // SAFETY: just asserted.
        unsafe { Self::load_partial(x.as_ptr(), n) }
    }

    /// Writes as many lanes as `n` elements have room for.
    ///
    /// # Panics
    /// If there is less room.
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn write_partial(self, y: &mut [f32], n: usize) {
        assert!(n <= y.len(), "so many elements");
        // SAFETY: just asserted.
        unsafe { self.store_partial(y.as_mut_ptr(), n) };
    }

    /// (lane 0 + lane 2) + (lane 1 + lane 3).
    #[inline(always)]
    pub fn sum(self) -> f32 {
        let pairs = self + self.shuffle::<2, 3, 0, 1>(self);
        pairs.lane::<0>() + pairs.lane::<1>()
    }

    /// The transpose of a 4 × 4 block held as four rows.
    #[inline(always)]
    pub fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        let (ab0, ab1) = (a.shuffle::<0, 4, 1, 5>(b), a.shuffle::<2, 6, 3, 7>(b));
        let (cd0, cd1) = (c.shuffle::<0, 4, 1, 5>(d), c.shuffle::<2, 6, 3, 7>(d));
        [
            ab0.shuffle::<0, 1, 4, 5>(cd0),
            ab0.shuffle::<2, 3, 6, 7>(cd0),
            ab1.shuffle::<0, 1, 4, 5>(cd1),
            ab1.shuffle::<2, 3, 6, 7>(cd1),
        ]
    }
}

/// Where four elements at a time begin in n, 0 or at least 4: the last four overlap those before where 4 does not
/// divide n.
#[inline(always)]
pub fn fours(n: usize) -> impl Iterator<Item = usize> {
    (0..n).step_by(4).map(move |i| i.min(n - 4))
}

/// Where runs of `width` elements begin in n ≥ `width`: the last overlaps the one before where `width` does not divide n.
#[inline(always)]
pub fn runs(n: usize, width: usize) -> impl Iterator<Item = usize> {
    (0..n).step_by(width).map(move |i| i.min(n - width))
}
