//! Convolutions whose weights stay the same: brought beforehand into the form that their method reads.

use super::dispatch::{forward, forward_workspace};
use super::epilogue::Epilogue;
use super::geometry::Conv2d;
use super::implicit;
use super::method::{Method, Pass};
use super::weights::{Prepared, Weights};
use super::winograd::{self, F2, F4};
use crate::gemm::Activation;
use core::cell::Cell;

/// How exact a convolution is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The bits of `conv2d`.
    Same,
    /// Winograd's F(4 × 4, 3 × 3) where it can and pays, otherwise the same: errors of 10⁻⁵ of the largest output.
    Winograd4,
}

impl Algorithm {
    /// By the contract's number: 1 is Winograd's.
    pub fn numbered(i: u32) -> Self {
        match i {
            1 => Self::Winograd4,
            _ => Self::Same,
        }
    }

    /// The method that computes it.
    pub fn method(self, g: &Conv2d) -> Method {
        match self {
            Self::Winograd4 if g.serves(Pass::Forward, Method::Winograd4) && winograd::pays4(&g.group(), g.n) => {
                Method::Winograd4
            }
            _ => g.method(Pass::Forward),
        }
    }
}

/// Numbers that prepared weights take.
pub fn prepared_len(g: &Conv2d, algorithm: Algorithm) -> usize {
    match algorithm.method(g) {
        Method::Winograd => winograd::prepared_len(F2, g),
        Method::Winograd4 => winograd::prepared_len(F4::new(), g),
        Method::Implicit => implicit::prepared_len(g),
        _ => g.w_len(),
    }
}

/// Prepares weights for [`conv2d_prepared`] of the same geometry and algorithm.
///
/// # Panics
/// If a slice is too short.
pub fn conv2d_prepare(g: &Conv2d, algorithm: Algorithm, w: &[f32], prepared: &mut [f32]) {
    let (w, prepared) = (&w[..g.w_len()], &mut prepared[..prepared_len(g, algorithm)]);
    match algorithm.method(g) {
        Method::Winograd => winograd::prepare(F2, g, w, prepared),
        Method::Winograd4 => winograd::prepare(F4::new(), g, w, prepared),
        Method::Implicit => implicit::prepare(g, w, prepared),
        _ => prepared.copy_from_slice(w),
    }
}

/// Numbers of workspace that [`conv2d_prepared`] needs, by the method of the whole.
pub fn conv2d_prepared_workspace(method: Method, g: &Conv2d) -> usize {
    forward_workspace(method, g, true)
}

/// [`conv2d`](super::dispatch::conv2d) with weights prepared for an algorithm, of which this is the method.
///
/// # Panics
/// If the method does not serve, there are no such weights, or a slice is shorter than the geometry says.
pub fn conv2d_prepared(
    method: Method, g: &Conv2d, x: &[f32], prepared: Prepared, y: &[Cell<f32>], bias: Option<&[f32]>,
    activation: Activation, workspace: &mut [f32],
) {
    assert!(g.x_len() <= x.len(), "x is too short");
    assert!(g.y_len() <= y.len(), "y is too short");
    assert!(prepared.fits(g), "there are no such weights");
    forward(method, g, x, Weights::Prepared(prepared), y, &Epilogue { bias, activation }, workspace);
}
