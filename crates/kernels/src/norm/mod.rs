//! Normalisation: mean and variance of groups of numbers, numbers brought to mean 0 and variance 1, and the gradient.
//!
//! x is seen as [outer, n, inner]. The numbers of one group share the middle index: outer · inner of them. One form
//! covers all: features of a sample (layer norm) are [1, samples, features], channels in groups (group norm)
//! [1, samples · groups, channels / groups · pixels], a batch (batch norm) [samples, channels, pixels].

mod forward;
mod grad;
mod groups;
mod rows;

pub use forward::{moments, normalise};
pub use grad::NormGrad;
pub use groups::Norm;
