//! Products with a B that was packed beforehand.

use super::activation::Activation;
use super::geometry::{Bias, Gemm};
use super::loops::{a_workspace, depths_at_once, multiply, NR};
use super::method::DOT_ROWS;
use super::micro::Output;
use super::pack::{prepack, Packed, Strided};
use crate::cells::address;
use crate::cut::PARTS;
use core::cell::Cell;

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
        prepack::<NR>(&Strided { at: b.as_ptr(), row: csb, depth: rsb }, n, k, depths_at_once(k), panels.as_mut_ptr())
    };
}

/// Numbers of workspace that [`gemm_packed`] needs.
pub fn gemm_packed_workspace(g: &Gemm) -> usize {
    a_workspace(g.m, g.k)
}

/// Columns of a packed B.
#[derive(Clone, Copy, Debug)]
pub struct Panels<'a> {
    /// What [`gemm_pack`] has made of a B of so many columns.
    pub packed: &'a [f32],
    pub columns: usize,
    /// The first that is multiplied by, a multiple of 8.
    pub first: usize,
}

/// One product as by [`gemm`](super::gemm), to its bits, of columns of a B that [`gemm_pack`] has packed, or of some of the
/// rows of such a product. What `g` says of B's strides and of a batch is not read.
///
/// # Panics
/// If a size is 0, the first column is not that of a panel, or a slice is shorter than the geometry says.
pub fn gemm_packed(
    g: &Gemm, a: &[f32], b: Panels, c: &[Cell<f32>], bias: Bias, accumulate: bool, activation: Activation,
    workspace: &mut [f32],
) {
    let (m, n, k) = (g.m, g.n, g.k);
    assert!(m > 0 && n > 0 && k > 0, "there is nothing packed");
    assert!((PARTS || b.first == 0) && b.first.is_multiple_of(NR) && b.first + n <= b.columns, "B has no such columns");
    assert!(packed_len(k, b.columns) <= b.packed.len(), "B is too short");
    assert!((m - 1) * g.rsa + (k - 1) * g.csa < a.len(), "A is too short");
    assert!((m - 1) * g.rsc + n <= c.len(), "C is too short");
    bias.assert_fits(g);
    assert!(gemm_packed_workspace(g) <= workspace.len(), "workspace is too short");
    let out = Output { accumulate, activation, ..bias.output(address(c), g.rsc) };
    let rows = Strided { at: a.as_ptr(), row: g.rsa, depth: g.csa };
    let b = Packed { at: b.packed.as_ptr(), rows: b.columns, first: b.first };
    // SAFETY: the slices have been compared with the geometry.
    unsafe { multiply(m, n, k, &rows, &b, &out, workspace.as_mut_ptr(), core::ptr::null_mut()) };
}
