//! Factorisations of matrices, and systems solved by them.

use phyllo_kernels::{linalg as kernels, work};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::slices::parts;

#[wasm_bindgen]
pub fn lu(a: usize, lu: usize, pivots: usize, info: usize, batch: usize, m: usize, n: usize) {
    let k = m.min(n);
    parts! {
        batch by 1, work work::factors(batch, k, m as f32 * n as f32);
        a: input f32[batch * m * n], lu: output f32[batch * m * n],
        pivots: output i32[batch * k], info: output i32[batch];
        room = kernels::lu_workspace(m, n)
        => kernels::lu(a, lu, pivots, info, [batch, m, n], room)
    }
}

#[wasm_bindgen(js_name = "luSolve")]
#[allow(clippy::too_many_arguments)]
pub fn lu_solve(lu: usize, pivots: usize, b: usize, y: usize, batch: usize, n: usize, k: usize, transposed: u32) {
    parts! {
        batch by 1, work work::factors(2 * batch, n, n as f32 * k as f32);
        lu: input f32[batch * n * n], pivots: input i32[batch * n],
        b: input f32[batch * n * k], y: output f32[batch * n * k];
        room = kernels::solve_workspace(n, k)
        => kernels::lu_solve(lu, pivots, b, y, [batch, n, k], transposed != 0, room)
    }
}

#[wasm_bindgen(js_name = "permuteRows")]
#[allow(clippy::too_many_arguments)]
pub fn permute_rows(pivots: usize, b: usize, y: usize, batch: usize, m: usize, k: usize, count: usize, back: u32) {
    parts! {
        batch by 1, work work::each([batch, m, k], 10.0);
        pivots: input i32[batch * count], b: input f32[batch * m * k], y: output f32[batch * m * k]
        => kernels::permute_rows(pivots, b, y, [batch, m, k, count], back != 0)
    }
}

#[wasm_bindgen(js_name = "triangularSolve")]
#[allow(clippy::too_many_arguments)]
pub fn triangular_solve(
    a: usize, b: usize, y: usize, batch: usize, n: usize, k: usize, upper: u32, transposed: u32, unit: u32,
) {
    parts! {
        batch by 1, work work::factors(batch, n, n as f32 * k as f32);
        a: input f32[batch * n * n], b: input f32[batch * n * k], y: output f32[batch * n * k];
        room = kernels::solve_workspace(n, k)
        => kernels::triangular_solve(a, b, y, [batch, n, k], [upper, transposed, unit].map(|flag| flag != 0), room)
    }
}

#[wasm_bindgen]
pub fn cholesky(a: usize, l: usize, info: usize, batch: usize, n: usize) {
    parts! {
        batch by 1, work work::factors(batch, n, n as f32 * n as f32);
        a: input f32[batch * n * n], l: output f32[batch * n * n], info: output i32[batch];
        room = kernels::cholesky_workspace(n)
        => kernels::cholesky(a, l, info, [batch, n], room)
    }
}

#[wasm_bindgen]
pub fn qr(a: usize, q: usize, r: usize, batch: usize, m: usize, n: usize, columns: usize) {
    parts! {
        batch by 1, work work::factors(batch, n, 4.0 * m as f32 * n as f32);
        a: input f32[batch * m * n], q: output f32[batch * m * columns], r: output f32[batch * columns * n];
        room = kernels::qr_workspace(m, n, columns)
        => kernels::qr(a, q, r, [batch, m, n, columns], room)
    }
}

#[wasm_bindgen]
pub fn eigh(a: usize, w: usize, v: usize, info: usize, batch: usize, n: usize) {
    parts! {
        batch by 1, work work::iterations(batch, n, 10.0 * n as f32 * n as f32);
        a: input f32[batch * n * n], w: output f32[batch * n], v: optional_output f32[batch * n * n],
        info: output i32[batch];
        room = kernels::eigh_workspace(n)
        => kernels::eigh(a, w, v, info, [batch, n], room)
    }
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn svd(a: usize, u: usize, s: usize, vt: usize, info: usize, batch: usize, m: usize, n: usize, full: u32) {
    let (full, k) = (full != 0, m.min(n));
    let (p, q) = if full { (m, n) } else { (k, k) };
    parts! {
        batch by 1, work work::iterations(batch, k, 20.0 * m as f32 * n as f32);
        a: input f32[batch * m * n], u: output f32[batch * m * p], s: output f32[batch * k],
        vt: output f32[batch * q * n], info: output i32[batch];
        room = kernels::svd_workspace(m, n, full)
        => kernels::svd(a, u, s, vt, info, [batch, m, n], full, room)
    }
}

#[wasm_bindgen(js_name = "matrixExp")]
pub fn matrix_exp(a: usize, y: usize, batch: usize, n: usize) {
    parts! {
        batch by 1, work work::iterations(batch, n, 40.0 * n as f32 * n as f32);
        a: input f32[batch * n * n], y: output f32[batch * n * n];
        room = kernels::matrix_exp_workspace(n)
        => kernels::matrix_exp(a, y, [batch, n], room)
    }
}
