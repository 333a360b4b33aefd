//! General matrix multiplication: C ← f(AB [+ C] [+ bias]).
//!
//! An element of AB is summed in one of two orders. That of the tiles: in blocks of up to 400 depths, each from 0 on,
//! whose sums are then added one after another. And with B by columns and few rows that of dot products: every fourth
//! depth into one of four sums. Which one, the strides of B and the number of rows decide; so a product has the same bits
//! with B packed, and errors grow with the depths of a block and the number of blocks, or k / 4, not with k.

// Kernels index several arrays by one variable, and take the sizes they work on one by one.
#![allow(clippy::needless_range_loop, clippy::too_many_arguments)]

mod activation;
pub(crate) mod loops;
mod method;
pub(crate) mod micro;
pub(crate) mod pack;
pub(crate) mod rows;

pub use activation::Activation;
pub use method::Method;

use loops::{a_workspace, b_workspace, depths_at_once, multiply, MR, NR};
use method::DOT_ROWS;
use micro::Output;
use pack::{prepack, Packed, Strided};

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
    fn transposed(self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Row(x) => Self::Column(x),
            Self::Column(x) => Self::Row(x),
        }
    }

    #[inline(always)]
    fn assert_fits(&self, g: &Gemm) {
        match self {
            Self::None => {}
            Self::Row(x) => assert!(g.n <= x.len(), "bias is too short"),
            Self::Column(x) => assert!(g.m <= x.len(), "bias is too short"),
        }
    }

    /// C ← AB + bias.
    fn output(&self, c: *mut f32, rsc: usize) -> Output {
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

    #[inline(always)]
    fn is_column(&self) -> bool {
        self.n == 1 && self.m > 1 && self.rsc == 1
    }

    #[inline(always)]
    fn assert_fits(&self, method: Method, a: &[f32], b: &[f32], c: &[f32], bias: &Bias, workspace: &[f32]) {
        let batches = self.batch - 1;
        if self.k > 0 {
            let k = self.k - 1;
            assert!(batches * self.sa + (self.m - 1) * self.rsa + k * self.csa < a.len(), "A is too short");
            assert!(batches * self.sb + k * self.rsb + (self.n - 1) * self.csb < b.len(), "B is too short");
        }
        assert!(batches * self.sc + (self.m - 1) * self.rsc + self.n <= c.len(), "C is too short");
        bias.assert_fits(self);
        assert!(gemm_workspace_by(method, self) <= workspace.len(), "workspace is too short");
    }
}

/// Numbers of workspace that [`gemm`] needs.
#[inline(always)]
pub fn gemm_workspace(g: &Gemm) -> usize {
    let g = if g.is_column() { &g.transposed() } else { g };
    gemm_workspace_by(g.method(), g)
}

/// Numbers of workspace that [`gemm_by`] needs.
#[inline(always)]
pub fn gemm_workspace_by(method: Method, g: &Gemm) -> usize {
    a_room(method, g) + b_room(method, g)
}

/// For A by rows, or packed.
#[inline(always)]
fn a_room(method: Method, g: &Gemm) -> usize {
    match method {
        Method::Dots if g.csa == 1 => 0,
        Method::Dots => g.m * g.k,
        Method::Rows => 0,
        // All rows at a time.
        Method::InPlace => g.m.next_multiple_of(MR) * depths_at_once(g.k),
        Method::Tiles => a_workspace(g.m, g.k),
    }
}

/// For B packed, or the sums of a row.
#[inline(always)]
fn b_room(method: Method, g: &Gemm) -> usize {
    match method {
        Method::Dots => 0,
        Method::Rows => g.n.min(rows::STRIP),
        Method::InPlace => NR * depths_at_once(g.k),
        Method::Tiles => b_workspace(g.n, g.k),
    }
}

/// C ← f(AB), to AB added C if `accumulate` and a bias, for every product of the batch. k = 0 makes AB zero.
///
/// What leads to `product` is inlined: calls took 0.07 of the 0.27 µs of a plan of two small layers.
///
/// # Panics
/// If a slice is shorter than the geometry says.
#[inline(always)]
pub fn gemm(
    g: &Gemm, a: &[f32], b: &[f32], c: &mut [f32], bias: Bias, accumulate: bool, activation: Activation,
    workspace: &mut [f32],
) {
    let (g, a, b, bias) = if g.is_column() { (&g.transposed(), b, a, bias.transposed()) } else { (g, a, b, bias) };
    products(g.method(), g, a, b, c, bias, accumulate, activation, workspace);
}

/// [`gemm`] by a method that serves.
///
/// # Panics
/// If it does not, or a slice is shorter than the geometry says.
pub fn gemm_by(
    method: Method, g: &Gemm, a: &[f32], b: &[f32], c: &mut [f32], bias: Bias, accumulate: bool,
    activation: Activation, workspace: &mut [f32],
) {
    assert!(g.serves(method), "the method does not serve");
    products(method, g, a, b, c, bias, accumulate, activation, workspace);
}

#[inline(always)]
fn products(
    method: Method, g: &Gemm, a: &[f32], b: &[f32], c: &mut [f32], bias: Bias, accumulate: bool,
    activation: Activation, workspace: &mut [f32],
) {
    if g.batch == 0 || g.m == 0 || g.n == 0 {
        return;
    }
    g.assert_fits(method, a, b, c, &bias, workspace);
    for i in 0..g.batch {
        // SAFETY: `assert_fits` has compared every slice with the geometry; `transposed` describes the same elements.
        unsafe {
            let out = Output { accumulate, activation, ..bias.output(c.as_mut_ptr().add(i * g.sc), g.rsc) };
            if g.k == 0 {
                empty(g, &out);
            } else {
                product(method, g, a.as_ptr().add(i * g.sa), b.as_ptr().add(i * g.sb), &out, workspace.as_mut_ptr());
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

#[inline(never)]
unsafe fn product(method: Method, g: &Gemm, a: *const f32, b: *const f32, out: &Output, pa: *mut f32) {
    let (m, n, k) = (g.m, g.n, g.k);
    let pb = pa.add(a_room(method, g));
    let rows = Strided { at: a, lane: g.rsa, depth: g.csa };
    match method {
        Method::Dots => {
            let (a, rsa) = by_rows(g, a, pa);
            let columns = rows::columns_at_once(k);
            for j in (0..n).step_by(columns) {
                for i in 0..m {
                    let b = b.add(j * g.csb);
                    rows::dot_columns(columns.min(n - j), k, a.add(i * rsa), b, g.csb, &out.at(i, j));
                }
            }
        }
        Method::Rows => {
            for i in 0..m {
                rows::combine_rows(n, k, a.add(i * g.rsa), g.csa, b, g.rsb, &out.at(i, 0), pb);
            }
        }
        Method::InPlace => rows::multiply_in_place(m, n, k, &rows, b, g.rsb, out, pa, pb),
        Method::Tiles => multiply(m, n, k, &rows, &Strided { at: b, lane: g.csb, depth: g.rsb }, out, pa, pb),
    }
}

/// A by rows and how far apart they are: a copy in `room` where its depths are not adjacent.
unsafe fn by_rows(g: &Gemm, a: *const f32, room: *mut f32) -> (*const f32, usize) {
    if g.csa == 1 {
        return (a, g.rsa);
    }
    for i in 0..g.m {
        for p in 0..g.k {
            *room.add(i * g.k + p) = *a.add(i * g.rsa + p * g.csa);
        }
    }
    (room, g.k)
}

/// Numbers that a packed B takes, in a layout of this module's own.
pub fn packed_len(k: usize, n: usize) -> usize {
    n.next_multiple_of(NR) * k
}

/// The same for products of m rows. 0: those are as fast, or faster, with B where it lies.
pub fn gemm_pack_len(m: usize, k: usize, n: usize) -> usize {
    if m > DOT_ROWS && n > 1 {
        packed_len(k, n)
    } else {
        0
    }
}

/// Packs B [k, n], its rows rsb and its columns csb apart, for [`gemm_packed`].
///
/// # Panics
/// If a slice is shorter than the sizes say.
pub fn gemm_pack(b: &[f32], rsb: usize, csb: usize, k: usize, n: usize, packed: &mut [f32]) {
    let panels = &mut packed[..packed_len(k, n)];
    if panels.is_empty() {
        return;
    }
    assert!((k - 1) * rsb + (n - 1) * csb < b.len(), "B is too short");
    // SAFETY: the slices have been compared with the sizes.
    unsafe {
        prepack::<NR>(&Strided { at: b.as_ptr(), lane: csb, depth: rsb }, n, k, depths_at_once(k), panels.as_mut_ptr())
    };
}

/// Numbers of workspace that [`gemm_packed`] needs.
pub fn gemm_packed_workspace(g: &Gemm) -> usize {
    a_workspace(g.m, g.k)
}

/// One product as by [`gemm`], to its bits, of a B [k, n] that [`gemm_pack`] has packed, where that is worth it. What `g`
/// says of B's strides and of a batch is not read.
///
/// # Panics
/// If packing it is not worth it, or a slice is shorter than the geometry says.
pub fn gemm_packed(
    g: &Gemm, a: &[f32], packed: &[f32], c: &mut [f32], bias: Bias, accumulate: bool, activation: Activation,
    workspace: &mut [f32],
) {
    let (m, n, k) = (g.m, g.n, g.k);
    let len = gemm_pack_len(m, k, n);
    assert!(len > 0, "there is nothing packed");
    assert!(len <= packed.len(), "B is too short");
    assert!((m - 1) * g.rsa + (k - 1) * g.csa < a.len(), "A is too short");
    assert!((m - 1) * g.rsc + n <= c.len(), "C is too short");
    bias.assert_fits(g);
    assert!(gemm_packed_workspace(g) <= workspace.len(), "workspace is too short");
    let out = Output { accumulate, activation, ..bias.output(c.as_mut_ptr(), g.rsc) };
    let rows = Strided { at: a.as_ptr(), lane: g.rsa, depth: g.csa };
    let b = Packed { at: packed.as_ptr(), lanes: n };
    // SAFETY: the slices have been compared with the geometry.
    unsafe { multiply(m, n, k, &rows, &b, &out, workspace.as_mut_ptr(), core::ptr::null_mut()) };
}
