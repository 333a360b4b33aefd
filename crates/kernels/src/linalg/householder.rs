//! Reflections (Householder 1958), and QR factorisation by them.
//!
//! H = I − τ v vᵀ with v₀ = 1 takes a vector x to (β, 0, …), β being ∓|x| with the sign opposite to x₀'s, so that nothing
//! cancels in v; where x is (x₀, 0, …) already, H is I, as in LAPACK. A matrix is worked on by columns, which lie one
//! after another: each is read once for its product with v, and once more to take off its multiple of v.

use super::vector::{axpy, dot};
use super::{doubles, identity, narrow_transposed, room_for, take, widen_transposed};
use crate::simd::sqrt;

/// Turns x into v. Returns τ and β.
pub fn reflector(x: &mut [f64]) -> (f64, f64) {
    let (head, tail) = x.split_at_mut(1);
    let (first, square) = (head[0], dot(tail, tail));
    head[0] = 1.0;
    if square == 0.0 {
        return (0.0, first);
    }
    let beta = -sqrt(first * first + square).copysign(first);
    tail.iter_mut().for_each(|x| *x /= first - beta);
    ((beta - first) / beta, beta)
}

/// x ← H x.
pub fn reflect(v: &[f64], tau: f64, x: &mut [f64]) {
    if tau != 0.0 {
        axpy(-tau * dot(v, x), v, x);
    }
}

/// Factors a matrix of columns of m: column i keeps the elements of R above the diagonal, and from there on v; `tau` and
/// the diagonal `beta` have one entry for each of min(m, columns) reflections.
pub fn factor(x: &mut [f64], m: usize, tau: &mut [f64], beta: &mut [f64]) {
    for i in 0..tau.len() {
        let (done, rest) = x.split_at_mut((i + 1) * m);
        let v = &mut done[i * m + i..];
        (tau[i], beta[i]) = reflector(v);
        rest.chunks_exact_mut(m).for_each(|x| reflect(v, tau[i], &mut x[i..]));
    }
}

/// The first columns of Q, of m each.
pub fn form(q: &mut [f64], x: &[f64], m: usize, tau: &[f64]) {
    identity(q, m);
    for i in (0..tau.len()).rev() {
        let v = &x[i * m + i..(i + 1) * m];
        q[i * m..].chunks_exact_mut(m).for_each(|q| reflect(v, tau[i], &mut q[i..]));
    }
}

pub fn qr_workspace(m: usize, n: usize, columns: usize) -> usize {
    room_for(m * n + m * columns + 2 * m.min(n))
}

/// Of `batch` matrices A [m, n]: Q [m, columns] with orthonormal columns and R [columns, n], upper triangular, with A = Q R.
/// There are min(m, n) columns, or m.
pub fn qr(a: &[f32], q: &mut [f32], r: &mut [f32], [batch, m, n, columns]: [usize; 4], room: &mut [f32]) {
    let k = m.min(n);
    let room = &mut doubles(room);
    let (x, w, tau, beta) = (take(room, m * n), take(room, m * columns), take(room, k), take(room, k));
    for b in 0..batch {
        widen_transposed(&a[b * m * n..][..m * n], x, m, n);
        factor(x, m, tau, beta);
        let r = &mut r[b * columns * n..][..columns * n];
        for i in 0..columns {
            for j in 0..n {
                r[i * n + j] = match i {
                    _ if i > j => 0.0,
                    _ if i == j => beta[i] as f32,
                    _ => x[j * m + i] as f32,
                };
            }
        }
        form(w, x, m, tau);
        narrow_transposed(w, &mut q[b * m * columns..][..m * columns], columns, m);
    }
}
