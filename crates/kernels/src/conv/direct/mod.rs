//! Convolution straight from a padded copy of the image: nothing is packed but the filters.
//!
//! Neighbouring outputs of a row are lanes; their taps are vector loads at distances that a table gives, or, with 3 × 3
//! filters of one plane, three loads a row of the image that serve three rows of outputs. That pays for groups of few
//! channels and filters, depthwise convolution above all, where matrix products have a handful of rows and columns.
//!
//! GFLOP/s here and in `implicit` of 3 × 3 filters of one plane, where multiply-adds in registers reach 44 (AMD EPYC,
//! simd128, Node 20, on a busy machine):
//!
//!   32 planes of 112 × 112: forward 20, 2.4; gradient of the input 21, 2.5; of the weights 14, 1.3
//!   512 planes of 14 × 14: forward 12, 1.9;  64 of 112 × 112, stride 2: forward 8, 1.7
//!   32 groups of 4 planes and filters on 28 × 28: forward 23, 17; gradient of the weights 23, 12

mod forward;
mod grad_w;
mod strips;

pub(super) use forward::{forward, forward_workspace, grad_x, grad_x_workspace};
pub(super) use grad_w::{grad_w, grad_w_workspace};
#[cfg(feature = "parts")]
pub(super) use strips::fits as walks_strips;
