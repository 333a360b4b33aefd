//! What a correlation does to an output before it is stored.

use crate::gemm::Activation;
use core::ops::Range;

/// y ← f(y + bias)
#[derive(Clone, Copy)]
pub(super) struct Epilogue<'a> {
    /// One number a filter.
    pub bias: Option<&'a [f32]>,
    pub activation: Activation,
}

impl Epilogue<'_> {
    pub const NONE: Self = Epilogue { bias: None, activation: Activation::None };

    /// The part for some of the filters.
    pub fn of(&self, filters: Range<usize>) -> Self {
        Self { bias: self.bias.map(|bias| &bias[filters]), ..*self }
    }

    /// The bias of a filter, or 0.
    pub fn bias(&self, filter: usize) -> f32 {
        self.bias.map_or(0.0, |bias| bias[filter])
    }

    /// y ← f(y), where the bias is in it.
    pub fn activate(&self, y: &mut [f32]) {
        // SAFETY: one row of the length of y.
        unsafe { self.activation.apply(y.as_mut_ptr(), 0, 1, y.len()) };
    }
}
