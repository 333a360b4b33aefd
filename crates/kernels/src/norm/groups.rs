//! The groups that are normalised, and the weights of their elements.

/// The groups, and which weight belongs to element e: number e / step mod size.
pub struct Norm {
    pub outer: usize,
    pub n: usize,
    pub inner: usize,
    pub size: usize,
    pub step: usize,
}

impl Norm {
    /// Row o of group c, as the range of its elements.
    #[inline(always)]
    pub(super) fn row(&self, o: usize, c: usize) -> core::ops::Range<usize> {
        let start = (o * self.n + c) * self.inner;
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

    /// Whether a group is a column, and its weight one number.
    pub(super) fn has_columns(&self) -> bool {
        self.inner == 1 && self.outer > 1
    }
}
