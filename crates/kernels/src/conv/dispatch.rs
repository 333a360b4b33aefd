//! Convolution and its two gradients, each by the method that is fastest for its geometry.

use super::blocked::{self, Layout};
use super::epilogue::Epilogue;
use super::geometry::Conv2d;
use super::method::{Method, Pass};
use super::planes::Planes;
use super::weights::Weights;
use super::winograd::{self, F2, F4};
use super::{direct, empty, implicit, polyphase};
use crate::gemm::Activation;
use core::cell::Cell;

/// Whether [`conv2d`] or a gradient puts such a batch into the blocked layout for itself.
pub fn conv2d_takes_blocked(g: &Conv2d, pass: Pass) -> bool {
    g.method(pass) == Method::Blocked
}

/// Numbers of workspace that [`conv2d`] needs.
pub fn conv2d_workspace(g: &Conv2d) -> usize {
    conv2d_workspace_by(g.method(Pass::Forward), g)
}

/// Numbers of workspace that [`conv2d_by`] needs.
pub fn conv2d_workspace_by(method: Method, g: &Conv2d) -> usize {
    forward_workspace(method, g, false)
}

/// y = f(x ⋆ w + bias): x [n, c, h, w], w [k, c/groups, kh, kw], bias [k], y [n, k, oh, ow].
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d(
    g: &Conv2d, x: &[f32], w: &[f32], y: &[Cell<f32>], bias: Option<&[f32]>, activation: Activation,
    workspace: &mut [f32],
) {
    conv2d_by(g.method(Pass::Forward), g, x, w, y, bias, activation, workspace);
}

/// [`conv2d`] by a method that serves.
///
/// # Panics
/// If it does not, or a slice is shorter than the geometry says.
pub fn conv2d_by(
    method: Method, g: &Conv2d, x: &[f32], w: &[f32], y: &[Cell<f32>], bias: Option<&[f32]>, activation: Activation,
    workspace: &mut [f32],
) {
    g.assert_fits(1, x.len(), w.len(), y.len());
    forward(method, g, x, Weights::Plain(w), y, &Epilogue { bias, activation }, workspace);
}

pub(super) fn forward_workspace(method: Method, g: &Conv2d, prepared: bool) -> usize {
    match method {
        Method::Blocked => blocked::forward_workspace(g, Layout::Plain),
        Method::Direct => direct::forward_workspace(g),
        Method::Winograd => winograd::forward_workspace(F2, g, prepared),
        Method::Winograd4 => winograd::forward_workspace(F4::new(), g, prepared),
        Method::Implicit => implicit::forward_workspace(g, prepared),
        _ => 0,
    }
}

pub(super) fn forward(
    method: Method, g: &Conv2d, x: &[f32], weights: Weights, y: &[Cell<f32>], epilogue: &Epilogue,
    workspace: &mut [f32],
) {
    assert!(g.serves(Pass::Forward, method), "the method does not serve");
    let y = &mut Planes::new(&y[..g.y_len()]);
    match method {
        Method::Blocked => {
            let Epilogue { bias, activation } = *epilogue;
            blocked::forward(g, Layout::Plain, x, weights.as_they_are(g), y, bias, activation, workspace);
        }
        Method::Direct => direct::forward(g, x, weights.as_they_are(g), y, epilogue, workspace),
        Method::Winograd => winograd::forward(F2, g, x, weights, y, epilogue, workspace),
        Method::Winograd4 => winograd::forward(F4::new(), g, x, weights, y, epilogue, workspace),
        Method::Implicit => implicit::forward(g, x, weights, y, epilogue, workspace),
        _ => empty::forward(g, 1, y, epilogue),
    }
}

/// Numbers of workspace that [`conv2d_grad_x`] needs.
pub fn conv2d_grad_x_workspace(g: &Conv2d) -> usize {
    conv2d_grad_x_workspace_by(g.method(Pass::GradX), g)
}

/// Numbers of workspace that [`conv2d_grad_x_by`] needs.
pub fn conv2d_grad_x_workspace_by(method: Method, g: &Conv2d) -> usize {
    match method {
        Method::Blocked => blocked::grad_x_workspace(g, Layout::Plain),
        Method::Direct => direct::grad_x_workspace(g),
        Method::Winograd => winograd::grad_x_workspace(g),
        Method::Implicit => implicit::grad_x_workspace(g),
        Method::Polyphase => polyphase::grad_x_workspace(g),
        Method::Col2im => implicit::grad_x_col2im_workspace(g),
        _ => 0,
    }
}

/// The gradient of the input from that of the output: gy [n, k, oh, ow], w [k, c/groups, kh, kw], gx [n, c, h, w].
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &[Cell<f32>], workspace: &mut [f32]) {
    conv2d_grad_x_by(g.method(Pass::GradX), g, gy, w, gx, workspace);
}

/// [`conv2d_grad_x`] by a method that serves.
///
/// # Panics
/// If it does not, or a slice is shorter than the geometry says.
pub fn conv2d_grad_x_by(method: Method, g: &Conv2d, gy: &[f32], w: &[f32], gx: &[Cell<f32>], workspace: &mut [f32]) {
    assert!(g.serves(Pass::GradX, method), "the method does not serve");
    g.assert_fits(1, gx.len(), w.len(), gy.len());
    let gx = &mut Planes::new(&gx[..g.x_len()]);
    match method {
        Method::Blocked => blocked::grad_x(g, Layout::Plain, gy, w, gx, workspace),
        Method::Direct => direct::grad_x(g, gy, w, gx, workspace),
        Method::Winograd => winograd::grad_x(g, gy, w, gx, workspace),
        Method::Implicit => implicit::grad_x(g, gy, w, gx, workspace),
        Method::Polyphase => polyphase::grad_x(g, gy, w, gx, workspace),
        Method::Col2im => implicit::grad_x_col2im(g, gy, w, gx, workspace),
        _ => empty::grad_x(g, 1, gx),
    }
}

/// Numbers of workspace that [`conv2d_grad_w`] needs.
pub fn conv2d_grad_w_workspace(g: &Conv2d) -> usize {
    conv2d_grad_w_workspace_by(g.method(Pass::GradW), g)
}

/// Numbers of workspace that [`conv2d_grad_w_by`] needs.
pub fn conv2d_grad_w_workspace_by(method: Method, g: &Conv2d) -> usize {
    match method {
        Method::Blocked => blocked::grad_w_workspace(g, Layout::Plain),
        Method::Direct => direct::grad_w_workspace(g),
        Method::Winograd => winograd::grad_w_workspace(g),
        Method::Implicit => implicit::grad_w_workspace(g),
        _ => 0,
    }
}

/// The gradient of the weights, summed over the batch: gy [n, k, oh, ow], x [n, c, h, w], gw [k, c/groups, kh, kw].
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_grad_w(g: &Conv2d, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    conv2d_grad_w_by(g.method(Pass::GradW), g, gy, x, gw, workspace);
}

/// [`conv2d_grad_w`] by a method that serves.
///
/// # Panics
/// If it does not, or a slice is shorter than the geometry says.
pub fn conv2d_grad_w_by(method: Method, g: &Conv2d, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    assert!(g.serves(Pass::GradW, method), "the method does not serve");
    g.assert_fits(1, x.len(), gw.len(), gy.len());
    let gw = &mut gw[..g.w_len()];
    match method {
        Method::Blocked => blocked::grad_w(g, Layout::Plain, gy, x, gw, workspace),
        Method::Direct => direct::grad_w(g, gy, x, gw, workspace),
        Method::Winograd => winograd::grad_w(g, gy, x, gw, workspace),
        Method::Implicit => implicit::grad_w(g, gy, x, gw, workspace),
        _ => gw.fill(0.0),
    }
}
