//! Average pooling. `dh` and `dw` of the geometry are 1.

use super::geometry::Pool2d;
use super::vectors::{eight, taps, write_eight};
use crate::simd::{fours, F32x4};
use core::ops::Range;

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
pub(super) fn scale(g: &Pool2d, divisor: Divisor, i: usize, j: usize) -> f32 {
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
    } else if g.is(3, 1) {
        planes(g, x, y, divisor, Some(sum_row::<3, 1>));
    } else if g.is(3, 2) {
        planes(g, x, y, divisor, Some(sum_row::<3, 2>));
    } else {
        planes(g, x, y, divisor, None);
    }
}

/// (geometry, x from the first tap of the first window on, y, 1 / divisor): a row of windows inside the image.
type Kernel = fn(&Pool2d, &[f32], &mut [f32], f32);

/// Plane by plane, by the kernel where windows lie inside.
fn planes(g: &Pool2d, x: &[f32], y: &mut [f32], divisor: Divisor, kernel: Option<Kernel>) {
    let inner = if kernel.is_some() { inner_windows(g) } else { [0..0, 0..0] };
    // Windows inside the image have the same size.
    let inner_scale = scale(g, divisor, inner[0].start, inner[1].start);
    for plane in 0..g.planes {
        let image = &x[plane * g.h * g.w..][..g.h * g.w];
        let y = &mut y[plane * g.oh * g.ow..][..g.oh * g.ow];
        if let Some(kernel) = kernel {
            for i in inner[0].clone() {
                let first = (i * g.sh - g.ph) * g.w + inner[1].start * g.sw - g.pw;
                kernel(g, &image[first..], &mut y[i * g.ow..][inner[1].clone()], inner_scale);
            }
        }
        g.each_outer(&inner, |i, j| {
            let sum = if g.is_wide() {
                let mut sum = 0.0;
                g.each_tap(0, i, j, |p, _| sum += f64::from(image[p]));
                sum as f32
            } else {
                let mut sum = 0.0;
                g.each_tap(0, i, j, |p, _| sum += image[p]);
                sum
            };
            y[i * g.ow + j] = sum * scale(g, divisor, i, j);
        });
    }
}

/// A row of at least four windows inside the image, from the first tap of the first on.
#[inline(never)]
fn sum_row<const K: usize, const S: usize>(g: &Pool2d, x: &[f32], y: &mut [f32], scale: f32) {
    let (n, scale) = (y.len(), F32x4::splat(scale));
    assert!(x.len() >= (K - 1) * g.w + (n - 1) * S + K);
    for j in fours(n) {
        // SAFETY: the last tap of the last window lies in x, and `fours` keeps j + 4 ≤ n.
        unsafe {
            let mut sum = F32x4::zero();
            for u in 0..K {
                for x in taps::<K, S>(x.as_ptr().add(u * g.w + j * S)) {
                    sum = sum + x;
                }
            }
            (sum * scale).store(y.as_mut_ptr().add(j));
        }
    }
}

/// The rows and columns of outputs whose windows lie inside, or none if they are few.
pub(super) fn inner_windows(g: &Pool2d) -> [Range<usize>; 2] {
    let inner = g.inner();
    if inner[0].is_empty() || inner[1].len() < 4 {
        [0..0, 0..0]
    } else {
        inner
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
        return;
    }
    gx.fill(0.0);
    let inner = inner_windows(g);
    let inner_scale = scale(g, divisor, inner[0].start, inner[1].start);
    for plane in 0..g.planes {
        let gx = &mut gx[plane * g.h * g.w..][..g.h * g.w];
        let gy = &gy[plane * g.oh * g.ow..][..g.oh * g.ow];
        for i in inner[0].clone() {
            let gy = &gy[i * g.ow..][inner[1].clone()];
            for u in 0..g.kh {
                let first = (i * g.sh + u - g.ph) * g.w + inner[1].start * g.sw - g.pw;
                for v in 0..g.kw {
                    add_row(g.sw, gy, inner_scale, &mut gx[first + v..]);
                }
            }
        }
        g.each_outer(&inner, |i, j| {
            let share = gy[i * g.ow + j] * scale(g, divisor, i, j);
            g.each_tap(0, i, j, |p, _| gx[p] += share);
        });
    }
}

/// gx[j · stride] += scale · gy[j]
#[inline(always)]
fn add_row(stride: usize, gy: &[f32], scale: f32, gx: &mut [f32]) {
    if stride > 1 {
        for (g, gx) in gy.iter().zip(gx.iter_mut().step_by(stride)) {
            *gx += g * scale;
        }
        return;
    }
    let (g4, g1) = gy.as_chunks::<4>();
    let (x4, _) = gx.as_chunks_mut::<4>();
    for (g, x) in g4.iter().zip(x4) {
        (F32x4::read(x) + F32x4::read(g) * F32x4::splat(scale)).write(x);
    }
    for (g, x) in g1.iter().zip(&mut gx[4 * g4.len()..]) {
        *x += g * scale;
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
            let ([a, b], [c, d]) = unsafe { (eight(top.as_ptr(), j), eight(bottom.as_ptr(), j)) };
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
