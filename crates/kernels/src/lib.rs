//! Arithmetic on slices: no allocation, no standard library.
#![no_std]

pub mod conv;
pub mod gemm;
pub mod simd;
