//! Parts of a product: some products of a batch, some rows or some columns, which are computed as in the whole, to its bits.

use super::geometry::Gemm;
use super::loops::{MR, NR};
use super::method::{Method, FEW_ROWS};
use crate::cut::Cut;
use crate::work;

/// How the whole is computed, and so each of its parts.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub method: Method,
    /// As Cᵀ ← BᵀAᵀ, of one row.
    pub transposed: bool,
}

impl Way {
    /// The operands as they are.
    pub fn by(method: Method) -> Self {
        Self { method, transposed: false }
    }
}

/// What a product is cut by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Batch,
    Rows,
    Columns,
}

/// Where a part begins in A, B, C, and in a bias of each kind, in elements.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start {
    pub a: usize,
    pub b: usize,
    pub c: usize,
    pub row: usize,
    pub column: usize,
}

/// Columns of a grain: a line of the cache, where two threads write to neighbouring parts of a row.
const LINE: usize = 2 * NR;

impl Gemm {
    /// The fastest way known. A column is computed as a row, if its elements are adjacent.
    #[inline(always)]
    pub fn way(&self) -> Way {
        let transposed = self.is_column();
        Way { method: if transposed { self.transposed() } else { *self }.method(), transposed }
    }

    /// How the work is cut where so many parts are wanted. Each packs all of B for some of the rows, and all of A for some
    /// of the columns: so the longer of the two is cut, which leaves least to pack. But few rows pack little, and each would
    /// read all of B.
    pub fn cut(&self, parts: usize) -> Cut<Dimension> {
        let rows = if self.is_column() { self.m.div_ceil(LINE) } else { self.m.div_ceil(MR) };
        let columns = self.n.div_ceil(LINE);
        let few = self.m <= FEW_ROWS && columns >= parts;
        let (by, n, grain) = if self.batch >= parts && self.sc > 0 {
            (Dimension::Batch, self.batch, 1)
        } else if few || columns * LINE / NR >= rows {
            (Dimension::Columns, self.n, LINE)
        } else {
            (Dimension::Rows, self.m, if self.is_column() { LINE } else { MR })
        };
        Cut { by, n, grain, work: work::gemm([self.batch, self.m, self.n, self.k]) }
    }

    /// Where the whole begins.
    #[inline(always)]
    pub fn whole(&self) -> Start {
        Start::default()
    }

    /// The part of n of a dimension from `first` on, and where it begins.
    pub fn part(&self, by: Dimension, first: usize, n: usize) -> (Self, Start) {
        let none = Start::default();
        match by {
            Dimension::Batch => {
                let start = Start { a: first * self.sa, b: first * self.sb, c: first * self.sc, ..none };
                (Self { batch: n, ..*self }, start)
            }
            Dimension::Rows => {
                let start = Start { a: first * self.rsa, c: first * self.rsc, column: first, ..none };
                (Self { m: n, ..*self }, start)
            }
            Dimension::Columns => (Self { n, ..*self }, Start { b: first * self.csb, c: first, row: first, ..none }),
        }
    }
}
