//! Matrix products.

use phyllo_kernels::gemm::{self, Activation, Bias, Gemm, Panels};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::slices::parts;
#[cfg(feature = "train")]
use crate::slices::slices;

/// The elements of `batch` matrices [rows, columns], from the first to the last.
#[inline(always)]
pub(crate) fn matrices(rows: usize, columns: usize, batch: usize, row: usize, column: usize, step: usize) -> usize {
    if rows == 0 || columns == 0 || batch == 0 {
        return 0;
    }
    let reach = |n: usize, step: usize| (n - 1) as u64 * step as u64;
    dry_run::elements(reach(rows, row).saturating_add(reach(columns, column)).saturating_add(reach(batch, step)) + 1)
}

/// The elements of the products. In a dry run, whether they are apart: `batch` of them in one place would take as long, and
/// need no memory.
#[inline(always)]
fn product_len(g: &Gemm) -> usize {
    let one = matrices(g.m, g.n, 1, g.rsc, 1, 0);
    dry_run::require((g.m <= 1 || g.rsc >= g.n) && (g.batch <= 1 || g.sc >= one));
    matrices(g.m, g.n, g.batch, g.rsc, 1, g.sc)
}

fn bias_len(g: &Gemm, by: u32) -> usize {
    match by {
        1 => g.n,
        2 => g.m,
        _ => 0,
    }
}

fn bias_of(x: &[f32], by: u32) -> Bias<'_> {
    match by {
        1 => Bias::Row(x),
        2 => Bias::Column(x),
        _ => Bias::None,
    }
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn gemm(
    m: usize, n: usize, k: usize, a: usize, rsa: usize, csa: usize, b: usize, rsb: usize, csb: usize, c: usize,
    rsc: usize, batch: usize, sa: usize, sb: usize, sc: usize, bias: usize, bias_by: u32, accumulate: u32,
    activation: u32,
) {
    let g = Gemm { m, n, k, rsa, csa, rsb, csb, rsc, batch, sa, sb, sc };
    dry_run::work([batch, m, n, k]);
    let (way, activation) = (g.way(), Activation::numbered(activation));
    parts! {
        cut g by cut(), from start;
        a: input f32[matrices(g.m, k, g.batch, rsa, csa, sa)] + start.a,
        b: input f32[matrices(k, g.n, g.batch, rsb, csb, sb)] + start.b,
        c: output_cells f32[product_len(&g)] + start.c,
        bias: input f32[bias_len(&g, bias_by)] + [0, start.row, start.column][bias_by as usize];
        room = gemm::gemm_workspace_by(way, &g)
        => gemm::gemm_by(way, &g, a, b, c, bias_of(bias, bias_by), accumulate != 0, activation, room)
    }
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "gemmPackSize")]
pub fn gemm_pack_size(m: usize, k: usize, n: usize) -> usize {
    gemm::gemm_pack_len(m, k, n)
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "gemmPack")]
pub fn gemm_pack(b: usize, rsb: usize, csb: usize, k: usize, n: usize, packed: usize) {
    slices! { b: input f32[matrices(k, n, 1, rsb, csb, 0)], packed: output f32[gemm::packed_len(k, n)] }
    gemm::gemm_pack(b, rsb, csb, k, n, packed);
}

#[wasm_bindgen(js_name = "gemmPacked")]
#[allow(clippy::too_many_arguments)]
pub fn gemm_packed(
    m: usize, n: usize, k: usize, a: usize, rsa: usize, csa: usize, packed: usize, c: usize, rsc: usize, bias: usize,
    bias_by: u32, accumulate: u32, activation: u32,
) {
    let g = Gemm { m, n, k, rsa, csa, rsc, batch: 1, ..Gemm::default() };
    dry_run::work([m, n, k]);
    dry_run::size([k, n]);
    dry_run::require(gemm::gemm_pack_len(m, k, n) > 0);
    let activation = Activation::numbered(activation);
    let columns = |packed, first| Panels { packed, columns: n, first };
    parts! {
        cut g by cut(), from start;
        a: input f32[matrices(g.m, k, 1, rsa, csa, 0)] + start.a, packed: input f32[gemm::gemm_pack_len(m, k, n)],
        c: output_cells f32[product_len(&g)] + start.c,
        bias: input f32[bias_len(&g, bias_by)] + [0, start.row, start.column][bias_by as usize];
        room = gemm::gemm_packed_workspace(&g)
        => gemm::gemm_packed(
            &g, a, columns(packed, start.row), c, bias_of(bias, bias_by), accumulate != 0, activation, room,
        )
    }
}
