//! The blocked layout of a batch, NCHW8n: [n, size] as [⌈n / 8⌉, size, 8], eight images side by side, so that a vector holds
//! the same pixel of several images. The last block may have fewer than eight.

use core::cell::Cell;

use crate::cells::address;
use crate::reduce::{Pairwise, Terms, SHORT};
use crate::simd::{fours, F32x4, I32x4};

/// Images of a block.
pub const IMAGES: usize = 8;

/// Numbers that n images of `size` numbers take in the blocked layout.
pub fn blocked_len(n: usize, size: usize) -> usize {
    n.div_ceil(IMAGES) * size * IMAGES
}

/// y [⌈n / 8⌉, size, 8] = x [n, size], spare images 0.
///
/// # Panics
/// If a slice is shorter than that.
pub fn to_blocked(n: usize, size: usize, x: &[f32], y: &mut [f32]) {
    if size == 0 {
        return;
    }
    for (first, y) in (0..n).step_by(IMAGES).zip(y.chunks_exact_mut(size * IMAGES)) {
        let images = IMAGES.min(n - first);
        gather_row(&x[first * size..(first + images) * size], size, images, y);
    }
}

/// The inverse of [`to_blocked`].
///
/// # Panics
/// If a slice is shorter than that.
pub fn from_blocked(n: usize, size: usize, x: &[f32], y: &mut [f32]) {
    if size == 0 {
        return;
    }
    for (first, x) in (0..n).step_by(IMAGES).zip(x.chunks_exact(size * IMAGES)) {
        let images = IMAGES.min(n - first);
        let y = &mut y[first * size..(first + images) * size];
        scatter_row(x, size, images, Cell::from_mut(y).as_slice_of_cells());
    }
}

/// y[d] = Σ of plane d of x [⌈n / 8⌉, c, size, 8] over the n images: with several images, planes and places to the bits
/// of [`sum`](crate::reduce::sum) over images and places.
///
/// # Panics
/// If a slice is shorter than that.
pub fn sum_blocked(n: usize, c: usize, size: usize, x: &[f32], y: &mut [f32], first: usize) {
    let mut sum = Pairwise::new();
    let mut parts = Pairwise::new();
    for (y, d) in y.iter_mut().zip(first..c) {
        for image in (0..n).step_by(IMAGES) {
            let plane = &x[(image / IMAGES * c + d) * size * IMAGES..][..size * IMAGES];
            plane_sums(plane, &mut parts).into_iter().take(n - image).for_each(|image| sum.add(image));
        }
        *y = sum.take().sum();
    }
}

/// For a plane of each of eight images the sums over every fourth place, as `sum` has them of a row: there a vector holds
/// four places of one image, here one place of four, and eight vectors four places of all.
#[inline(always)]
fn plane_sums(x: &[f32], parts: &mut Pairwise<[F32x4; 8]>) -> [F32x4; IMAGES] {
    let (vectors, _) = x.as_chunks::<4>();
    let (fours, rest) = vectors.as_chunks::<8>();
    // What is left over first, then one after another.
    let short = |fours: &[[[f32; 4]; 8]]| {
        let first = core::array::from_fn(|k| rest.get(k).map_or(F32x4::zero(), F32x4::read));
        fours.iter().fold(first, |s, four| s.plus(read(four)))
    };
    let sums = if x.len() <= SHORT * IMAGES {
        short(fours)
    } else {
        let (blocks, fours) = fours.as_chunks::<16>();
        for block in blocks {
            let chain = |i: usize| [4, 8, 12].iter().fold(read(&block[i]), |s, t| s.plus(read(&block[t + i])));
            let half = chain(0).plus(chain(1));
            parts.add(half.plus(chain(2).plus(chain(3))));
        }
        if !(fours.is_empty() && rest.is_empty()) {
            parts.add(short(fours));
        }
        parts.take()
    };
    let [low, high] = [0, 1].map(|half| F32x4::transpose([0, 2, 4, 6].map(|k| sums[k + half])));
    core::array::from_fn(|i| if i < 4 { low[i] } else { high[i - 4] })
}

#[inline(always)]
fn read(four: &[[f32; 4]; 8]) -> [F32x4; 8] {
    core::array::from_fn(|k| F32x4::read(&four[k]))
}

/// Masks of the first `images` lanes.
pub(crate) fn masks(images: usize) -> [I32x4; 2] {
    [0, 4].map(|half| I32x4::from_array([0, 1, 2, 3].map(|i| -i32::from(half + i < images))))
}

/// A pixel with 0 in the lanes that are not in the masks.
#[inline(always)]
pub(crate) fn masked(pixel: &[f32; IMAGES], masks: [I32x4; 2]) -> [F32x4; 2] {
    let halves = [F32x4::from_slice(pixel), F32x4::from_slice(&pixel[4..])];
    [(halves[0].bits() & masks[0]).as_f32(), (halves[1].bits() & masks[1]).as_f32()]
}

/// out[j][i] = x[i · step + j]: a row of each of `images` images into lanes, 0 into spare ones.
pub(crate) fn gather_row(x: &[f32], step: usize, images: usize, out: &mut [f32]) {
    let n = out.len() / IMAGES;
    if images < IMAGES || n < 4 {
        for (j, pixel) in out.chunks_exact_mut(IMAGES).enumerate() {
            for (i, lane) in pixel.iter_mut().enumerate() {
                *lane = if i < images { x[i * step + j] } else { 0.0 };
            }
        }
        return;
    }
    assert!(x.len() >= (IMAGES - 1) * step + n);
    for half in [0, 4] {
        // SAFETY: image i's row has n numbers from x[i · step], of which j to j + 3 are read; out has n pixels.
        unsafe {
            let rows = [0, 1, 2, 3].map(|i| x.as_ptr().add((half + i) * step));
            let out = out.as_mut_ptr().add(half);
            for j in fours(n) {
                let pixels = F32x4::transpose(rows.map(|row| F32x4::load(row.add(j))));
                let out = out.add(j * IMAGES);
                for (i, pixel) in pixels.into_iter().enumerate() {
                    pixel.store(out.add(i * IMAGES));
                }
            }
        }
    }
}

/// y[i · step + j] = x[j][i]: a row of the blocked layout out to each of `images` images.
pub(crate) fn scatter_row(x: &[f32], step: usize, images: usize, y: &[Cell<f32>]) {
    let n = x.len() / IMAGES;
    if images < IMAGES || n < 4 {
        for (j, pixel) in x.chunks_exact(IMAGES).enumerate() {
            for (i, lane) in pixel[..images].iter().enumerate() {
                y[i * step + j].set(*lane);
            }
        }
        return;
    }
    assert!(y.len() >= (IMAGES - 1) * step + n);
    for half in [0, 4] {
        // SAFETY: image i's row has n numbers from y[i · step], of which j to j + 3 are written; x has n pixels.
        unsafe {
            let rows = [0, 1, 2, 3].map(|i| address(y).add((half + i) * step));
            let x = x.as_ptr().add(half);
            for j in fours(n) {
                let x = x.add(j * IMAGES);
                let lanes = F32x4::transpose([0, 1, 2, 3].map(|i| F32x4::load(x.add(i * IMAGES))));
                for (row, lanes) in rows.iter().zip(lanes) {
                    lanes.store(row.add(j));
                }
            }
        }
    }
}
