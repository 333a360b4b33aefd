//! Lanes in an array: what the instructions of `wasm.rs` mean, for native tests.

extern crate std;

mod f32x4;
mod f64x4;
mod i32x4;
mod operators;

pub use f32x4::F32x4;
pub use f64x4::F64x4;
pub use i32x4::I32x4;

pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}
