//! Products with a B that was packed beforehand.

use super::activation::Activation;
use super::geometry::{Bias, Gemm};
use super::loops::{a_workspace, depths_at_once, multiply, NR};
use super::method::DOT_ROWS;
use super::micro::Output;
use super::pack::{prepack, Packed, Strided};

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

/// One product as by [`gemm`](super::gemm), to its bits, of a B [k, n] that [`gemm_pack`] has packed, where that is worth it. What `g`
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
    let rows = Strided { at: a.as_ptr(), row: g.rsa, depth: g.csa };
    let b = Packed { at: packed.as_ptr(), rows: n };
    // SAFETY: the slices have been compared with the geometry.
    unsafe { multiply(m, n, k, &rows, &b, &out, workspace.as_mut_ptr(), core::ptr::null_mut()) };
}
