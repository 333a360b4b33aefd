//! Recurrent layers over whole sequences, forward and backward: Elman's network, the LSTM and the GRU.
//!
//! The products with the inputs come ready, p = x Wᵢₕᵀ + b for all steps at once. What is left to a step is one product
//! of the state with Wₕₕ, which is packed once for all, and one pass over the gates. Backward, the same in the opposite
//! order; the gradients of the weights are then products over all steps, and the caller's matter.
//!
//! Sequences are [steps, batch, …], row-major. The rows of p and Wₕₕ belong to the gates, one after another.

// Kernels take the arrays they work on one by one.
#![allow(clippy::too_many_arguments)]

mod elman;
mod gru;
mod lstm;
mod vectors;
mod weights;

pub use elman::{elman, elman_grad};
pub use gru::{gru, gru_grad, GRU_GATES, GRU_RESERVE};
pub use lstm::{lstm, lstm_grad, LSTM_GATES, LSTM_RESERVE};

use weights::Weights;

/// The sizes of a sequence, and the end that it is read from.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    pub steps: usize,
    pub batch: usize,
    pub hidden: usize,
    /// From the last step to the first.
    pub reverse: bool,
}

impl Sequence {
    /// Elements of a state [batch, hidden].
    pub fn state(&self) -> usize {
        self.batch * self.hidden
    }

    /// Elements of a sequence whose rows are `width` states wide.
    pub fn len(&self, width: usize) -> usize {
        self.steps * width * self.state()
    }

    /// Whether there is nothing to compute at any step.
    pub fn is_empty(&self) -> bool {
        self.len(1) == 0
    }

    /// The steps in the order in which they are computed, each with the one before.
    fn order(self) -> impl DoubleEndedIterator<Item = (usize, Option<usize>)> {
        let at = move |i: usize| if self.reverse { self.steps - 1 - i } else { i };
        (0..self.steps).map(move |i| (at(i), i.checked_sub(1).map(at)))
    }

    /// The step that is computed last.
    fn last(&self) -> usize {
        if self.reverse {
            0
        } else {
            self.steps - 1
        }
    }
}

/// Numbers of workspace that a forward pass needs: 1 gate for Elman's network, 4 for the LSTM, 3 for the GRU.
pub fn forward_workspace(s: &Sequence, gates: usize) -> usize {
    Weights::workspace(s.batch, gates * s.hidden, s.hidden) + gates * s.state()
}

/// Numbers of workspace that a backward pass needs.
pub fn backward_workspace(s: &Sequence, gates: usize) -> usize {
    Weights::workspace(s.batch, s.hidden, gates * s.hidden)
}

/// Step t of a sequence whose steps have n elements.
fn step(x: &[f32], t: usize, n: usize) -> &[f32] {
    &x[t * n..][..n]
}

fn step_mut(x: &mut [f32], t: usize, n: usize) -> &mut [f32] {
    &mut x[t * n..][..n]
}

/// y = x, or 0 where there is no x.
fn copy_or_clear(x: Option<&[f32]>, y: &mut [f32]) {
    match x {
        Some(x) => y.copy_from_slice(&x[..y.len()]),
        None => y.fill(0.0),
    }
}

/// The address of an array that may be absent.
fn address(x: Option<&[f32]>) -> *const f32 {
    x.map_or(core::ptr::null(), <[f32]>::as_ptr)
}
