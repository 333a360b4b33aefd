//! Softmax and log-softmax over rows, and their gradients.

use crate::math::Math;
use crate::reduce::row_sum;
use crate::simd::F32x4;

/// The largest element; NaNs are passed over, since the sum of exponentials brings them out again.
#[inline(always)]
fn largest(x: &[f32]) -> f32 {
    let (lanes, rest) = x.as_chunks::<4>();
    let start = F32x4::splat(f32::NEG_INFINITY);
    let best = lanes.iter().fold(start, |best, x| best.pmax(F32x4::read(x)));
    let best = best.pmax(best.shuffle::<2, 3, 0, 1>(best));
    let best = best.pmax(best.shuffle::<1, 0, 3, 2>(best)).lane::<0>();
    rest.iter().fold(best, |best, &x| if best < x { x } else { best })
}

/// y[i] = f(x[i], z[i])
#[inline(always)]
fn map_rows(x: &[f32], z: &[f32], y: &mut [f32], f: impl Fn(F32x4, F32x4) -> F32x4) {
    let n = y.len();
    let ((xs, x), (zs, z), (ys, y)) = (x[..n].as_chunks::<4>(), z[..n].as_chunks::<4>(), y.as_chunks_mut::<4>());
    for ((x, z), y) in xs.iter().zip(zs).zip(ys) {
        f(F32x4::read(x), F32x4::read(z)).write(y);
    }
    let n = y.len();
    if n > 0 {
        f(F32x4::from_partial(x, n), F32x4::from_partial(z, n)).write_partial(y, n);
    }
}

/// y ← e^(x − max x); returns max x and Σ y.
#[inline(always)]
fn exponentials(m: Math, x: &[f32], y: &mut [f32]) -> (f32, f32) {
    let largest = largest(x);
    let shift = F32x4::splat(largest);
    map_rows(x, x, y, |x, _| m.exp(x - shift));
    (largest, row_sum(y))
}

/// y = eˣ / Σ eˣ over each row of n.
pub fn softmax(x: &[f32], y: &mut [f32], n: usize) {
    let m = Math::new();
    for (x, y) in x.chunks_exact(n.max(1)).zip(y.chunks_exact_mut(n.max(1))) {
        let (_, sum) = exponentials(m, x, y);
        let scale = F32x4::splat(1.0 / sum);
        let (ys, y) = y.as_chunks_mut::<4>();
        for y in ys {
            (F32x4::read(y) * scale).write(y);
        }
        let rest = y.len();
        (F32x4::from_partial(y, rest) * scale).write_partial(y, rest);
    }
}

/// y = x − ln Σ eˣ over each row of n.
pub fn log_softmax(x: &[f32], y: &mut [f32], n: usize) {
    let m = Math::new();
    for (x, y) in x.chunks_exact(n.max(1)).zip(y.chunks_exact_mut(n.max(1))) {
        let (largest, sum) = exponentials(m, x, y);
        let (largest, log) = (F32x4::splat(largest), m.log(F32x4::splat(sum)));
        map_rows(x, x, y, |x, _| (x - largest) - log);
    }
}

/// gx = y (g − Σ g y) over each row of n.
pub fn softmax_grad(g: &[f32], y: &[f32], gx: &mut [f32], n: usize) {
    let n = n.max(1);
    for ((g, y), gx) in g.chunks_exact(n).zip(y.chunks_exact(n)).zip(gx.chunks_exact_mut(n)) {
        map_rows(g, y, gx, |g, y| g * y);
        let dot = F32x4::splat(row_sum(gx));
        map_rows(g, y, gx, |g, y| y * (g - dot));
    }
}

/// gx = g − eʸ Σ g over each row of n.
pub fn log_softmax_grad(g: &[f32], y: &[f32], gx: &mut [f32], n: usize) {
    let (m, n) = (Math::new(), n.max(1));
    for ((g, y), gx) in g.chunks_exact(n).zip(y.chunks_exact(n)).zip(gx.chunks_exact_mut(n)) {
        let sum = F32x4::splat(row_sum(g));
        map_rows(g, y, gx, |g, y| m.exp(y).neg_mul_add(sum, g));
    }
}
