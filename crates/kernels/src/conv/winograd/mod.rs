//! Winograd's F(m × m, 3 × 3) (Lavin and Gray 2015): m × m outputs of a 3 × 3 filter from a tile of s × s inputs,
//! s = m + 2, with s² products a channel instead of 9m².
//!
//!   Y = Aᵀ [Σ_d (G g_d Gᵀ) ⊙ (Bᵀ x_d B)] A
//!
//! The sums over channels of the s² elements of a tile are as many matrix products [k, c] · [c, tiles]. Lanes are four
//! tiles side by side.
//!
//! m = 2 computes what other methods do, with an error as theirs, about 10⁻⁶ of the largest output; m = 4 is faster, and
//! ten times less accurate.

mod correlate;
mod filters;
mod grad_w;
mod plan;
mod products;
mod tiles;
mod transforms;

pub(super) use correlate::{
    correlate, forward, forward_workspace, grad_x, grad_x_workspace, prepare, prepared_len, workspace,
};
pub(super) use filters::Filters;
pub(super) use grad_w::{grad_w, grad_w_fits, grad_w_pays, grad_w_workspace};
pub(super) use plan::{fits, pays, pays4};
pub(super) use transforms::{F2, F4};
