//! Dense linear algebra on batches of small matrices: factorisations, and systems solved by them.
//!
//! Matrices are row-major. Each is copied into a workspace in f64, where all sums are formed, and rounded to f32 once:
//! it costs half the lanes of a vector, and buys results that are as exact as their rounding and simple algorithms. A
//! product AᵀA, say, has in f64 the digits that singular values of f32 need (see `svd`).
//!
//! `info` has an entry for each matrix: 0, or where the computation failed, counted from 1.

mod cholesky;
mod eigen;
mod exponential;
mod householder;
mod lu;
mod svd;
mod triangular;
mod vector;

pub use cholesky::{cholesky, cholesky_workspace};
pub use eigen::{eigh, eigh_workspace};
pub use exponential::{matrix_exp, matrix_exp_workspace};
pub use householder::{qr, qr_workspace};
pub use lu::{lu, lu_solve, lu_workspace, permute_rows};
pub use svd::{svd, svd_workspace};
pub use triangular::{solve_workspace, triangular_solve};

/// The f32 elements of a workspace for n of f64, one of which may be lost to alignment.
const fn room_for(n: usize) -> usize {
    2 * n + 1
}

/// The workspace as numbers of f64.
fn doubles(room: &mut [f32]) -> &mut [f64] {
    // SAFETY: every 64 bits are a number.
    unsafe { room.align_to_mut::<f64>().1 }
}

/// Takes the first n numbers off a workspace.
fn take<'a>(room: &mut &'a mut [f64], n: usize) -> &'a mut [f64] {
    let (taken, rest) = core::mem::take(room).split_at_mut(n);
    *room = rest;
    taken
}

fn widen(x: &[f32], y: &mut [f64]) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y = f64::from(x));
}

fn narrow(x: &[f64], y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y = x as f32);
}

/// y ← xᵀ for an x of so many rows of so many columns.
fn widen_transposed(x: &[f32], y: &mut [f64], rows: usize, columns: usize) {
    for i in 0..rows {
        for j in 0..columns {
            y[j * rows + i] = f64::from(x[i * columns + j]);
        }
    }
}

/// The same, rounded.
fn narrow_transposed(x: &[f64], y: &mut [f32], rows: usize, columns: usize) {
    for i in 0..rows {
        for j in 0..columns {
            y[j * rows + i] = x[i * columns + j] as f32;
        }
    }
}

/// A vector of zeros but for a 1, in each row.
fn identity(x: &mut [f64], columns: usize) {
    x.fill(0.0);
    x.iter_mut().step_by(columns + 1).for_each(|x| *x = 1.0);
}
