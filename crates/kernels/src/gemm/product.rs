//! Products by the method that is fastest for their sizes.

use super::activation::Activation;
use super::geometry::{Bias, Gemm};
use super::loops::{a_workspace, b_workspace, depths_at_once, multiply, MR, NR};
use super::method::Method;
use super::micro::Output;
use super::pack::Strided;
use super::parts::Way;
use super::rows;
use crate::cells::address;
use core::cell::Cell;

/// Numbers of workspace that [`gemm`] needs.
#[inline(always)]
pub fn gemm_workspace(g: &Gemm) -> usize {
    gemm_workspace_by(g.way(), g)
}

/// Numbers of workspace that [`gemm_by`] needs.
#[inline(always)]
pub fn gemm_workspace_by(way: Way, g: &Gemm) -> usize {
    let g = if way.transposed { &g.transposed() } else { g };
    room(way.method, g)
}

#[inline(always)]
fn room(method: Method, g: &Gemm) -> usize {
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

#[inline(always)]
fn assert_fits(g: &Gemm, method: Method, a: &[f32], b: &[f32], c: &[Cell<f32>], bias: &Bias, workspace: &[f32]) {
    let batches = g.batch - 1;
    if g.k > 0 {
        let k = g.k - 1;
        assert!(batches * g.sa + (g.m - 1) * g.rsa + k * g.csa < a.len(), "A is too short");
        assert!(batches * g.sb + k * g.rsb + (g.n - 1) * g.csb < b.len(), "B is too short");
    }
    assert!(batches * g.sc + (g.m - 1) * g.rsc + g.n <= c.len(), "C is too short");
    bias.assert_fits(g);
    assert!(room(method, g) <= workspace.len(), "workspace is too short");
}

/// C ← f(AB), to AB added C if `accumulate` and a bias, for every product of the batch. k = 0 makes AB zero.
///
/// What leads to `product` is inlined: calls took 0.07 of the 0.27 µs of a plan of two small layers.
///
/// # Panics
/// If a slice is shorter than the geometry says.
#[inline(always)]
pub fn gemm(
    g: &Gemm, a: &[f32], b: &[f32], c: &[Cell<f32>], bias: Bias, accumulate: bool, activation: Activation,
    workspace: &mut [f32],
) {
    gemm_by(g.way(), g, a, b, c, bias, accumulate, activation, workspace);
}

/// [`gemm`] in a way that serves: that of the whole for a part of it.
///
/// # Panics
/// If it does not, or a slice is shorter than the geometry says.
#[inline(always)]
pub fn gemm_by(
    way: Way, g: &Gemm, a: &[f32], b: &[f32], c: &[Cell<f32>], bias: Bias, accumulate: bool, activation: Activation,
    workspace: &mut [f32],
) {
    let (method, turn, column) = (way.method, way.transposed, g.n == 1 && g.rsc == 1);
    let (g, a, b, bias) = if turn { (&g.transposed(), b, a, bias.transposed()) } else { (g, a, b, bias) };
    assert!(g.serves(method) && (!turn || column), "the method does not serve");
    if g.batch == 0 || g.m == 0 || g.n == 0 {
        return;
    }
    assert_fits(g, method, a, b, c, &bias, workspace);
    for i in 0..g.batch {
        // SAFETY: `assert_fits` has compared every slice with the geometry; `transposed` describes the same elements.
        unsafe {
            let out = Output { accumulate, activation, ..bias.output(address(c).add(i * g.sc), g.rsc) };
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
    let rows = Strided { at: a, row: g.rsa, depth: g.csa };
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
        Method::Tiles => multiply(m, n, k, &rows, &Strided { at: b, row: g.csb, depth: g.rsb }, out, pa, pb),
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
