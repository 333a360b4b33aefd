//! Lanes in a `v128`.

mod f32x4;
mod f64x4;
mod i32x4;
mod operators;

pub use f32x4::F32x4;
pub use f64x4::F64x4;
pub use i32x4::I32x4;

/// √x, rounded correctly.
#[inline(always)]
pub fn sqrt(x: f64) -> f64 {
    use core::arch::wasm32::{f64x2_extract_lane, f64x2_splat, f64x2_sqrt};
    f64x2_extract_lane::<0>(f64x2_sqrt(f64x2_splat(x)))
}
