//! General matrix multiplication: C ← f(AB [+ C] [+ bias]).

// Kernels index several arrays by one variable, and take the sizes they work on one by one.
#![allow(clippy::needless_range_loop, clippy::too_many_arguments)]

mod activation;
pub(crate) mod loops;
pub(crate) mod micro;
pub(crate) mod pack;
pub(crate) mod rows;

pub use activation::Activation;

use loops::{a_workspace, b_workspace, multiply};
use micro::Output;
use pack::Strided;

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

/// Up to so many rows, one at a time: 4 × 1024 × 1024 at 14 GFLOP/s with B by rows, where tiles in place get 9 and packing
/// B 12. (AMD EPYC, simd128, Node 20, on a busy machine: products of 512³ ran at 29.)
const SINGLE_ROWS: usize = 4;
/// The same with B by columns: 6 rows at 20, where packing gets 15; 8 at 20, where it gets 23.
const SINGLE_ROWS_BY_COLUMNS: usize = 7;
/// Up to so many rows packing B by rows costs more than it saves: 12 rows at 24 in place, where packing gets 19; 16 at
/// 25, where it gets 22.
const FEW_ROWS: usize = 16;

impl Gemm {
    /// A column of C as a row: Cᵀ ← BᵀAᵀ, where C has one column and its elements are adjacent.
    fn transposed(&self) -> Self {
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

    fn is_column(&self) -> bool {
        self.n == 1 && self.m > 1 && self.rsc == 1
    }

    fn assert_fits(&self, a: &[f32], b: &[f32], c: &[f32], bias: &Bias, workspace: &[f32]) {
        let batches = self.batch - 1;
        if self.k > 0 {
            let k = self.k - 1;
            assert!(batches * self.sa + (self.m - 1) * self.rsa + k * self.csa < a.len(), "A is too short");
            assert!(batches * self.sb + k * self.rsb + (self.n - 1) * self.csb < b.len(), "B is too short");
        }
        assert!(batches * self.sc + (self.m - 1) * self.rsc + self.n <= c.len(), "C is too short");
        match bias {
            Bias::None => {}
            Bias::Row(x) => assert!(self.n <= x.len(), "bias is too short"),
            Bias::Column(x) => assert!(self.m <= x.len(), "bias is too short"),
        }
        assert!(gemm_workspace(self) <= workspace.len(), "workspace is too short");
    }
}

/// Numbers of workspace that [`gemm`] needs.
pub fn gemm_workspace(g: &Gemm) -> usize {
    a_workspace(g.m, g.k).max(g.k) + b_workspace(g.n, g.k)
}

/// C ← f(AB), to AB added C if `accumulate` and a bias, for every product of the batch. k = 0 makes AB zero.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn gemm(
    g: &Gemm, a: &[f32], b: &[f32], c: &mut [f32], bias: Bias, accumulate: bool, activation: Activation,
    workspace: &mut [f32],
) {
    if g.batch == 0 || g.m == 0 || g.n == 0 {
        return;
    }
    g.assert_fits(a, b, c, &bias, workspace);
    let (g, a, b, bias) = if g.is_column() {
        let bias = match bias {
            Bias::Column(x) => Bias::Row(x),
            Bias::Row(x) => Bias::Column(x),
            Bias::None => Bias::None,
        };
        (&g.transposed(), b, a, bias)
    } else {
        (g, a, b, bias)
    };
    let (row, column) = match bias {
        Bias::None => (core::ptr::null(), core::ptr::null()),
        Bias::Row(x) => (x.as_ptr(), core::ptr::null()),
        Bias::Column(x) => (core::ptr::null(), x.as_ptr()),
    };
    for i in 0..g.batch {
        // SAFETY: `assert_fits` has compared every slice with the geometry; `transposed` describes the same elements.
        unsafe {
            let out = Output { c: c.as_mut_ptr().add(i * g.sc), rsc: g.rsc, accumulate, row, column, activation };
            if g.k == 0 {
                empty(g, &out);
            } else {
                product(g, a.as_ptr().add(i * g.sa), b.as_ptr().add(i * g.sb), &out, workspace.as_mut_ptr());
            }
        }
    }
}

/// The sum of no products.
unsafe fn empty(g: &Gemm, out: &Output) {
    for i in 0..g.m {
        for j in 0..g.n {
            out.put(i, j, 0.0);
        }
    }
    out.activate(g.m, g.n);
}

unsafe fn product(g: &Gemm, a: *const f32, b: *const f32, out: &Output, pa: *mut f32) {
    let (m, n, k) = (g.m, g.n, g.k);
    let pb = pa.add(a_workspace(m, k).max(k));
    let rows = Strided { at: a, lane: g.rsa, depth: g.csa };
    let columns = Strided { at: b, lane: g.csb, depth: g.rsb };
    if m <= SINGLE_ROWS && g.csb == 1 {
        for i in 0..m {
            rows::combine_rows(n, k, a.add(i * g.rsa), g.csa, b, g.rsb, &out.at(i, 0));
        }
    } else if m <= SINGLE_ROWS_BY_COLUMNS && g.rsb == 1 {
        for i in 0..m {
            let x = contiguous(a.add(i * g.rsa), g.csa, k, pa);
            rows::dot_columns(n, k, x, b, g.csb, &out.at(i, 0));
        }
    } else if m <= FEW_ROWS && g.csb == 1 {
        rows::multiply_in_place(m, n, k, &rows, b, g.rsb, out, pa, pb);
    } else {
        multiply(m, n, k, &rows, &columns, out, pa, pb);
    }
}

/// k numbers `stride` apart, moved together into `scratch` where they are not adjacent.
unsafe fn contiguous(x: *const f32, stride: usize, k: usize, scratch: *mut f32) -> *const f32 {
    if stride == 1 {
        return x;
    }
    for p in 0..k {
        *scratch.add(p) = *x.add(p * stride);
    }
    scratch
}
