//! 2-D convolution, NCHW, and its two gradients.

// Kernels index several arrays by one variable, and take the sizes they work on one by one.
#![allow(clippy::needless_range_loop, clippy::too_many_arguments)]

mod blocked;
mod direct;
mod dispatch;
mod empty;
mod epilogue;
mod geometry;
mod image;
mod implicit;
mod method;
#[cfg(feature = "parts")]
mod parts;
mod patches;
mod planes;
mod polyphase;
mod prepared;
mod weights;
mod winograd;
mod workspace;

pub use blocked::{
    conv2d_blocked, conv2d_blocked_grad_w, conv2d_blocked_grad_w_workspace, conv2d_blocked_grad_x,
    conv2d_blocked_grad_x_workspace, conv2d_blocked_workspace, Layout,
};
pub use dispatch::{
    conv2d, conv2d_by, conv2d_grad_w, conv2d_grad_w_by, conv2d_grad_w_workspace, conv2d_grad_w_workspace_by,
    conv2d_grad_x, conv2d_grad_x_by, conv2d_grad_x_workspace, conv2d_grad_x_workspace_by, conv2d_takes_blocked,
    conv2d_workspace, conv2d_workspace_by,
};
pub use geometry::{Conv2d, Start};
pub use method::{Method, Pass};
#[cfg(feature = "parts")]
pub use parts::Dimension;
pub use prepared::{conv2d_prepare, conv2d_prepared, conv2d_prepared_workspace, prepared_len, Algorithm};
pub use weights::Prepared;
