//! The operands of a product: sizes, strides, and the bias.

use super::micro::Output;

/// The sizes and strides, in elements, of `batch` products of A [m, k] and B [k, n] into C [m, n].
///
/// Rows are rs· apart and columns cs·, so a transpose is a swap of strides; a stride of 0 repeats an operand. C has
/// adjacent columns. Consecutive A, B and C of a batch begin sa, sb and sc apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gemm {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub rsa: usize,
    pub csa: usize,
    pub rsb: usize,
    pub csb: usize,
    pub rsc: usize,
    pub batch: usize,
    pub sa: usize,
    pub sb: usize,
    pub sc: usize,
}

/// What is added to a product.
#[derive(Clone, Copy, Debug)]
pub enum Bias<'a> {
    None,
    /// [n], added to every row.
    Row(&'a [f32]),
    /// [m], added to every column.
    Column(&'a [f32]),
}

impl Bias<'_> {
    /// The same of Cᵀ.
    pub(super) fn transposed(self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Row(x) => Self::Column(x),
            Self::Column(x) => Self::Row(x),
        }
    }

    #[inline(always)]
    pub(super) fn assert_fits(&self, g: &Gemm) {
        match self {
            Self::None => {}
            Self::Row(x) => assert!(g.n <= x.len(), "bias is too short"),
            Self::Column(x) => assert!(g.m <= x.len(), "bias is too short"),
        }
    }

    /// C ← AB + bias.
    pub(super) fn output(&self, c: *mut f32, rsc: usize) -> Output {
        let plain = Output::plain(c, rsc);
        match self {
            Self::None => plain,
            Self::Row(x) => Output { row: x.as_ptr(), ..plain },
            Self::Column(x) => Output { column: x.as_ptr(), ..plain },
        }
    }
}

impl Gemm {
    /// A column of C as a row: Cᵀ ← BᵀAᵀ, where C has one column and its elements are adjacent.
    pub(super) fn transposed(&self) -> Self {
        Self {
            m: 1,
            n: self.m,
            rsa: self.csb,
            csa: self.rsb,
            rsb: self.csa,
            csb: self.rsa,
            sa: self.sb,
            sb: self.sa,
            ..*self
        }
    }

    #[inline(always)]
    pub(super) fn is_column(&self) -> bool {
        self.n == 1 && self.m > 1 && self.rsc == 1
    }
}
