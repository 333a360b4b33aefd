//! Pooling over planes, NCHW.

// Kernels index several arrays by one variable, and take the sizes they work on one by one.
#![allow(clippy::needless_range_loop, clippy::too_many_arguments)]

mod argmax;
mod average;
mod blocked;
mod geometry;
mod max;
mod vectors;
mod windows;

pub use argmax::Tap;
pub use average::{avg_pool2d, avg_pool2d_grad, Divisor};
pub use blocked::{avg_pool2d_blocked, avg_pool2d_blocked_grad, max_pool2d_blocked, max_pool2d_blocked_grad};
pub use geometry::Pool2d;
pub use max::{max_pool2d, max_pool2d_grad, max_pool2d_take};
