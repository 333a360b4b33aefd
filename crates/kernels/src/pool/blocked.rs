//! Pooling in the blocked layout: planes [h, w, 8] into planes [oh, ow, 8].

use super::argmax::{Tap, ARGMAX};
use super::average::{inner_windows, scale, Divisor};
use super::geometry::{inside, Pool2d};
use super::windows::{first_largest, largest_row, total};
use crate::blocked::IMAGES;
use crate::simd::{F32x4, F64x4, I32x4};

/// A pixel of eight images.
type Pixel = [F32x4; 2];

#[inline(always)]
fn read(pixel: &[f32; IMAGES]) -> Pixel {
    [F32x4::from_slice(pixel), F32x4::from_slice(&pixel[4..])]
}

#[inline(always)]
fn write(pixel: Pixel, out: &mut [f32; IMAGES]) {
    pixel[0].write(out.first_chunk_mut().expect("eight lanes"));
    pixel[1].write(out.last_chunk_mut().expect("eight lanes"));
}

impl Pool2d {
    fn assert_lanes(&self, x: &[f32], y: &[f32], at: Option<usize>) {
        let outputs = self.planes * self.oh * self.ow * IMAGES;
        assert!(self.planes * self.h * self.w * IMAGES <= x.len(), "x is too short");
        assert!(outputs <= y.len(), "y is too short");
        assert!(at.is_none_or(|at| outputs <= at), "at is too short");
    }
}

/// y = the largest number of each window, or 0 if `relu` and none is greater; `at` = the tap it is under, or kh · kw for
/// that 0. NaN wins; of equals the first.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn max_pool2d_blocked<T: Tap>(g: &Pool2d, x: &[f32], y: &mut [f32], mut at: Option<&mut [T]>, relu: bool) {
    g.assert_lanes(x, y, at.as_ref().map(|at| at.len()));
    let kernel: Option<Kernel> = match (g.kh, g.kw, at.as_deref_mut().map(|at| T::bytes(at).is_some())) {
        (2, 2, None) => Some(row::<2, false>),
        (3, 3, None) => Some(row::<3, false>),
        (2, 2, Some(true)) if ARGMAX => Some(row::<2, true>),
        (3, 3, Some(true)) if ARGMAX => Some(row::<3, true>),
        _ => None,
    };
    let [rows, columns] = g.inner();
    for i in 0..g.planes * g.oh {
        let (image, i, o) = (&x[i / g.oh * g.h * g.w * IMAGES..][..g.h * g.w * IMAGES], i % g.oh, i * g.ow * IMAGES);
        let (y, mut at) = (&mut y[o..][..g.ow * IMAGES], at.as_deref_mut().map(|at| &mut at[o..][..g.ow * IMAGES]));
        let mut done = 0..0;
        if let Some(kernel) = kernel.filter(|_| rows.contains(&i) && !columns.is_empty()) {
            let first = ((i * g.sh - g.ph) * g.w + columns.start * g.sw - g.pw) * IMAGES;
            let inner = columns.start * IMAGES..columns.end * IMAGES;
            let at = at.as_deref_mut().and_then(T::bytes).map_or(&mut [][..], |at| &mut at[inner.clone()]);
            if kernel(g, relu, &image[first..], &mut y[inner], at) {
                done = columns.clone();
            }
        }
        for j in (0..done.start).chain(done.end..g.ow) {
            let (best, taps) = pixel(g, image.as_chunks().0, i, j, relu);
            write(best, y[j * IMAGES..].first_chunk_mut().expect("a pixel"));
            if let Some(at) = &mut at {
                for (taps, at) in taps.into_iter().zip(at[j * IMAGES..].as_chunks_mut().0) {
                    T::write4(taps, at);
                }
            }
        }
    }
}

/// (geometry, relu, x from the first tap of the first window on, y, at): a row of windows inside the image. False if a
/// number may be NaN, which it does not look for.
type Kernel = fn(&Pool2d, bool, &[f32], &mut [f32], &mut [u8]) -> bool;

/// Windows of K × K taps. A comparison with NaN is lost, so the numbers are added up beside, as in `windows`.
#[inline(never)]
fn row<const K: usize, const TAPS: bool>(g: &Pool2d, relu: bool, x: &[f32], y: &mut [f32], at: &mut [u8]) -> bool {
    let (line, column, step, n) = (g.dh * g.w * IMAGES, g.dw * IMAGES, g.sw * IMAGES, y.len() / IMAGES);
    let floor = F32x4::splat(if relu { 0.0 } else { f32::NEG_INFINITY });
    let none = I32x4::splat(if relu { (K * K) as i32 } else { 0 });
    assert!(x.len() >= (n - 1) * step + (K - 1) * (line + column) + IMAGES && (!TAPS || at.len() >= n * IMAGES));
    let mut sum = F32x4::zero();
    for j in 0..n {
        for half in [0, 4] {
            // SAFETY: the last tap of the last window lies in x; y and `at` have n pixels.
            unsafe {
                let (x, o) = (x.as_ptr().add(j * step + half), j * IMAGES + half);
                let mut lines = [(F32x4::zero(), I32x4::splat(0)); K];
                for u in 0..K {
                    let mut taps = [F32x4::zero(); K];
                    for v in 0..K {
                        taps[v] = F32x4::load(x.add(u * line + v * column));
                    }
                    sum = sum + total(taps);
                    lines[u] = first_largest(taps);
                }
                let (best, tap) = largest_row(lines);
                let some = best.gt(floor);
                F32x4::select(some, best, floor).store(y.as_mut_ptr().add(o));
                if TAPS {
                    let tap = F32x4::select(some, (I32x4::splat(0) - tap).as_f32(), none.as_f32()).bits();
                    tap.write_u8(&mut *at.as_mut_ptr().add(o).cast());
                }
            }
        }
    }
    sum.to_array().iter().all(|sum| !sum.is_nan())
}

/// Any window.
#[inline(never)]
fn pixel(g: &Pool2d, image: &[[f32; IMAGES]], i: usize, j: usize, relu: bool) -> (Pixel, [I32x4; 2]) {
    let mut best = [F32x4::splat(if relu { 0.0 } else { f32::NEG_INFINITY }); 2];
    let mut taps = [I32x4::splat((g.kh * g.kw) as i32); 2];
    let mut first = !relu;
    if !relu {
        taps = [I32x4::splat(0); 2];
    }
    g.each_tap(0, i, j, |p, tap| {
        let (x, tap) = (read(&image[p]), I32x4::splat(tap as i32));
        for half in 0..2 {
            // Greater, or NaN where nothing was NaN before.
            let wins = best[half].eq(best[half]) & !x[half].le(best[half]);
            best[half] = F32x4::select(wins, x[half], best[half]);
            taps[half] = if first { tap } else { I32x4::select(wins, tap, taps[half]) };
        }
        first = false;
    });
    (best, taps)
}

/// gx = g added to the pixel under tap `at` of each window, 0 elsewhere.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn max_pool2d_blocked_grad<T: Tap>(g: &Pool2d, gy: &[f32], at: &[T], gx: &mut [f32]) {
    g.assert_lanes(gx, gy, Some(at.len()));
    let (size, outputs) = (g.h * g.w * IMAGES, g.oh * g.ow * IMAGES);
    let gx = &mut gx[..g.planes * size];
    let apart = (g.kh - 1) * g.dh < g.sh && (g.kw - 1) * g.dw < g.sw;
    if !(apart && g.is_tiled()) {
        gx.fill(0.0);
    }
    for plane in 0..g.planes {
        let (gy, at) = (&gy[plane * outputs..][..outputs], &at[plane * outputs..][..outputs]);
        let gx = &mut gx[plane * size..][..size];
        if g.is_halving() {
            spread_halving(g, gy, at, gx);
        } else if apart {
            spread::<T, false>(g, gy, at, gx);
        } else {
            spread::<T, true>(g, gy, at, gx);
        }
    }
}

/// A plane of the gradient: g where a tap won, or what was there and g if windows overlap.
#[inline(never)]
fn spread<T: Tap, const OVERLAP: bool>(g: &Pool2d, gy: &[f32], at: &[T], gx: &mut [f32]) {
    let (gy, at, gx) = (gy.as_chunks::<IMAGES>().0, at.as_chunks::<IMAGES>().0, gx.as_chunks_mut::<IMAGES>().0);
    for i in 0..g.oh {
        let rows = inside(i * g.sh, g.kh, g.dh, g.ph, g.h);
        for j in 0..g.ow {
            let columns = inside(j * g.sw, g.kw, g.dw, g.pw, g.w);
            let (value, taps) = (read(&gy[i * g.ow + j]), taps(&at[i * g.ow + j]));
            for u in rows.clone() {
                let line = &mut gx[(i * g.sh + u * g.dh - g.ph) * g.w..][..g.w];
                for v in columns.clone() {
                    let tap = I32x4::splat((u * g.kw + v) as i32);
                    let target = &mut line[j * g.sw + v * g.dw - g.pw];
                    let mut share = [0, 1].map(|half| (value[half].bits() & taps[half].eq(tap)).as_f32());
                    if OVERLAP {
                        let before = read(target);
                        share = [before[0] + share[0], before[1] + share[1]];
                    }
                    write(share, target);
                }
            }
        }
    }
}

/// The same for windows of 2 × 2 that lie side by side: each pixel is under one tap, which is known.
#[inline(never)]
fn spread_halving<T: Tap>(g: &Pool2d, gy: &[f32], at: &[T], gx: &mut [f32]) {
    let (gy, at, gx) = (gy.as_chunks::<IMAGES>().0, at.as_chunks::<IMAGES>().0, gx.as_chunks_mut::<IMAGES>().0);
    for ((gy, at), lines) in gy.chunks_exact(g.ow).zip(at.chunks_exact(g.ow)).zip(gx.chunks_exact_mut(2 * g.w)) {
        let (upper, lower) = lines.split_at_mut(g.w);
        let windows = upper.as_chunks_mut::<2>().0.iter_mut().zip(lower.as_chunks_mut::<2>().0);
        for ((value, at), (upper, lower)) in gy.iter().zip(at).zip(windows) {
            let (value, taps) = (read(value), taps(at));
            let share = |tap: i32| [0, 1].map(|half| (value[half].bits() & taps[half].eq(I32x4::splat(tap))).as_f32());
            write(share(0), &mut upper[0]);
            write(share(1), &mut upper[1]);
            write(share(2), &mut lower[0]);
            write(share(3), &mut lower[1]);
        }
    }
}

#[inline(always)]
fn taps<T: Tap>(at: &[T; IMAGES]) -> [I32x4; 2] {
    [T::read4(at.first_chunk().expect("eight lanes")), T::read4(at.last_chunk().expect("eight lanes"))]
}

/// y = the sum of each window over its divisor, added up as [`avg_pool2d`](super::avg_pool2d) does.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn avg_pool2d_blocked(g: &Pool2d, x: &[f32], y: &mut [f32], divisor: Divisor) {
    g.assert_lanes(x, y, None);
    let (x, y) = (x.as_chunks::<IMAGES>().0, y.as_chunks_mut::<IMAGES>().0);
    for row in 0..g.planes * g.oh {
        let (plane, i) = (row / g.oh, row % g.oh);
        for j in 0..g.ow {
            let mut sum = [F32x4::zero(); 2];
            if g.is_halving() {
                let first = (plane * g.h + 2 * i) * g.w + 2 * j;
                let [a, b, c, d] = [first, first + 1, first + g.w, first + g.w + 1].map(|p| read(&x[p]));
                sum = [0, 1].map(|half| (a[half] + c[half]) + (b[half] + d[half]));
            } else if g.is_wide() {
                let mut wide = [F64x4::splat(0.0); 2];
                g.each_tap(plane, i, j, |p, _| {
                    let pixel = read(&x[p]).map(F32x4::to_f64);
                    wide = [wide[0] + pixel[0], wide[1] + pixel[1]];
                });
                sum = wide.map(F64x4::to_f32);
            } else {
                g.each_tap(plane, i, j, |p, _| {
                    let pixel = read(&x[p]);
                    sum = [sum[0] + pixel[0], sum[1] + pixel[1]];
                });
            }
            let scale = F32x4::splat(scale(g, divisor, i, j));
            write([sum[0] * scale, sum[1] * scale], &mut y[row * g.ow + j]);
        }
    }
}

/// gx = the sum of g over its divisor, over the windows that a pixel is in, added up as
/// [`avg_pool2d_grad`](super::avg_pool2d_grad) does.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn avg_pool2d_blocked_grad(g: &Pool2d, gy: &[f32], gx: &mut [f32], divisor: Divisor) {
    g.assert_lanes(gx, gy, None);
    let (gy, gx) = (gy.as_chunks::<IMAGES>().0, gx.as_chunks_mut::<IMAGES>().0);
    let gx = &mut gx[..g.planes * g.h * g.w];
    gx.fill([0.0; IMAGES]);
    let [rows, columns] = inner_windows(g);
    for plane in 0..g.planes {
        let gy = &gy[plane * g.oh * g.ow..][..g.oh * g.ow];
        let mut add = |p: usize, i: usize, j: usize| {
            let (scale, share, before) = (F32x4::splat(scale(g, divisor, i, j)), read(&gy[i * g.ow + j]), read(&gx[p]));
            write([before[0] + share[0] * scale, before[1] + share[1] * scale], &mut gx[p]);
        };
        for i in rows.clone() {
            for u in 0..g.kh {
                for v in 0..g.kw {
                    for j in columns.clone() {
                        add((plane * g.h + i * g.sh + u - g.ph) * g.w + j * g.sw + v - g.pw, i, j);
                    }
                }
            }
        }
        g.each_outer(&[rows.clone(), columns.clone()], |i, j| g.each_tap(plane, i, j, |p, _| add(p, i, j)));
    }
}
