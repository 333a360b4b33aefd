//! Softmax and log-softmax along a dimension, cross-entropy over rows, and their gradients.

mod columns;

use core::array::from_fn;
use core::cell::Cell;

use crate::axis::Axis;
use crate::cells::own;
use crate::math::Math;
use crate::reduce::{row_sum, Pairwise};
use crate::simd::F32x4;

/// The largest element; any number where there are NaNs, since the sum of exponentials brings them out.
#[inline(never)]
fn largest(x: &[f32]) -> f32 {
    let (blocks, rest) = x.as_chunks::<BLOCK>();
    let mut best = [F32x4::splat(f32::NEG_INFINITY); STEP];
    for x in blocks {
        best = from_fn(|i| best[i].larger(F32x4::from_slice(&x[4 * i..])));
    }
    let [a, b, c, d] = best;
    let best = a.larger(b).larger(c.larger(d)).to_array();
    best.iter().chain(rest).fold(f32::NEG_INFINITY, |best, &x| if best < x { x } else { best })
}

/// How many vectors share the constants of a function.
const STEP: usize = 4;
const BLOCK: usize = 4 * STEP;

/// y[i] = f(x[i], z[i])
#[inline(always)]
fn map_rows(x: &[f32], z: &[f32], y: &mut [f32], f: impl Fn(F32x4, F32x4) -> F32x4) {
    let ((xs, x), (zs, z)) = (x[..y.len()].as_chunks::<BLOCK>(), z[..y.len()].as_chunks::<BLOCK>());
    let (ys, y) = y.as_chunks_mut::<BLOCK>();
    for ((x, z), y) in xs.iter().zip(zs).zip(ys) {
        write_block(y, from_fn(|i| f(F32x4::from_slice(&x[4 * i..]), F32x4::from_slice(&z[4 * i..]))));
    }
    for ((x, z), y) in x.chunks(4).zip(z.chunks(4)).zip(y.chunks_mut(4)) {
        let n = y.len();
        f(F32x4::from_partial(x, n), F32x4::from_partial(z, n)).write_partial(y, n);
    }
}

#[inline(always)]
fn write_block(y: &mut [f32; BLOCK], v: [F32x4; STEP]) {
    v.into_iter().zip(y.as_chunks_mut().0).for_each(|(v, y)| v.write(y));
}

/// y ← 2⁶⁴ e^(x − shift), shift being the largest; returns Σ y. Unscaled, some would be subnormal.
#[inline(never)]
fn exponentials(m: Math, x: &[f32], shift: f32, y: &mut [f32]) -> f32 {
    let shift = F32x4::splat(shift);
    let ((xs, x), (ys, y)) = (x.as_chunks::<{ 4 * BLOCK }>(), y.as_chunks_mut::<{ 4 * BLOCK }>());
    let mut total = 0.0;
    if !xs.is_empty() {
        let mut sum = Pairwise::new();
        for (x, y) in xs.iter().zip(ys) {
            let mut s = [F32x4::zero(); STEP];
            for (x, y) in x.as_chunks::<BLOCK>().0.iter().zip(y.as_chunks_mut::<BLOCK>().0) {
                let v = from_fn(|i| m.exp_scaled(F32x4::from_slice(&x[4 * i..]) - shift));
                s = from_fn(|i| s[i] + v[i]);
                write_block(y, v);
            }
            sum.add((s[0] + s[1]) + (s[2] + s[3]));
        }
        total = sum.total().sum();
    }
    for (x, y) in x.chunks(4).zip(y.chunks_mut(4)) {
        m.exp_scaled(F32x4::from_partial(x, y.len()) - shift).write_partial(y, y.len());
    }
    total + row_sum(y)
}

/// y ← y · scale
#[inline(never)]
fn scale_row(y: &mut [f32], scale: f32) {
    let scale = F32x4::splat(scale);
    let (ys, y) = y.as_chunks_mut::<BLOCK>();
    for y in ys {
        write_block(y, from_fn(|i| F32x4::from_slice(&y[4 * i..]) * scale));
    }
    for y in y.chunks_mut(4) {
        (F32x4::from_partial(y, y.len()) * scale).write_partial(y, y.len());
    }
}

/// y = eˣ / Σ eˣ over the middle dimension of [outer, n, inner].
pub fn softmax(axis: &Axis, n: usize, x: &[f32], y: &[Cell<f32>]) {
    if axis.apart > 1 {
        return columns::softmax(axis, n, x, y);
    }
    let (m, y) = (Math::new(), own(y));
    for (x, y) in x.chunks_exact(n.max(1)).zip(y.chunks_exact_mut(n.max(1))) {
        let sum = exponentials(m, x, largest(x), y);
        scale_row(y, 1.0 / sum);
    }
}

/// y = x − ln Σ eˣ over the middle dimension of [outer, n, inner].
pub fn log_softmax(axis: &Axis, n: usize, x: &[f32], y: &[Cell<f32>]) {
    if axis.apart > 1 {
        return columns::log_softmax(axis, n, x, y);
    }
    let (m, y) = (Math::new(), own(y));
    for (x, y) in x.chunks_exact(n.max(1)).zip(y.chunks_exact_mut(n.max(1))) {
        let largest = largest(x);
        let sum = exponentials(m, x, largest, y);
        let (largest, log) = (F32x4::splat(largest), m.log(F32x4::splat(sum) * m.exp_unscale()));
        map_rows(x, x, y, |x, _| (x - largest) - log);
    }
}

/// gx = y (g − Σ g y) over the middle dimension of [outer, n, inner].
pub fn softmax_grad(axis: &Axis, n: usize, g: &[f32], y: &[f32], gx: &[Cell<f32>]) {
    if axis.apart > 1 {
        return columns::softmax_grad(axis, n, g, y, gx);
    }
    let (n, gx) = (n.max(1), own(gx));
    for ((g, y), gx) in g.chunks_exact(n).zip(y.chunks_exact(n)).zip(gx.chunks_exact_mut(n)) {
        map_rows(g, y, gx, |g, y| g * y);
        let dot = F32x4::splat(row_sum(gx));
        map_rows(g, y, gx, |g, y| y * (g - dot));
    }
}

/// gx = g − eʸ Σ g over the middle dimension of [outer, n, inner].
pub fn log_softmax_grad(axis: &Axis, n: usize, g: &[f32], y: &[f32], gx: &[Cell<f32>]) {
    if axis.apart > 1 {
        return columns::log_softmax_grad(axis, n, g, y, gx);
    }
    let (m, n, gx) = (Math::new(), n.max(1), own(gx));
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
