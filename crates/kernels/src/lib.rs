//! Arithmetic on slices: no allocation, no standard library.
#![no_std]

pub mod binary;
pub mod cells;
pub mod conv;
pub mod copy;
pub mod elementwise;
pub mod gemm;
pub mod index;
pub mod lanes;
pub mod limit;
pub mod math;
pub mod norm;
pub mod optim;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod rnn;
pub mod simd;
pub mod softmax;
pub mod sort;
