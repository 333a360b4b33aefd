//! Arithmetic on slices: no allocation, no standard library.
#![no_std]

/// Without messages, which nobody could read.
#[cfg(feature = "small")]
macro_rules! assert {
    ($fits:expr $(, $($message:tt)+)?) => {
        if !$fits {
            $crate::fail()
        }
    };
}

#[cfg(feature = "small")]
#[cold]
const fn fail() -> ! {
    panic!()
}

pub mod axis;
pub mod binary;
pub mod blocked;
pub mod cells;
pub mod conv;
pub mod convert;
pub mod copy;
pub mod cut;
pub mod elementwise;
pub mod extremes;
pub mod gemm;
pub mod index;
pub mod limit;
pub mod linalg;
pub mod math;
pub mod norm;
pub mod nrm2;
pub mod optim;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod rnn;
pub mod simd;
pub mod softmax;
pub mod sort;
pub mod variates;
pub mod work;
