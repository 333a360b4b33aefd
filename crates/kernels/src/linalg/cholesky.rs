//! Cholesky factorisation, A = L Lᵀ with L lower triangular.
//!
//! Row by row: A_ij is the product of rows i and j of L, whose first j elements are known; what is missing is the last
//! term, L_ij L_jj. So all work is in dot products of rows.

use super::vector::dot;
use super::{doubles, room_for};
use crate::simd::sqrt;

pub const fn cholesky_workspace(n: usize) -> usize {
    room_for(n * n)
}

/// L of `batch` matrices A [n, n], of which the lower triangle is read; `info`, the order of the first leading minor that
/// is not positive. Then L is NaN.
pub fn cholesky(a: &[f32], l: &mut [f32], info: &mut [i32], [batch, n]: [usize; 2], room: &mut [f32]) {
    let w = doubles(room);
    for b in 0..batch {
        let (a, l) = (&a[b * n * n..][..n * n], &mut l[b * n * n..][..n * n]);
        info[b] = factor(a, w, n);
        for i in 0..n {
            let row = &mut l[i * n..][..n];
            row.fill(if info[b] == 0 { 0.0 } else { f32::NAN });
            if info[b] == 0 {
                super::narrow(&w[i * n..][..i + 1], row);
            }
        }
    }
}

fn factor(a: &[f32], w: &mut [f64], n: usize) -> i32 {
    for i in 0..n {
        let (above, row) = w.split_at_mut(i * n);
        for j in 0..i {
            let other = &above[j * n..][..j + 1];
            row[j] = (f64::from(a[i * n + j]) - dot(&row[..j], &other[..j])) / other[j];
        }
        let square = f64::from(a[i * n + i]) - dot(&row[..i], &row[..i]);
        row[i] = sqrt(square);
        let root = row[i] as f32;
        // Neither is NaN positive, nor what is 0 in f32.
        if root.is_nan() || root <= 0.0 {
            return i as i32 + 1;
        }
    }
    0
}
