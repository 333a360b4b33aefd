//! The groups that are normalised, and the weights of their elements.

/// The groups, or some neighbours of them, and which weight belongs to element e: number e / step mod size.
pub struct Norm {
    pub outer: usize,
    pub n: usize,
    /// Groups from one outer index to the next: all, where `n` are some of them.
    pub apart: usize,
    pub inner: usize,
    pub size: usize,
    pub step: usize,
}

impl Norm {
    /// Row o of group c, as the range of its elements.
    #[inline(always)]
    pub(super) fn row(&self, o: usize, c: usize) -> core::ops::Range<usize> {
        let start = (o * self.apart + c) * self.inner;
        start..start + self.inner
    }

    #[inline(always)]
    pub(super) fn weight(&self, e: usize) -> usize {
        e / self.step.max(1) % self.size.max(1)
    }

    /// How many numbers a group has.
    pub(super) fn count(&self) -> f32 {
        (self.outer * self.inner) as f32
    }

    /// Whether a group is a row, whose elements have a weight each.
    pub fn has_rows(&self) -> bool {
        self.step == 1 && self.outer == 1
    }

    /// Whether a group is a column, and its weight one number.
    pub fn has_columns(&self) -> bool {
        self.inner == 1 && self.outer > 1
    }
}
