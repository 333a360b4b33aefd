//! Triangular systems, by substitution.
//!
//! A row of the solution is a row of B less multiples of the rows that are known, divided by the diagonal: from the first
//! row on where T is lower, from the last where it is upper. Rows are taken of a few columns at a time, so that those
//! that are known stay in cache.

use super::vector::add_rows;
use super::{doubles, room_for};

/// Columns at a time, for which a workspace is needed. Of 256 rows and columns, by both factors of LU (native, processor time,
/// best of 9 on a busy machine): 8 take 10.7 ms, 32 6.2, 64 5.2, 128 4.8, all 4.5.
const COLUMNS: usize = 64;

pub fn solve_workspace(n: usize, k: usize) -> usize {
    room_for(n * k.min(COLUMNS))
}

/// A triangle of a matrix [n, n]; what is in the other is not read, nor with `unit` the diagonal, which then is 1.
pub struct Triangle<'a> {
    t: &'a [f32],
    n: usize,
    /// From row to row, and from column to column.
    steps: [usize; 2],
    upper: bool,
    unit: bool,
}

impl<'a> Triangle<'a> {
    /// The upper or lower triangle of t, then `transposed`.
    pub fn new(t: &'a [f32], n: usize, upper: bool, transposed: bool, unit: bool) -> Self {
        let steps = if transposed { [1, n] } else { [n, 1] };
        Self { t, n, steps, upper: upper != transposed, unit }
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        f64::from(self.t[i * self.steps[0] + j * self.steps[1]])
    }

    /// x ← T⁻¹ x, with rows of k.
    pub fn solve(&self, x: &mut [f64], k: usize) {
        for step in 0..self.n {
            let i = if self.upper { self.n - 1 - step } else { step };
            let (above, below) = x.split_at_mut((i + usize::from(self.upper)) * k);
            let (y, known, first) =
                if self.upper { (&mut above[i * k..], below, i + 1) } else { (&mut below[..k], above, 0) };
            let known = &*known;
            add_rows(y, step, |p| (-self.at(i, first + p), &known[p * k..(p + 1) * k]));
            if !self.unit {
                let d = self.at(i, i);
                y.iter_mut().for_each(|y| *y /= d);
            }
        }
    }
}

/// Y from B, both [n, k], some columns at a time: in f64, with rows of so many, they are given to `solve`.
pub fn solve_columns(
    b: &[f32], y: &mut [f32], [n, k]: [usize; 2], room: &mut [f32], solve: impl Fn(&mut [f64], usize),
) {
    let room = doubles(room);
    for start in (0..k).step_by(COLUMNS) {
        let width = (k - start).min(COLUMNS);
        let x = &mut room[..n * width];
        for i in 0..n {
            super::widen(&b[i * k + start..][..width], &mut x[i * width..][..width]);
        }
        solve(x, width);
        for i in 0..n {
            super::narrow(&x[i * width..][..width], &mut y[i * k + start..][..width]);
        }
    }
}

/// T⁻¹ B, or with `transposed` T⁻ᵀ B, of `batch` matrices T [n, n] and B [n, k]: T is the upper or the lower triangle of
/// `a`, with `unit` with 1 on the diagonal.
pub fn triangular_solve(
    a: &[f32], b: &[f32], y: &mut [f32], [batch, n, k]: [usize; 3], [upper, transposed, unit]: [bool; 3],
    room: &mut [f32],
) {
    for i in 0..batch {
        let triangle = Triangle::new(&a[i * n * n..][..n * n], n, upper, transposed, unit);
        let at = i * n * k..(i + 1) * n * k;
        solve_columns(&b[at.clone()], &mut y[at], [n, k], room, |x, k| triangle.solve(x, k));
    }
}
