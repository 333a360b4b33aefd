//! Average pooling. `dh` and `dw` of the geometry are 1.

use super::{eight, write_eight, Pool2d};
use crate::simd::{fours, F32x4};

/// What the sum of a window is divided by.
#[derive(Clone, Copy, Debug)]
pub enum Divisor {
    /// The pixels of the window inside x.
    Pixels,
    /// The places of the window inside x and its padding: a window may reach beyond them, where the output's size was
    /// rounded up.
    Places,
    Number(f32),
}

/// How many places the window [start, start + size) has in [−pad, length + pad); `start` is counted from −pad₀.
fn extent(start: usize, size: usize, pad0: usize, pad: usize, length: usize) -> usize {
    let (low, high) = (pad0 - pad, pad0 + length + pad);
    (start + size).min(high).saturating_sub(start.max(low))
}

/// 1 / divisor for output (i, j); 0 for a window without a place.
fn scale(g: &Pool2d, divisor: Divisor, i: usize, j: usize) -> f32 {
    let (pad_h, pad_w) = match divisor {
        Divisor::Number(x) => return 1.0 / x,
        Divisor::Pixels => (0, 0),
        Divisor::Places => (g.ph, g.pw),
    };
    let rows = extent(i * g.sh, g.kh, g.ph, pad_h, g.h);
    let columns = extent(j * g.sw, g.kw, g.pw, pad_w, g.w);
    if rows * columns == 0 {
        0.0
    } else {
        1.0 / (rows * columns) as f32
    }
}

/// y = the sum of each window over its divisor.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn avg_pool2d(g: &Pool2d, x: &[f32], y: &mut [f32], divisor: Divisor) {
    g.assert_fits(x, y);
    if g.is_halving() {
        halve(g, x, y, scale(g, divisor, 0, 0));
    } else {
        slide(g, x, y, divisor);
    }
}

/// Any windows: four adjacent ones at a time where they lie inside the image's columns.
#[inline(never)]
fn slide(g: &Pool2d, x: &[f32], y: &mut [f32], divisor: Divisor) {
    let inner = g.inner_columns();
    for plane in 0..g.planes {
        for i in 0..g.oh {
            let o = (plane * g.oh + i) * g.ow;
            if !inner.is_empty() {
                // The windows of a row that lie inside the columns have the same size.
                let scale = F32x4::splat(scale(g, divisor, i, inner.start));
                for j in fours(inner.len()).map(|j| inner.start + j) {
                    let mut sum = F32x4::zero();
                    g.each_tap4(plane, i, j, x, |_, value| sum = sum + value);
                    (sum * scale).write(y[o + j..].first_chunk_mut().expect("four outputs"));
                }
            }
            for j in (0..inner.start).chain(inner.end..g.ow) {
                let mut sum = 0.0;
                g.each_tap(plane, i, j, |p, _| sum += x[p]);
                y[o + j] = sum * scale(g, divisor, i, j);
            }
        }
    }
}

/// gx = the sum of g over its divisor, over the windows that a pixel is in.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn avg_pool2d_grad(g: &Pool2d, gy: &[f32], gx: &mut [f32], divisor: Divisor) {
    g.assert_fits(gx, gy);
    let gx = &mut gx[..g.x_len()];
    if g.is_halving() {
        if g.h != 2 * g.oh || g.w != 2 * g.ow {
            gx.fill(0.0);
        }
        double(g, gy, gx, scale(g, divisor, 0, 0));
    } else {
        gx.fill(0.0);
        g.each_output(|plane, i, j, o| {
            let share = gy[o] * scale(g, divisor, i, j);
            g.each_tap(plane, i, j, |p, _| gx[p] += share);
        });
    }
}

/// Windows of 2 × 2, four at a time. 0.6 ns an output (AMD EPYC, simd128, Node 20, on a busy machine).
#[inline(never)]
fn halve(g: &Pool2d, x: &[f32], y: &mut [f32], scale: f32) {
    let (n, scale) = (g.ow, F32x4::splat(scale));
    g.each_halved_row(|top, o| {
        let (top, bottom) = (&x[top..][..2 * n], &x[top + g.w..][..2 * n]);
        let y = &mut y[o..][..n];
        for j in fours(n) {
            // SAFETY: `fours` keeps j + 4 ≤ n; the rows have 2n numbers, y has n.
            let ([a, b], [c, d]) = unsafe { (eight(top, j), eight(bottom, j)) };
            let (left, right) = (a + c, b + d);
            let sum = left.shuffle::<0, 2, 4, 6>(right) + left.shuffle::<1, 3, 5, 7>(right);
            unsafe { (sum * scale).store(y.as_mut_ptr().add(j)) };
        }
    });
}

/// The gradient of [`halve`]. 0.6 ns an output.
#[inline(never)]
fn double(g: &Pool2d, gy: &[f32], gx: &mut [f32], scale: f32) {
    let (n, scale) = (g.ow, F32x4::splat(scale));
    g.each_halved_row(|top, o| {
        let (top, bottom) = gx[top..].split_at_mut(g.w);
        let (top, bottom) = (&mut top[..2 * n], &mut bottom[..2 * n]);
        let gy = &gy[o..][..n];
        for j in fours(n) {
            // SAFETY: `fours` keeps j + 4 ≤ n; the rows have 2n numbers, gy has n.
            unsafe {
                let share = F32x4::load(gy.as_ptr().add(j)) * scale;
                let halves = [share.shuffle::<0, 0, 1, 1>(share), share.shuffle::<2, 2, 3, 3>(share)];
                write_eight(halves, top, j);
                write_eight(halves, bottom, j);
            }
        }
    });
}
