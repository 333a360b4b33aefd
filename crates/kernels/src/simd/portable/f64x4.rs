//! Four f64.

use core::array::from_fn;

use super::F32x4;

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

    /// Rounded.
    #[inline(always)]
    pub fn to_f32(self) -> F32x4 {
        F32x4(self.0.map(|x| x as f32))
    }
}
