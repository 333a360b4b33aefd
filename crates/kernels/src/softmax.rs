//! Softmax, log-softmax and cross-entropy over rows, and their gradients.

use crate::math::Math;
use crate::reduce::{row_sum, Pairwise};
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

/// Σ f(x[i]), added in the order of [`row_sum`].
#[inline(always)]
fn row_sum_of(x: &[f32], f: impl Fn(F32x4) -> F32x4) -> f32 {
    let mut block = [0.0; 64];
    if x.len() <= block.len() {
        let block = &mut block[..x.len()];
        map_rows(x, x, block, |x, _| f(x));
        return row_sum(block);
    }
    let mut sum = Pairwise::new();
    for x in x.chunks(block.len()) {
        let block = &mut block[..x.len()];
        map_rows(x, x, block, |x, _| f(x));
        sum.add_row(block);
    }
    sum.total().sum()
}

/// Of each row of n: loss = ln Σ eˣ − x[target]; norm = (max x, ln Σ e^(x − max x)), the sum of which is ln Σ eˣ: apart,
/// they lose nothing where x is large. Targets have been checked.
pub fn cross_entropy(x: &[f32], target: &[i32], loss: &mut [f32], norm: &mut [f32], n: usize) {
    let m = Math::new();
    let rows = x.chunks_exact(n.max(1)).zip(target).zip(loss).zip(norm.as_chunks_mut::<2>().0);
    for (((x, &target), loss), norm) in rows {
        let largest = largest(x);
        let shift = F32x4::splat(largest);
        let sum = row_sum_of(x, |x| m.exp(x - shift));
        let log = m.log(F32x4::splat(sum)).lane::<0>();
        *loss = log - (x[target as usize] - largest);
        *norm = [largest, log];
    }
}

/// gx = g · (softmax x − [i = target]) for each row of n; `step` 0: all rows have g[0].
pub fn cross_entropy_grad(g: &[f32], x: &[f32], target: &[i32], norm: &[f32], gx: &mut [f32], n: usize, step: usize) {
    let m = Math::new();
    let rows = x.chunks_exact(n.max(1)).zip(target).zip(norm.as_chunks::<2>().0).zip(gx.chunks_exact_mut(n.max(1)));
    for (row, (((x, &target), &[largest, log]), gx)) in rows.enumerate() {
        let g = g[row * step];
        let (largest, log, scale) = (F32x4::splat(largest), F32x4::splat(log), F32x4::splat(g));
        map_rows(x, x, gx, |x, _| m.exp((x - largest) - log) * scale);
        gx[target as usize] -= g;
    }
}
