//! Convolution and its gradients where images are in the blocked layout already, before and after.

use super::block::Layout;
use super::forward::{forward, forward_workspace};
use super::grad_w::{grad_w, grad_w_workspace};
use super::grad_x::{grad_x, grad_x_workspace};
use crate::blocked::{blocked_len, IMAGES};
use crate::conv::geometry::Conv2d;
use crate::gemm::Activation;

/// Numbers of workspace that [`conv2d_blocked`] needs.
pub fn conv2d_blocked_workspace(g: &Conv2d) -> usize {
    if g.is_empty() {
        0
    } else {
        forward_workspace(g, Layout::Blocked)
    }
}

/// y = f(x ⋆ w + bias), for blocked x and y; w and bias as for `conv2d`.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_blocked(
    g: &Conv2d, x: &[f32], w: &[f32], y: &mut [f32], bias: Option<&[f32]>, activation: Activation,
    workspace: &mut [f32],
) {
    assert_fits(g, x, w, y);
    if !g.is_empty() {
        forward(g, Layout::Blocked, x, w, y, bias, activation, workspace);
        return;
    }
    let y = &mut y[..blocked_len(g.n, g.k * g.oh * g.ow)];
    for (i, y) in y.chunks_exact_mut((g.oh * g.ow).max(1) * IMAGES).enumerate() {
        y.fill(bias.map_or(0.0, |bias| bias[i % g.k]));
    }
    // SAFETY: a row of the length of y.
    unsafe { activation.apply(y.as_mut_ptr(), 0, 1, y.len()) };
}

/// Numbers of workspace that [`conv2d_blocked_grad_x`] needs.
pub fn conv2d_blocked_grad_x_workspace(g: &Conv2d) -> usize {
    if g.is_empty() {
        0
    } else {
        grad_x_workspace(g, Layout::Blocked)
    }
}

/// The gradient of the input from that of the output, both blocked.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_blocked_grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut [f32], workspace: &mut [f32]) {
    assert_fits(g, gx, w, gy);
    if g.is_empty() {
        gx[..blocked_len(g.n, g.c * g.h * g.w)].fill(0.0);
    } else {
        grad_x(g, Layout::Blocked, gy, w, gx, workspace);
    }
}

/// Numbers of workspace that [`conv2d_blocked_grad_w`] needs.
pub fn conv2d_blocked_grad_w_workspace(g: &Conv2d) -> usize {
    if g.is_empty() {
        0
    } else {
        grad_w_workspace(g, Layout::Blocked)
    }
}

/// The gradient of the weights, summed over the n images, for blocked gy and x.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_blocked_grad_w(g: &Conv2d, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    assert_fits(g, x, gw, gy);
    let gw = &mut gw[..g.w_len()];
    if g.is_empty() {
        gw.fill(0.0);
    } else {
        grad_w(g, Layout::Blocked, gy, x, gw, workspace);
    }
}

fn assert_fits(g: &Conv2d, x: &[f32], w: &[f32], y: &[f32]) {
    assert!(blocked_len(g.n, g.c * g.h * g.w) <= x.len(), "x is too short");
    assert!(g.w_len() <= w.len(), "w is too short");
    assert!(blocked_len(g.n, g.k * g.oh * g.ow) <= y.len(), "y is too short");
}
