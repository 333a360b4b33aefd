//! Singular value decomposition, A = U diag(s) Vᵀ.
//!
//! V are the eigenvectors of AᵀA, and the columns of A V are those of U, each times its singular value: a QR factorisation
//! of A V, from the largest on, has them in Q, orthonormal even where singular values vanish, and R is diagonal. In one
//! precision ε that would lose half of the digits, as R is diagonal up to √ε s₀ only. In f64 it is so up to 1e-8 s₀, a
//! sixth of what rounding to f32 does.

use super::eigen::symmetric;
use super::householder::{factor, form};
use super::vector::{add_rows, dot, swap_rows};
use super::{doubles, narrow, narrow_transposed, room_for, take, widen, widen_transposed};

pub fn svd_workspace(m: usize, n: usize, full: bool) -> usize {
    let (p, q) = (m.max(n), m.min(n));
    room_for(2 * p * q + 2 * q * q + 5 * q + p * if full { p } else { q })
}

/// Of `batch` matrices A [m, n], with k = min(m, n): U [m, k], the singular values s [k], descending, and Vᵀ [k, n]; with
/// `full` U [m, m] and Vᵀ [n, n]. `info` is 1 where A is not finite or the iteration does not end, and then all are NaN.
#[allow(clippy::too_many_arguments)]
pub fn svd(
    a: &[f32], u: &mut [f32], s: &mut [f32], vt: &mut [f32], info: &mut [i32], [batch, m, n]: [usize; 3], full: bool,
    room: &mut [f32],
) {
    // Of a wide matrix, the transpose is decomposed: p rows, q columns.
    let (p, q, wide) = (m.max(n), m.min(n), m < n);
    let columns = if full { p } else { q };
    let room = &mut doubles(room);
    let (x, y) = (take(room, p * q), take(room, p * q));
    let (gram, rows, d, rest) = (take(room, q * q), take(room, q * q), take(room, q), take(room, 2 * q));
    let (tau, beta, left) = (take(room, q), take(room, q), take(room, p * columns));
    for b in 0..batch {
        let a = &a[b * m * n..][..m * n];
        if wide {
            widen(a, x);
        } else {
            widen_transposed(a, x, m, n);
        }
        for i in 0..q {
            for j in 0..=i {
                gram[i * q + j] = dot(&x[i * p..][..p], &x[j * p..][..p]);
                gram[j * q + i] = gram[i * q + j];
            }
        }
        let done = x.iter().all(|x| x.is_finite()) && symmetric(gram, d, rows, rest, q);
        info[b] = i32::from(!done);
        if done {
            for i in 0..q / 2 {
                swap_rows(rows, q, i, q - 1 - i);
            }
            y.fill(0.0);
            for i in 0..q {
                add_rows(&mut y[i * p..][..p], q, |j| (rows[i * q + j], &x[j * p..][..p]));
            }
            factor(y, p, tau, beta);
            form(left, y, p, tau);
            order(beta, rows, left, p, q);
        } else {
            rows.fill(f64::NAN);
            left.fill(f64::NAN);
            beta.fill(f64::NAN);
        }
        let (short, long) = (&*rows, &*left);
        narrow(beta, &mut s[b * q..][..q]);
        let (rows_of_u, rows_of_vt) = if wide { (q, columns) } else { (columns, q) };
        let (by_u, by_vt) = if wide { (short, long) } else { (long, short) };
        narrow_transposed(by_u, &mut u[b * m * rows_of_u..][..m * rows_of_u], rows_of_u, m);
        narrow(by_vt, &mut vt[b * n * rows_of_vt..][..n * rows_of_vt]);
    }
}

/// Makes singular values positive and, of those that are as good as equal, descending.
fn order(s: &mut [f64], rows: &mut [f64], left: &mut [f64], p: usize, q: usize) {
    for i in 0..q {
        if s[i] < 0.0 {
            s[i] = -s[i];
            left[i * p..][..p].iter_mut().for_each(|x| *x = -*x);
        }
        for j in (1..=i).rev() {
            if s[j] <= s[j - 1] {
                break;
            }
            s.swap(j, j - 1);
            swap_rows(rows, q, j, j - 1);
            swap_rows(left, p, j, j - 1);
        }
    }
}
