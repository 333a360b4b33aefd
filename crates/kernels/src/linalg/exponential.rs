//! The exponential of a matrix, eᴬ = Σ Aⁱ / i!.
//!
//! A / 2ˢ, whose norm is at most 1/2, is squared s times after the sum up to i = 12, which leaves off 2e-14. By powers of
//! A⁴ (Paterson and Stockmeyer 1973) the sum takes five products instead of eleven.

use super::vector::{add_rows, axpy};
use super::{doubles, room_for, take, widen};
use crate::math::inverse_factorials;

/// 1 / i!
const FACTORS: [f64; 13] = inverse_factorials();

pub fn matrix_exp_workspace(n: usize) -> usize {
    room_for(6 * n * n)
}

/// c ← c + a b.
fn multiply_add(a: &[f64], b: &[f64], c: &mut [f64], n: usize) {
    for (a, c) in a.chunks_exact(n).zip(c.chunks_exact_mut(n)) {
        add_rows(c, n, |p| (a[p], &b[p * n..(p + 1) * n]));
    }
}

fn product(a: &[f64], b: &[f64], c: &mut [f64], n: usize) {
    c.fill(0.0);
    multiply_add(a, b, c, n);
}

/// y ← y + Σ factors[i] Aⁱ over the powers up to A³.
fn add_powers(factors: &[f64], powers: [&[f64]; 3], y: &mut [f64], n: usize) {
    y.iter_mut().step_by(n + 1).for_each(|y| *y += factors[0]);
    powers.iter().zip(&factors[1..]).for_each(|(x, &a)| axpy(a, x, y));
}

/// eᴬ of `batch` matrices A [n, n]; NaN where A is not finite.
pub fn matrix_exp(a: &[f32], y: &mut [f32], [batch, n]: [usize; 2], room: &mut [f32]) {
    let (size, room) = (n * n, &mut doubles(room));
    let [x, x2, x3, x4] = [0; 4].map(|_| take(room, size));
    let (mut sum, mut other) = (take(room, size), take(room, size));
    if n == 0 {
        return;
    }
    for b in 0..batch {
        widen(&a[b * size..][..size], x);
        let y = &mut y[b * size..][..size];
        let norm = x.chunks_exact(n).map(|row| row.iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
        if !x.iter().all(|x| x.is_finite()) {
            y.fill(f32::NAN);
            continue;
        }
        let (mut scale, mut squarings) = (1.0, 0);
        while norm * scale > 0.5 {
            scale *= 0.5;
            squarings += 1;
        }
        x.iter_mut().for_each(|x| *x *= scale);
        product(x, x, x2, n);
        product(x2, x, x3, n);
        product(x2, x2, x4, n);
        // (f₈ + … + f₁₁ A³ + f₁₂ A⁴) A⁴ + f₄ + … + f₇ A³, and that times A⁴ + f₀ + … + f₃ A³.
        sum.fill(0.0);
        add_powers(&FACTORS[8..], [x, x2, x3], sum, n);
        axpy(FACTORS[12], x4, sum);
        for factors in [&FACTORS[4..8], &FACTORS[..4]] {
            product(sum, x4, other, n);
            add_powers(factors, [x, x2, x3], other, n);
            (sum, other) = (other, sum);
        }
        for _ in 0..squarings {
            product(sum, sum, other, n);
            (sum, other) = (other, sum);
        }
        super::narrow(sum, y);
    }
}
