//! Arithmetic on slices: no allocation, no standard library.
#![no_std]

pub mod simd;
