//! A dimension between others, and how work along it is cut.

use crate::cut::Cut;

/// Tensors [outer, n, inner], each with an n of its own; or parts of such: some outer indices or, where there is one, some
/// columns.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    pub outer: usize,
    pub inner: usize,
    /// Elements from one row of columns to the next: all columns, of which `inner` may be some.
    pub apart: usize,
}

/// What work along an axis is cut by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Outer,
    Columns,
}

/// Where a part begins: so many rows of columns for each of n, and so many columns.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start {
    rows: usize,
    columns: usize,
}

impl Start {
    /// The elements of a tensor of this n that lie before the part.
    #[inline(always)]
    pub fn of(&self, n: usize) -> usize {
        self.rows * n + self.columns
    }
}

/// Columns of a grain: a line of the cache.
const LINE: usize = 16;

impl Axis {
    #[inline(always)]
    pub fn new(outer: usize, inner: usize) -> Self {
        Self { outer, inner, apart: inner }
    }

    /// The elements of a tensor of this n, from the first to the last.
    #[inline(always)]
    pub fn len(&self, n: usize) -> usize {
        let rows = self.outer * n;
        if rows == 0 || self.inner == 0 {
            0
        } else {
            (rows - 1) * self.apart + self.inner
        }
    }

    /// How work is cut, however many parts are wanted: where there is one outer index, by columns.
    #[inline(never)]
    pub fn cut(&self, _: usize, work: f32) -> Cut<Dimension> {
        if self.outer == 1 {
            Cut { by: Dimension::Columns, n: self.inner, grain: LINE, work }
        } else {
            Cut { by: Dimension::Outer, n: self.outer, grain: 1, work }
        }
    }

    /// Where the whole begins.
    #[inline(always)]
    pub fn whole(&self) -> Start {
        Start::default()
    }

    /// The part of n of a dimension from `first` on, and where it begins.
    #[inline(never)]
    pub fn part(&self, by: Dimension, first: usize, n: usize) -> (Self, Start) {
        match by {
            Dimension::Outer => (Self { outer: n, ..*self }, Start { rows: first * self.apart, columns: 0 }),
            Dimension::Columns => (Self { inner: n, ..*self }, Start { rows: 0, columns: first }),
        }
    }
}
