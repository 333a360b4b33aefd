//! LU factorisation with partial pivoting, A = P L U, and systems solved by it.
//!
//! Columns are factored in panels. Of a column the largest element on or below the diagonal is brought there, so that no
//! multiplier is above 1; within the panel it is eliminated at once, and the rest of each row follows when the panel is
//! done: a row then takes up all its multiples of the panel's rows while it is in the nearest cache.

use super::triangular::{solve_columns, Triangle};
use super::vector::{add_rows, swap_rows};
use super::{doubles, narrow, room_for, widen};

/// Columns that are eliminated together: their rows, of 256 numbers, fill the nearest cache of 32 KiB. Of a matrix of 256
/// rows (native, processor time, best of 30 on a busy machine): 1 takes 2.1 ms, 2 1.7, 4 to 64 1.2 to 1.3, 256 1.8.
const PANEL: usize = 16;

pub const fn lu_workspace(m: usize, n: usize) -> usize {
    room_for(m * n)
}

/// Of `batch` matrices A [m, n]: in one matrix L below the diagonal, whose own is 1, and U on and above it; `pivots` [min(m,
/// n)], the row that was exchanged with row i at step i; `info`, the first zero on U's diagonal.
pub fn lu(
    a: &[f32], lu: &mut [f32], pivots: &mut [i32], info: &mut [i32], [batch, m, n]: [usize; 3], room: &mut [f32],
) {
    let (size, k) = (m * n, m.min(n));
    let w = &mut doubles(room)[..size];
    for b in 0..batch {
        widen(&a[b * size..][..size], w);
        info[b] = factor(w, &mut pivots[b * k..][..k], m, n);
        narrow(w, &mut lu[b * size..][..size]);
    }
}

fn factor(w: &mut [f64], pivots: &mut [i32], m: usize, n: usize) -> i32 {
    let (k, mut info) = (pivots.len(), 0);
    for start in (0..k).step_by(PANEL) {
        let end = (start + PANEL).min(k);
        for j in start..end {
            let mut p = j;
            for i in j + 1..m {
                if w[i * n + j].abs() > w[p * n + j].abs() {
                    p = i;
                }
            }
            pivots[j] = p as i32;
            swap_rows(w, n, j, p);
            // As it will be read: what is 0 in f32 is no pivot.
            if w[j * n + j] as f32 == 0.0 && info == 0 {
                info = j as i32 + 1;
            }
            if w[j * n + j] == 0.0 {
                continue; // so is all below
            }
            let (above, below) = w.split_at_mut((j + 1) * n);
            let pivot = &above[j * n..];
            for row in below.chunks_exact_mut(n) {
                let l = row[j] / pivot[j];
                row[j] = l;
                for c in j + 1..end {
                    row[c] -= l * pivot[c];
                }
            }
        }
        // Right of the panel: of its own rows what is above, of those below all of them.
        for i in start + 1..m {
            let (above, below) = w.split_at_mut(i * n);
            let (l, rest) = below[..n].split_at_mut(end);
            let rows = &above[start * n..];
            add_rows(rest, i.min(end) - start, |p| (-l[start + p], &rows[p * n + end..(p + 1) * n]));
        }
    }
    info
}

/// x ← Pᵀx, or with `back` P x, for `pivots` as [`lu`] finds them and rows of k.
fn permute<T>(x: &mut [T], pivots: &[i32], k: usize, back: bool) {
    for i in 0..pivots.len() {
        let i = if back { pivots.len() - 1 - i } else { i };
        swap_rows(x, k, i, pivots[i] as usize);
    }
}

/// Pᵀ B, or with `back` P B, of matrices B [m, k] and `count` pivots each.
pub fn permute_rows(pivots: &[i32], b: &[f32], y: &mut [f32], [batch, m, k, count]: [usize; 4], back: bool) {
    y.copy_from_slice(b);
    for i in 0..batch {
        permute(&mut y[i * m * k..][..m * k], &pivots[i * count..][..count], k, back);
    }
}

/// A⁻¹ B, or with `transposed` A⁻ᵀ B, of A [n, n] factored and B [n, k].
pub fn lu_solve(
    lu: &[f32], pivots: &[i32], b: &[f32], y: &mut [f32], [batch, n, k]: [usize; 3], transposed: bool, room: &mut [f32],
) {
    for i in 0..batch {
        let (t, pivots) = (&lu[i * n * n..][..n * n], &pivots[i * n..][..n]);
        let lower = Triangle::new(t, n, false, transposed, true);
        let upper = Triangle::new(t, n, true, transposed, false);
        let at = i * n * k..(i + 1) * n * k;
        solve_columns(&b[at.clone()], &mut y[at], [n, k], room, |x, k| {
            if transposed {
                upper.solve(x, k);
                lower.solve(x, k);
                permute(x, pivots, k, true);
            } else {
                permute(x, pivots, k, false);
                lower.solve(x, k);
                upper.solve(x, k);
            }
        });
    }
}
