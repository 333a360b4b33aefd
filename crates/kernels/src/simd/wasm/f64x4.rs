//! Four f64.

use core::arch::wasm32::*;

use super::F32x4;

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

    /// Rounded.
    #[inline(always)]
    pub fn to_f32(self) -> F32x4 {
        let [lower, upper] = self.0.map(|x| F32x4(f32x4_demote_f64x2_zero(x)));
        lower.shuffle::<0, 1, 4, 5>(upper)
    }
}
