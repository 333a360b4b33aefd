//! Eigenvalues and eigenvectors of symmetric matrices, A = V diag(w) Vᵀ.
//!
//! Reflections from both sides make A tridiagonal, T = Qᵀ A Q; then QL iterations with implicit shifts (Wilkinson and
//! Reinsch 1971, II/3: `tred2`, `tql2`) make it diagonal. A step of these chases a bulge up the matrix by rotations of
//! neighbours; with Wilkinson's shift the last off-diagonal element vanishes to third order. Vᵀ lies by rows, so that a
//! rotation of two eigenvectors runs along memory.

use super::householder::{reflect, reflector};
use super::vector::{axpy, dot, swap_rows, two_rows};
use super::{doubles, identity, narrow, narrow_transposed, room_for, take};
use crate::simd::sqrt;

/// Steps for one eigenvalue: two do on average, and none was ever seen to take 30.
const STEPS: usize = 60;

/// Makes a symmetric matrix tridiagonal: `d` its diagonal, `e` what is beside it. The vectors of the reflections are left
/// right of the diagonal of `a`, with `tau`.
fn tridiagonal(a: &mut [f64], d: &mut [f64], e: &mut [f64], tau: &mut [f64], n: usize) {
    for k in 0..n {
        d[k] = a[k * n + k];
        let (done, rest) = a.split_at_mut((k + 1) * n);
        let v = &mut done[k * n + k + 1..];
        if v.is_empty() {
            return;
        }
        let (t, beta) = reflector(v);
        (tau[k], e[k]) = (t, beta);
        // A ← A − v wᵀ − w vᵀ with p = τ A v and w = p − τ/2 (pᵀv) v, which lies where e is still free.
        let w = &mut e[k + 1..n];
        for (w, row) in w.iter_mut().zip(rest.chunks_exact(n)) {
            *w = t * dot(&row[k + 1..], v);
        }
        axpy(-0.5 * t * dot(w, v), v, w);
        for (i, row) in rest.chunks_exact_mut(n).enumerate() {
            let (a, b) = (v[i], w[i]);
            for (x, (v, w)) in row[k + 1..].iter_mut().zip(v.iter().zip(&*w)) {
                *x -= a * w + b * v;
            }
        }
    }
}

/// (c, s) such that the rotation takes (f, g) to (0, r), and r.
fn rotation(f: f64, g: f64) -> (f64, f64, f64) {
    let r = sqrt(f * f + g * g);
    if r == 0.0 {
        (1.0, 0.0, 0.0)
    } else {
        (g / r, f / r, r)
    }
}

/// Makes a tridiagonal matrix diagonal; the rows of `v`, if there are any, are rotated along. Whether it succeeded.
fn diagonal(d: &mut [f64], e: &mut [f64], v: &mut [f64], n: usize) -> bool {
    let largest = d.iter().chain(&e[..n.saturating_sub(1)]).fold(0.0_f64, |m, x| m.max(x.abs()));
    let small = f64::EPSILON * largest;
    for l in 0..n {
        for step in 0.. {
            // The block from l on, up to where it falls apart.
            let m = (l..n - 1).find(|&m| e[m].abs() <= small).unwrap_or(n - 1);
            if m == l {
                break;
            }
            if step == STEPS {
                return false;
            }
            let half = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let root = sqrt(half * half + 1.0).copysign(half);
            let shift = d[l] - e[l] / (half + root);
            let (mut g, mut c, mut s, mut p) = (d[m] - shift, 1.0, 1.0, 0.0);
            for i in (l..m).rev() {
                let (f, b) = (s * e[i], c * e[i]);
                let r;
                (c, s, r) = rotation(f, g);
                if i + 1 < m {
                    e[i + 1] = r;
                }
                g = d[i + 1] - p;
                let t = (d[i] - g) * s + 2.0 * c * b;
                p = s * t;
                d[i + 1] = g + p;
                g = c * t - b;
                if !v.is_empty() {
                    let (x, y) = two_rows(v, n, i, i + 1);
                    for (x, y) in x.iter_mut().zip(y) {
                        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                    }
                }
            }
            d[l] -= p;
            e[l] = g;
        }
    }
    true
}

/// Eigenvalues `d` in ascending order of a symmetric matrix, which is overwritten, and as rows of `v`, unless it is empty,
/// the eigenvectors. `rest`: [2n]. Whether it succeeded.
pub fn symmetric(a: &mut [f64], d: &mut [f64], v: &mut [f64], rest: &mut [f64], n: usize) -> bool {
    let (e, tau) = rest.split_at_mut(n);
    tridiagonal(a, d, e, tau, n);
    if !v.is_empty() {
        // Qᵀ is the product of the reflections from the last to the first.
        identity(v, n);
        for k in (0..n.saturating_sub(1)).rev() {
            let u = &a[k * n + k + 1..(k + 1) * n];
            v[(k + 1) * n..].chunks_exact_mut(n).for_each(|row| reflect(u, tau[k], &mut row[k + 1..]));
        }
    }
    let done = diagonal(d, e, v, n);
    for i in 0..n {
        let least = (i..n).fold(i, |least, j| if d[j] < d[least] { j } else { least });
        d.swap(i, least);
        if !v.is_empty() {
            swap_rows(v, n, i, least);
        }
    }
    done
}

pub fn eigh_workspace(n: usize) -> usize {
    room_for(2 * n * n + 3 * n)
}

/// Of `batch` symmetric matrices A [n, n], of which the lower triangle is read: eigenvalues w [n], ascending, and as
/// columns of `v` [n, n], if it is there, orthonormal eigenvectors. `info` is 1 where A is not finite or the iteration
/// does not end, and then both are NaN.
pub fn eigh(
    a: &[f32], w: &mut [f32], mut v: Option<&mut [f32]>, info: &mut [i32], [batch, n]: [usize; 2], room: &mut [f32],
) {
    let room = &mut doubles(room);
    let (x, d, rest) = (take(room, n * n), take(room, n), take(room, 2 * n));
    let rows = take(room, if v.is_some() { n * n } else { 0 });
    for b in 0..batch {
        let a = &a[b * n * n..][..n * n];
        let mut finite = true;
        for i in 0..n {
            for j in 0..=i {
                let value = f64::from(a[i * n + j]);
                finite &= value.is_finite();
                (x[i * n + j], x[j * n + i]) = (value, value);
            }
        }
        let done = finite && symmetric(x, d, rows, rest, n);
        info[b] = i32::from(!done);
        if !done {
            d.fill(f64::NAN);
            rows.fill(f64::NAN);
        }
        narrow(d, &mut w[b * n..][..n]);
        if let Some(v) = &mut v {
            narrow_transposed(rows, &mut v[b * n * n..][..n * n], n, n);
        }
    }
}
