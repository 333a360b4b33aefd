//! Convolution in the blocked layout: eight images side by side, [planes][rows][columns][8].
//!
//! A tile is a few filters × eight images at one pixel, read in place through a table of tap distances: nothing is
//! packed, no row ends in the middle of a vector, and no border of an image costs products in the gradient of the input.
//! That pays where few channels and filters leave matrix products too little to do, also for a batch of images that has
//! to be put into the blocked layout and back (0.13 ns a number). The layers of LeNet-5 at a batch of 64, GFLOP/s with that and in
//! `implicit`, where products of 512³ run at 29 (AMD EPYC, simd128, Node 20, on a busy machine):
//!
//!   1 → 6, 5 × 5 on 28 × 28: forward 17, 12; gradient of the weights 21, 7
//!   6 → 16, 5 × 5 on 14 × 14: forward 26, 22; gradient of the input 20, 7; of the weights 23, 19

mod block;
mod conv2d;
mod forward;
mod grad_w;
mod grad_x;
mod tile;

pub use block::Layout;
pub use conv2d::{
    conv2d_blocked, conv2d_blocked_grad_w, conv2d_blocked_grad_w_workspace, conv2d_blocked_grad_x,
    conv2d_blocked_grad_x_workspace, conv2d_blocked_workspace,
};
pub(super) use forward::{forward, forward_workspace};
pub(super) use grad_w::{grad_w, grad_w_workspace};
pub(super) use grad_x::{grad_x, grad_x_workspace};
