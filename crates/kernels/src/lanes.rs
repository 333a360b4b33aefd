//! A batch in lanes: eight images side by side, [n, size] as [⌈n / 8⌉, size, 8]. The last eight may have spare lanes.

use crate::reduce::row_sum;
use crate::simd::{fours, F32x4, I32x4};

/// Images side by side.
pub const LANES: usize = 8;

/// Numbers that n images of `size` numbers take in lanes.
pub fn lanes_len(n: usize, size: usize) -> usize {
    n.div_ceil(LANES) * size * LANES
}

/// y [⌈n / 8⌉, size, 8] = x [n, size], spare lanes 0.
///
/// # Panics
/// If a slice is shorter than that.
pub fn to_lanes(n: usize, size: usize, x: &[f32], y: &mut [f32]) {
    if size == 0 {
        return;
    }
    for (first, y) in (0..n).step_by(LANES).zip(y.chunks_exact_mut(size * LANES)) {
        let images = LANES.min(n - first);
        gather_row(&x[first * size..(first + images) * size], size, images, y);
    }
}

/// The inverse of [`to_lanes`].
///
/// # Panics
/// If a slice is shorter than that.
pub fn from_lanes(n: usize, size: usize, x: &[f32], y: &mut [f32]) {
    if size == 0 {
        return;
    }
    for (first, x) in (0..n).step_by(LANES).zip(x.chunks_exact(size * LANES)) {
        let images = LANES.min(n - first);
        scatter_row(x, size, images, &mut y[first * size..(first + images) * size]);
    }
}

/// y[d] = Σ of plane d of x [⌈n / 8⌉, c, size, 8] over the n images.
///
/// # Panics
/// If a slice is shorter than that.
pub fn sum_lanes(n: usize, c: usize, size: usize, x: &[f32], y: &mut [f32]) {
    let plane = size * LANES;
    for (d, y) in y[..c].iter_mut().enumerate() {
        *y = 0.0;
        for first in (0..n).step_by(LANES) {
            let x = &x[(first / LANES * c + d) * plane..][..plane];
            *y += if n - first >= LANES { row_sum(x) } else { masked_sum(x, n - first) };
        }
    }
}

/// The sum of the first `images` lanes.
fn masked_sum(x: &[f32], images: usize) -> f32 {
    let masks = masks(images);
    let (pixels, _) = x.as_chunks::<LANES>();
    let sum = pixels.iter().fold(F32x4::zero(), |sum, pixel| {
        let [low, high] = masked(pixel, masks);
        sum + (low + high)
    });
    sum.sum()
}

/// Masks of the first `images` lanes.
pub(crate) fn masks(images: usize) -> [I32x4; 2] {
    [0, 4].map(|half| I32x4::from_array([0, 1, 2, 3].map(|i| -i32::from(half + i < images))))
}

/// A pixel with 0 in the lanes that are not in the masks.
#[inline(always)]
pub(crate) fn masked(pixel: &[f32; LANES], masks: [I32x4; 2]) -> [F32x4; 2] {
    let halves = [F32x4::from_slice(pixel), F32x4::from_slice(&pixel[4..])];
    [(halves[0].bits() & masks[0]).as_f32(), (halves[1].bits() & masks[1]).as_f32()]
}

/// out[j][i] = x[i · step + j]: a row of each of `images` images into lanes, 0 into spare ones.
pub(crate) fn gather_row(x: &[f32], step: usize, images: usize, out: &mut [f32]) {
    let n = out.len() / LANES;
    if images < LANES || n < 4 {
        for (j, pixel) in out.chunks_exact_mut(LANES).enumerate() {
            for (i, lane) in pixel.iter_mut().enumerate() {
                *lane = if i < images { x[i * step + j] } else { 0.0 };
            }
        }
        return;
    }
    assert!(x.len() >= (LANES - 1) * step + n);
    for half in [0, 4] {
        // SAFETY: image i's row has n numbers from x[i · step], of which j to j + 3 are read; out has n pixels.
        unsafe {
            let rows = [0, 1, 2, 3].map(|i| x.as_ptr().add((half + i) * step));
            let out = out.as_mut_ptr().add(half);
            for j in fours(n) {
                let pixels = F32x4::transpose(rows.map(|row| F32x4::load(row.add(j))));
                let out = out.add(j * LANES);
                for (i, pixel) in pixels.into_iter().enumerate() {
                    pixel.store(out.add(i * LANES));
                }
            }
        }
    }
}

/// y[i · step + j] = x[j][i]: a row in lanes out to each of `images` images.
pub(crate) fn scatter_row(x: &[f32], step: usize, images: usize, y: &mut [f32]) {
    let n = x.len() / LANES;
    if images < LANES || n < 4 {
        for (j, pixel) in x.chunks_exact(LANES).enumerate() {
            for (i, lane) in pixel[..images].iter().enumerate() {
                y[i * step + j] = *lane;
            }
        }
        return;
    }
    assert!(y.len() >= (LANES - 1) * step + n);
    for half in [0, 4] {
        // SAFETY: image i's row has n numbers from y[i · step], of which j to j + 3 are written; x has n pixels.
        unsafe {
            let rows = [0, 1, 2, 3].map(|i| y.as_mut_ptr().add((half + i) * step));
            let x = x.as_ptr().add(half);
            for j in fours(n) {
                let x = x.add(j * LANES);
                let lanes = F32x4::transpose([0, 1, 2, 3].map(|i| F32x4::load(x.add(i * LANES))));
                for (row, lanes) in rows.iter().zip(lanes) {
                    lanes.store(row.add(j));
                }
            }
        }
    }
}
