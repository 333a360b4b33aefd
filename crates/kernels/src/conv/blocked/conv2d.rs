//! Convolution and its gradients where images are in the blocked layout already, before and after.

use super::block::Layout;
use super::forward::{forward, forward_workspace};
use super::grad_w::{grad_w, grad_w_workspace};
use super::grad_x::{grad_x, grad_x_workspace};
use crate::blocked::IMAGES;
use crate::conv::empty;
use crate::conv::epilogue::Epilogue;
use crate::conv::geometry::Conv2d;
use crate::conv::planes::Planes;
use crate::gemm::Activation;
use core::cell::Cell;

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
    g: &Conv2d, x: &[f32], w: &[f32], y: &[Cell<f32>], bias: Option<&[f32]>, activation: Activation,
    workspace: &mut [f32],
) {
    g.assert_fits(IMAGES, x.len(), w.len(), y.len());
    let y = &mut Planes::new(y);
    if g.is_empty() {
        empty::forward(g, IMAGES, y, &Epilogue { bias, activation });
    } else {
        forward(g, Layout::Blocked, x, w, y, bias, activation, workspace);
    }
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
pub fn conv2d_blocked_grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &[Cell<f32>], workspace: &mut [f32]) {
    g.assert_fits(IMAGES, gx.len(), w.len(), gy.len());
    let gx = &mut Planes::new(gx);
    if g.is_empty() {
        empty::grad_x(g, IMAGES, gx);
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
    g.assert_fits(IMAGES, x.len(), gw.len(), gy.len());
    let gw = &mut gw[..g.w_len()];
    if g.is_empty() {
        gw.fill(0.0);
    } else {
        grad_w(g, Layout::Blocked, gy, x, gw, workspace);
    }
}
