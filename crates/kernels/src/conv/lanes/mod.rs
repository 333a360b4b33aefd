//! Convolution with the batch in lanes: eight images side by side, [planes][rows][columns][8].
//!
//! A tile is a few filters × eight images at one pixel, read in place through a table of tap distances: nothing is
//! packed, no row ends in the middle of a vector, and no border of an image costs products in the gradient of the input.
//! That pays where few channels and filters leave matrix products too little to do. The layers of LeNet-5 at a batch of
//! 64, GFLOP/s here and in `implicit`, the transpositions (0.13 ns a number) included, where products of 512³ run at 29
//! (AMD EPYC, simd128, Node 20, on a busy machine):
//!
//!   1 → 6, 5 × 5 on 28 × 28: forward 17, 12; gradient of the weights 21, 7
//!   6 → 16, 5 × 5 on 14 × 14: forward 26, 22; gradient of the input 20, 7; of the weights 23, 19

mod forward;
mod grad_w;
mod grad_x;

pub(super) use forward::{forward, forward_workspace};
pub(super) use grad_w::{grad_w, grad_w_workspace};
pub(super) use grad_x::{grad_x, grad_x_workspace};

use super::geometry::{Conv2d, Window};
use crate::simd::{fours, F32x4};

/// Images side by side.
pub(super) const LANES: usize = 8;

/// Planes of eight images with room for every tap: zeros around the images, or a part of them.
#[derive(Clone, Copy)]
struct Block {
    planes: usize,
    h: usize,
    w: usize,
    rows: usize,
    columns: usize,
    top: isize,
    left: isize,
}

impl Block {
    /// The frame of a group's input.
    fn input(window: &Window) -> Self {
        let Window { c, h, w, kh, kw, oh, ow, sh, sw, dh, dw, top, left, .. } = *window;
        let (rows, columns) = ((oh - 1) * sh + (kh - 1) * dh + 1, (ow - 1) * sw + (kw - 1) * dw + 1);
        Self { planes: c, h, w, rows, columns, top, left }
    }

    /// A group's output as it is.
    fn output(window: &Window) -> Self {
        let Window { k, oh, ow, .. } = *window;
        Self { planes: k, h: oh, w: ow, rows: oh, columns: ow, top: 0, left: 0 }
    }

    /// Numbers of a row of pixels.
    fn row(&self) -> usize {
        self.columns * LANES
    }

    fn plane(&self) -> usize {
        self.rows * self.row()
    }

    fn len(&self) -> usize {
        self.planes * self.plane()
    }

    /// The distance of every tap of a window from its first.
    fn taps(&self, window: &Window, out: &mut [u32]) {
        let mut out = out.iter_mut();
        for d in 0..window.c {
            for u in 0..window.kh {
                for v in 0..window.kw {
                    let at = d * self.plane() + u * window.dh * self.row() + v * window.dw * LANES;
                    *out.next().expect("one number a tap") = at as u32;
                }
            }
        }
    }

    /// Copies `images` ≤ 8 images into their lanes, the first at x, consecutive ones `step` apart. What lies around
    /// them stays; lanes without an image are 0.
    fn fill(&self, x: &[f32], step: usize, images: usize, block: &mut [f32]) {
        let x_first = (-self.left).max(0) as usize;
        let first = self.left.max(0) as usize;
        let count = self.w.saturating_sub(x_first).min(self.columns.saturating_sub(first));
        if count == 0 {
            return;
        }
        for d in 0..self.planes {
            for y in 0..self.h {
                let row = y as isize + self.top;
                if !(0..self.rows as isize).contains(&row) {
                    continue;
                }
                let source = &x[(d * self.h + y) * self.w + x_first..];
                let at = d * self.plane() + row as usize * self.row() + first * LANES;
                gather_row(source, step, images, &mut block[at..][..count * LANES]);
            }
        }
    }
}

/// The images of a block: where the first begins in a batch, and how many there are.
fn blocks(g: &Conv2d) -> impl Iterator<Item = (usize, usize)> {
    let n = g.n;
    (0..n).step_by(LANES).map(move |first| (first, LANES.min(n - first)))
}

/// out[j][i] = x[i · step + j]: a row of each image into lanes.
fn gather_row(x: &[f32], step: usize, images: usize, out: &mut [f32]) {
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

/// y[i · step + j] = x[j][i]: a row in lanes out to each image.
fn scatter_row(x: &[f32], step: usize, images: usize, y: &mut [f32]) {
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

/// Filters of a tile: the widest of 3 and 4 that wastes less on the last panel, or all if there are fewer.
fn panel(filters: usize) -> usize {
    match filters {
        1 | 2 => filters,
        _ if filters.next_multiple_of(3) < filters.next_multiple_of(4) => 3,
        _ => 4,
    }
}

/// M filters × eight images: what is summed up in registers.
type Sums<const M: usize> = [[F32x4; 2]; M];

/// sums[i] += Σ_q w[q, i] · x[q], q = 0..n: `w` is M apart, `x` moves by what `step` gives.
///
/// # Safety
/// w[0..n · M] and x[at(q)..at(q) + 8] must exist.
#[inline(always)]
unsafe fn accumulate<const M: usize>(
    mut sums: Sums<M>, n: usize, mut w: *const f32, x: *const f32, at: impl Fn(usize) -> usize,
) -> Sums<M> {
    for q in 0..n {
        let x = x.add(at(q));
        let (low, high) = (F32x4::load(x), F32x4::load(x.add(4)));
        for sum in &mut sums {
            let weight = F32x4::load_splat(w);
            w = w.add(1);
            sum[0] = weight.mul_add(low, sum[0]);
            sum[1] = weight.mul_add(high, sum[1]);
        }
    }
    sums
}
