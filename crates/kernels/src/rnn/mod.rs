//! Recurrent layers over whole sequences, forward and backward: Elman's network, the LSTM and the GRU.
//!
//! The products with the inputs come ready, p = x Wᵢₕᵀ + b for all steps at once. What is left to a step is one product
//! of the state with Wₕₕ, which is packed once for all, and one pass over the gates. Backward, the same in the opposite
//! order; the gradients of the weights are then products over all steps, and the caller's matter.
//!
//! Sequences are [steps, batch, …], row-major. The rows of p and Wₕₕ belong to the gates, one after another.
//!
//! Rows of the batch do not know of each other, and may be computed apart, where they lie in the sequences of all.

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

use core::cell::Cell;

use crate::cells::address as output;
use crate::cut::{Cut, PARTS};
use crate::gemm::loops::MR;
use crate::work;
use weights::Weights;

/// The sizes of a sequence, or of some rows of it, and the end that it is read from.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    pub steps: usize,
    pub batch: usize,
    /// Rows from one step to the next: all, where `batch` are some of them. States have none between.
    pub apart: usize,
    pub hidden: usize,
    /// From the last step to the first.
    pub reverse: bool,
}

impl Sequence {
    /// Elements of a state [batch, hidden].
    pub fn state(&self) -> usize {
        self.batch * self.hidden
    }

    /// Elements of a sequence whose rows are `width` states wide, from its first row to its last.
    pub fn len(&self, width: usize) -> usize {
        let between = (self.apart() - self.batch) * width * self.hidden;
        (self.steps * width * self.apart() * self.hidden).saturating_sub(between)
    }

    fn apart(&self) -> usize {
        if PARTS {
            self.apart
        } else {
            self.batch
        }
    }

    /// The rows of step t of a sequence whose rows are `width` states wide.
    fn step<'a, T>(&self, x: &'a [T], t: usize, width: usize) -> &'a [T] {
        let row = width * self.hidden;
        &x[t * row * self.apart()..][..row * self.batch]
    }

    /// Whether there is nothing to compute at any step.
    pub fn is_empty(&self) -> bool {
        self.steps * self.state() == 0
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

    /// How a layer of so many gates is cut, however many parts are wanted: by rows of the batch, a tile of them each.
    pub fn cut(&self, _: usize, gates: usize) -> Cut<()> {
        let work = work::recurrence([self.steps, self.batch, gates, self.hidden]);
        Cut { by: (), n: self.batch, grain: MR, work }
    }

    /// The part of n rows from `first` on, and the elements of a state before it.
    pub fn part(&self, (): (), first: usize, n: usize) -> (Self, usize) {
        (Self { batch: n, ..*self }, first * self.hidden)
    }

    /// The elements of a state before all rows.
    #[inline(always)]
    pub fn whole(&self) -> usize {
        0
    }
}

/// Numbers of workspace that a forward pass needs: 1 gate for Elman's network, 4 for the LSTM, 3 for the GRU.
pub fn forward_workspace(s: &Sequence, gates: usize) -> usize {
    Weights::workspace(s, gates * s.hidden, s.hidden) + gates * s.state()
}

/// Numbers of workspace that a backward pass needs.
pub fn backward_workspace(s: &Sequence, gates: usize) -> usize {
    Weights::workspace(s, s.hidden, gates * s.hidden)
}

/// y = x
fn copy(x: &[Cell<f32>], y: &mut [f32]) {
    for (x, y) in x.iter().zip(y) {
        *y = x.get();
    }
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
