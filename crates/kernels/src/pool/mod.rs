//! Pooling over planes, NCHW.

// Kernels index several arrays by one variable, and take the sizes they work on one by one.
#![allow(clippy::needless_range_loop, clippy::too_many_arguments)]

mod argmax;
mod average;
mod geometry;
mod lanes;
mod max;
mod vectors;
mod windows;

pub use argmax::Tap;
pub use average::{avg_pool2d, avg_pool2d_grad, Divisor};
pub use geometry::Pool2d;
pub use lanes::{avg_pool2d_lanes, avg_pool2d_lanes_grad, max_pool2d_lanes, max_pool2d_lanes_grad};
pub use max::{max_pool2d, max_pool2d_grad, max_pool2d_take};
