//! Max pooling.

use super::argmax::Tap;
use super::geometry::Pool2d;
use super::vectors::write_eight;
use super::windows;
use crate::simd::{fours, F32x4, I32x4};
use core::ops::Range;

/// y = the largest number of each window; `at` = the tap it is under. NaN wins; of equals the first. A window wholly
/// outside of x gives −∞ and tap 0.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn max_pool2d<T: Tap>(g: &Pool2d, x: &[f32], y: &mut [f32], at: Option<&mut [T]>) {
    g.assert_fits(x, y);
    if let Some(at) = &at {
        assert!(g.y_len() <= at.len(), "at is too short");
    }
    let kernel: Option<Kernel> = match [(2, 1), (2, 2), (3, 1), (3, 2)].map(|(k, s)| g.is(k, s)) {
        [true, ..] => Some(windows::largest::<2, 1>),
        [_, true, ..] => Some(windows::largest::<2, 2>),
        [.., true, _] => Some(windows::largest::<3, 1>),
        [.., true] => Some(windows::largest::<3, 2>),
        _ => None,
    };
    planes(g, x, y, at, kernel);
}

/// (geometry, rows and columns of outputs, image, y, at): the part of a plane whose windows lie inside the image.
/// False if a number may be NaN, which it does not look for.
type Kernel = fn(&Pool2d, &[Range<usize>; 2], &[f32], &mut [f32], Option<&mut [u8]>) -> bool;

/// Plane by plane, by the kernel where windows lie inside and no number is NaN.
fn planes<T: Tap>(g: &Pool2d, x: &[f32], y: &mut [f32], mut at: Option<&mut [T]>, kernel: Option<Kernel>) {
    let inner = g.inner();
    let narrow = at.as_deref_mut().is_none_or(|at| T::bytes(at).is_some());
    for plane in 0..g.planes {
        let image = &x[plane * g.h * g.w..][..g.h * g.w];
        let (first, n) = (plane * g.oh * g.ow, g.oh * g.ow);
        let (y, mut at) = (&mut y[first..][..n], at.as_mut().map(|at| &mut at[first..][..n]));
        let mut outer = [0..0, 0..0];
        if let Some(kernel) = kernel.filter(|_| narrow && inner[1].len() >= 4) {
            if kernel(g, &inner, image, y, at.as_deref_mut().and_then(T::bytes)) {
                outer = inner.clone();
            }
        }
        g.each_outer(&outer, |i, j| {
            let (value, tap) = largest(g, i, j, image);
            y[i * g.ow + j] = value;
            if let Some(at) = &mut at {
                at[i * g.ow + j] = T::new(tap);
            }
        });
    }
}

/// Whether `value` takes the place of `best`, which came before it.
#[inline(always)]
fn wins(value: f32, best: f32) -> bool {
    (value > best) | (value.is_nan() & !best.is_nan())
}

fn largest(g: &Pool2d, i: usize, j: usize, image: &[f32]) -> (f32, usize) {
    let (mut best, mut at) = (f32::NEG_INFINITY, None);
    g.each_tap(0, i, j, |p, tap| {
        // Without branches: which number wins is nothing to predict.
        let wins = at.is_none() | wins(image[p], best);
        best = if wins { image[p] } else { best };
        at = if wins { Some(tap) } else { at };
    });
    (best, at.unwrap_or(0))
}

/// gx = g added to the pixel under tap `at` of each window, 0 elsewhere.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn max_pool2d_grad<T: Tap>(g: &Pool2d, gy: &[f32], at: &[T], gx: &mut [f32]) {
    g.assert_fits(gx, gy);
    assert!(g.y_len() <= at.len(), "at is too short");
    let gx = &mut gx[..g.x_len()];
    if g.is_halving() {
        if g.h != 2 * g.oh || g.w != 2 * g.ow {
            gx.fill(0.0);
        }
        double(g, gy, at, gx);
    } else {
        gx.fill(0.0);
        each_winner(g, at, |p, o| gx[p] += gy[o], |_| {});
    }
}

/// y = the pixel under tap `at` of each window: the adjoint of [`max_pool2d_grad`].
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn max_pool2d_take<T: Tap>(g: &Pool2d, x: &[f32], at: &[T], y: &mut [f32]) {
    g.assert_fits(x, y);
    assert!(g.y_len() <= at.len(), "at is too short");
    let y = core::cell::Cell::from_mut(y).as_slice_of_cells();
    each_winner(g, at, |p, o| y[o].set(x[p]), |o| y[o].set(0.0));
}

/// Taps that have a place in the table of [`each_winner`].
const TABLE: usize = 64;

/// Calls f(place in x, place in y) for every output with a pixel under its tap, `none` for those without one.
#[inline(always)]
fn each_winner<T: Tap>(g: &Pool2d, at: &[T], mut f: impl FnMut(usize, usize), mut none: impl FnMut(usize)) {
    // How far the pixel under a tap is from that under the first.
    let mut distances = [0; TABLE];
    for (tap, distance) in distances.iter_mut().enumerate().take(g.kh * g.kw) {
        *distance = tap / g.kw * g.dh * g.w + tap % g.kw * g.dw;
    }
    let [rows, columns] = if g.kh * g.kw <= TABLE { g.inner() } else { [0..0, 0..0] };
    for plane in 0..g.planes {
        for i in 0..g.oh {
            let o = (plane * g.oh + i) * g.ow;
            let inner = if rows.contains(&i) { columns.clone() } else { 0..0 };
            let mut cut = |j: usize| match under(g, plane, i, j, at[o + j]) {
                Some(p) => f(p, o + j),
                None => none(o + j),
            };
            (0..inner.start).for_each(&mut cut);
            if !inner.is_empty() {
                let first = (plane * g.h + i * g.sh - g.ph) * g.w;
                for j in inner.clone() {
                    f(first + j * g.sw - g.pw + distances[at[o + j].number() % TABLE], o + j);
                }
            }
            let mut cut = |j: usize| match under(g, plane, i, j, at[o + j]) {
                Some(p) => f(p, o + j),
                None => none(o + j),
            };
            (inner.end..g.ow).for_each(&mut cut);
        }
    }
}

/// The place in x of the pixel under a tap; none in the padding.
#[inline(always)]
fn under<T: Tap>(g: &Pool2d, plane: usize, i: usize, j: usize, tap: T) -> Option<usize> {
    let tap = tap.number();
    let (y, x) = (g.row(i, tap / g.kw)?, g.column(j, tap % g.kw)?);
    Some((plane * g.h + y) * g.w + x)
}

/// The gradient where windows of 2 × 2 tile the image. 1.1 ns an output.
#[inline(never)]
fn double<T: Tap>(g: &Pool2d, gy: &[f32], at: &[T], gx: &mut [f32]) {
    let n = g.ow;
    g.each_halved_row(|top, o| {
        let (top, bottom) = gx[top..].split_at_mut(g.w);
        let (top, bottom) = (&mut top[..2 * n], &mut bottom[..2 * n]);
        let (gy, at) = (&gy[o..][..n], &at[o..][..n]);
        for j in fours(n) {
            // SAFETY: `fours` keeps j + 4 ≤ n; the rows have 2n numbers, gy has n.
            let value = unsafe { F32x4::load(gy.as_ptr().add(j)) }.bits();
            let tap = T::read4(at[j..].first_chunk().expect("four taps"));
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| (value & tap.eq(I32x4::splat(i))).as_f32());
            unsafe {
                write_eight(interleave(a, b), top, j);
                write_eight(interleave(c, d), bottom, j);
            }
        }
    });
}

/// a0 b0 a1 b1, a2 b2 a3 b3
#[inline(always)]
fn interleave(a: F32x4, b: F32x4) -> [F32x4; 2] {
    [a.shuffle::<0, 4, 1, 5>(b), a.shuffle::<2, 6, 3, 7>(b)]
}
