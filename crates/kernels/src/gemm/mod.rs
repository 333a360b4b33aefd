//! General matrix multiplication: C ← f(AB [+ C] [+ bias]).
//!
//! An element of AB is summed in one of two orders. That of the tiles: in blocks of up to 400 depths, each from 0 on,
//! whose sums are then added one after another. And with B by columns and few rows that of dot products: every fourth
//! depth into one of four sums. Which one, the strides of B and the number of rows decide; so a product has the same bits
//! with B packed, and errors grow with the depths of a block and the number of blocks, or k / 4, not with k.

// Kernels index several arrays by one variable, and take the sizes they work on one by one.
#![allow(clippy::needless_range_loop, clippy::too_many_arguments)]

mod activation;
mod geometry;
pub(crate) mod loops;
mod method;
pub(crate) mod micro;
pub(crate) mod pack;
mod packed;
mod parts;
mod product;
pub(crate) mod rows;

pub use activation::Activation;
pub use geometry::{Bias, Gemm};
pub use method::Method;
pub use packed::{gemm_pack, gemm_pack_len, gemm_packed, gemm_packed_workspace, packed_len, Panels};
pub use parts::{Dimension, Start, Way};
pub use product::{gemm, gemm_by, gemm_workspace, gemm_workspace_by};
