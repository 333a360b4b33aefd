//! Pooling with the batch in lanes: planes [h, w, 8] into planes [oh, ow, 8].

use super::average::{inner_windows, scale, Divisor};
use super::max::Tap;
use super::{inside, Pool2d};
use crate::lanes::{masked, masks, LANES};
use crate::simd::{F32x4, I32x4};

/// A pixel of eight images.
type Pixel = [F32x4; 2];

#[inline(always)]
fn read(pixel: &[f32; LANES]) -> Pixel {
    [F32x4::from_slice(pixel), F32x4::from_slice(&pixel[4..])]
}

#[inline(always)]
fn write(pixel: Pixel, out: &mut [f32; LANES]) {
    pixel[0].write(out.first_chunk_mut().expect("eight lanes"));
    pixel[1].write(out.last_chunk_mut().expect("eight lanes"));
}

impl Pool2d {
    fn assert_lanes(&self, x: &[f32], y: &[f32], at: Option<usize>) {
        let outputs = self.planes * self.oh * self.ow * LANES;
        assert!(self.planes * self.h * self.w * LANES <= x.len(), "x is too short");
        assert!(outputs <= y.len(), "y is too short");
        assert!(at.is_none_or(|at| outputs <= at), "at is too short");
    }
}

/// y = the largest number of each window, or 0 if `relu` and none is greater; `at` = the tap it is under, or kh · kw for
/// that 0. NaN wins; of equals the first.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn max_pool2d_lanes<T: Tap>(g: &Pool2d, x: &[f32], y: &mut [f32], at: Option<&mut [T]>, relu: bool) {
    g.assert_lanes(x, y, at.as_ref().map(|at| at.len()));
    match at {
        Some(at) => maxima(g, x, y, relu, |o, taps| {
            for (taps, at) in taps.into_iter().zip(at[o * LANES..][..LANES].as_chunks_mut().0) {
                T::write4(taps, at);
            }
        }),
        None => maxima(g, x, y, relu, |_, _| {}),
    }
}

/// Calls found(output, taps) for every output.
#[inline(always)]
fn maxima(g: &Pool2d, x: &[f32], y: &mut [f32], relu: bool, mut found: impl FnMut(usize, [I32x4; 2])) {
    let (x, y) = (x.as_chunks::<LANES>().0, y.as_chunks_mut::<LANES>().0);
    for row in 0..g.planes * g.oh {
        let (plane, i) = (row / g.oh, row % g.oh);
        let image = &x[plane * g.h * g.w..][..g.h * g.w];
        let rows = inside(i * g.sh, g.kh, g.dh, g.ph, g.h);
        for j in 0..g.ow {
            let columns = inside(j * g.sw, g.kw, g.dw, g.pw, g.w);
            let none = rows.is_empty() || columns.is_empty();
            let first = if none { 0 } else { rows.start * g.kw + columns.start };
            let (start, tap) = if relu { (0.0, g.kh * g.kw) } else { (f32::NEG_INFINITY, first) };
            let mut best = [F32x4::splat(start); 2];
            let mut taps = [I32x4::splat(tap as i32); 2];
            for u in rows.clone() {
                let line = &image[(i * g.sh + u * g.dh - g.ph) * g.w..][..g.w];
                for v in columns.clone() {
                    let pixel = read(&line[j * g.sw + v * g.dw - g.pw]);
                    let tap = I32x4::splat((u * g.kw + v) as i32).as_f32();
                    for half in 0..2 {
                        // Greater, or NaN where nothing was NaN before.
                        let wins = best[half].eq(best[half]) & !pixel[half].le(best[half]);
                        best[half] = F32x4::select(wins, pixel[half], best[half]);
                        taps[half] = F32x4::select(wins, tap, taps[half].as_f32()).bits();
                    }
                }
            }
            write(best, &mut y[row * g.ow + j]);
            found(row * g.ow + j, taps);
        }
    }
}

/// gx = g added to the pixel under tap `at` of each window, 0 elsewhere. gb, for planes [⌈n / 8⌉, c] of n images, c being
/// its length: gb[d] = Σ of g over planes d but where none won.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn max_pool2d_lanes_grad<T: Tap>(
    g: &Pool2d, gy: &[f32], at: &[T], gx: &mut [f32], n: usize, mut gb: Option<&mut [f32]>,
) {
    g.assert_lanes(gx, gy, Some(at.len()));
    let (size, outputs) = (g.h * g.w * LANES, g.oh * g.ow * LANES);
    let gx = &mut gx[..g.planes * size];
    if let Some(gb) = &mut gb {
        gb.fill(0.0);
    }
    let apart = (g.kh - 1) * g.dh < g.sh && (g.kw - 1) * g.dw < g.sw;
    if !(apart && g.is_tiled()) {
        gx.fill(0.0);
    }
    for plane in 0..g.planes {
        let (gy, at) = (&gy[plane * outputs..][..outputs], &at[plane * outputs..][..outputs]);
        let gx = &mut gx[plane * size..][..size];
        if apart {
            spread::<T, false>(g, gy, at, gx);
        } else {
            spread::<T, true>(g, gy, at, gx);
        }
        if let Some(gb) = &mut gb {
            let c = gb.len();
            gb[plane % c] += arrived(g, gy, at, n - plane / c * LANES);
        }
    }
}

/// A plane of the gradient: g where a tap won, or what was there and g if windows overlap.
#[inline(never)]
fn spread<T: Tap, const OVERLAP: bool>(g: &Pool2d, gy: &[f32], at: &[T], gx: &mut [f32]) {
    let (gy, at, gx) = (gy.as_chunks::<LANES>().0, at.as_chunks::<LANES>().0, gx.as_chunks_mut::<LANES>().0);
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

#[inline(always)]
fn taps<T: Tap>(at: &[T; LANES]) -> [I32x4; 2] {
    [T::read4(at.first_chunk().expect("eight lanes")), T::read4(at.last_chunk().expect("eight lanes"))]
}

/// Σ of a plane's gradients over the first `images` lanes, but for those of windows where none won, row by row.
#[inline(never)]
fn arrived<T: Tap>(g: &Pool2d, gy: &[f32], at: &[T], images: usize) -> f32 {
    let masks = masks(images);
    let none = I32x4::splat((g.kh * g.kw) as i32);
    let (mut sum, row) = (F32x4::zero(), g.ow.max(1) * LANES);
    for (gy, at) in gy.chunks_exact(row).zip(at.chunks_exact(row)) {
        let mut line = F32x4::zero();
        for (gy, at) in gy.as_chunks::<LANES>().0.iter().zip(at.as_chunks::<LANES>().0) {
            let (value, taps) = (masked(gy, masks), taps(at));
            for half in 0..2 {
                line = line + (value[half].bits() & !taps[half].eq(none)).as_f32();
            }
        }
        sum = sum + line;
    }
    sum.sum()
}

/// y = the sum of each window over its divisor, added up as [`avg_pool2d`](super::avg_pool2d) does.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn avg_pool2d_lanes(g: &Pool2d, x: &[f32], y: &mut [f32], divisor: Divisor) {
    g.assert_lanes(x, y, None);
    let (x, y) = (x.as_chunks::<LANES>().0, y.as_chunks_mut::<LANES>().0);
    for row in 0..g.planes * g.oh {
        let (plane, i) = (row / g.oh, row % g.oh);
        for j in 0..g.ow {
            let mut sum = [F32x4::zero(); 2];
            if g.is_halving() {
                let first = (plane * g.h + 2 * i) * g.w + 2 * j;
                let [a, b, c, d] = [first, first + 1, first + g.w, first + g.w + 1].map(|p| read(&x[p]));
                sum = [0, 1].map(|half| (a[half] + c[half]) + (b[half] + d[half]));
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
pub fn avg_pool2d_lanes_grad(g: &Pool2d, gy: &[f32], gx: &mut [f32], divisor: Divisor) {
    g.assert_lanes(gx, gy, None);
    let (gy, gx) = (gy.as_chunks::<LANES>().0, gx.as_chunks_mut::<LANES>().0);
    let gx = &mut gx[..g.planes * g.h * g.w];
    gx.fill([0.0; LANES]);
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
