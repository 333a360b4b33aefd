//! Euclidean norms and distances, of any numbers that f32 holds: squares and their sums are f64.

use crate::axis::Axis;
use crate::simd::{F32x4, F64x4};

/// x [n0, r0, n1, r1] → y [n0, n1] = √Σ x² over r0 and r1; the axis, that of r0, is between n0 and n1.
pub fn nrm2(&Axis { outer: n0, inner: n1, apart }: &Axis, [r0, r1]: [usize; 2], x: &[f32], y: &mut [f32]) {
    if r1 == 1 && apart > 1 {
        for (i, y) in y[..n0 * n1].chunks_mut(n1).enumerate() {
            columns(&x[i * r0 * apart..], y, r0, apart);
        }
        return;
    }
    for (i, y) in y[..n0 * n1].iter_mut().enumerate() {
        let row = |r: usize| &x[((i / n1 * r0 + r) * apart + i % n1) * r1..][..r1];
        *y = root((0..r0).map(|r| squares(row(r))).sum());
    }
}

/// x [r, n] → y [n], four columns at a time; rows are `apart`.
fn columns(x: &[f32], y: &mut [f32], r: usize, apart: usize) {
    for (j, y) in y.chunks_mut(4).enumerate() {
        let mut sum = F64x4::splat(0.0);
        for i in 0..r {
            let x = F32x4::from_partial(&x[i * apart + 4 * j..], y.len()).to_f64();
            sum = sum + x * x;
        }
        y.iter_mut().zip(sum.to_array()).for_each(|(y, sum)| *y = root(sum));
    }
}

/// Σ x² in eight chains.
fn squares(x: &[f32]) -> f64 {
    let (eights, rest) = x.as_chunks::<8>();
    let mut sums = [F64x4::splat(0.0); 2];
    for eight in eights {
        let (lanes, _) = eight.as_chunks::<4>();
        for (sum, lanes) in sums.iter_mut().zip(lanes) {
            let x = F32x4::read(lanes).to_f64();
            *sum = *sum + x * x;
        }
    }
    rest.iter().fold(total(sums), |sum, &x| sum + f64::from(x) * f64::from(x))
}

fn total([p, q]: [F64x4; 2]) -> f64 {
    let [a, b, c, d] = (p + q).to_array();
    (a + b) + (c + d)
}

/// a [batch, m, d] and b [batch, n, d] → y [batch, m, n], the Euclidean distances of their rows.
pub fn distances(a: &[f32], b: &[f32], y: &mut [f32], [batch, m, n, d]: [usize; 4]) {
    for i in 0..batch * m {
        let a = &a[i * d..(i + 1) * d];
        for (j, y) in y[i * n..(i + 1) * n].iter_mut().enumerate() {
            *y = distance(a, &b[(i / m * n + j) * d..][..d]);
        }
    }
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    let ((a8, a1), (b8, b1)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [F64x4::splat(0.0); 2];
    for (a, b) in a8.iter().zip(b8) {
        for ((sum, a), b) in sums.iter_mut().zip(a.as_chunks::<4>().0).zip(b.as_chunks::<4>().0) {
            let x = F32x4::read(a).to_f64() - F32x4::read(b).to_f64();
            *sum = *sum + x * x;
        }
    }
    root(a1.iter().zip(b1).fold(total(sums), |sum, (&a, &b)| {
        let x = f64::from(a) - f64::from(b);
        sum + x * x
    }))
}

/// √x: that of f32, of a number brought into its range, and one step of Newton's.
fn root(x: f64) -> f32 {
    const HALF: f64 = f64::from_bits((1023 + 80) << 52); // 2⁸⁰
    let (scaled, back) = if x > 1e30 {
        (x / (HALF * HALF), HALF)
    } else if x < 1e-30 {
        (x * (HALF * HALF), 1.0 / HALF)
    } else {
        (x, 1.0)
    };
    let y = f64::from(F32x4::splat(scaled as f32).sqrt().lane::<0>());
    if y > 0.0 && y < f64::INFINITY {
        ((y + scaled / y) * 0.5 * back) as f32
    } else {
        y as f32
    }
}
