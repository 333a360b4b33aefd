//! The gradient of the weights, F(3 × 3, 2 × 2): 3 × 3 weights from 4 × 4 inputs and 2 × 2 gradients, the adjoint of
//! F(2 × 2, 3 × 3) in the filters.
//!
//!   gW = Gᵀ [Σ_tiles (A g Aᵀ) ⊙ (Bᵀ x B)] G
//!
//! The sums over tiles, of all images, are 16 matrix products [k, tiles] · [tiles, c]. Lanes are filters or channels.
//!
//! GFLOP/s, counted as direct, here and with patches, where multiply-adds in registers reach 44 (AMD EPYC, simd128,
//! Node 20, on a busy machine):
//!
//!   128 channels and filters on 28 × 28: 57, 31;  64 on 56 × 56: 47, 30;  a batch of 32 → 64 on 14 × 14: 49, 30
//!   192 → 384 on 13 × 13: 47, 33, a batch of 8: 52, 30;  a batch of 512 on 7 × 7: 47, 22

use super::plan::{distance, fits, DEPTHS};
use super::products::multiply;
use super::transforms::{Transform, F2};
use crate::conv::geometry::{Conv2d, Window};
use crate::conv::image::Frame;
use crate::conv::workspace::Workspace;
use crate::gemm::loops::{MR, NR};
use crate::gemm::pack::position;
use crate::simd::{fours, F32x4};
use core::ops::Range;

/// Elements of a tile.
const ELEMENTS: usize = 16;

/// Tiles that are transformed at a time.
const AT_ONCE: usize = 128;

/// Channels, and pairs of a channel and a filter, from which on it gains: 8 and 8 · 16 gain 16 % on 14 × 14, 8 · 32 11 %,
/// and 30 % over a blocked batch; but 8 · 8 lose 20 %.
const CHANNELS: usize = 8;
const PAIRS: usize = 128;
/// Tiles of a batch from which on it makes up for transforming the weights back: 49 gain 42 %.
const TILES: usize = 32;
/// Half as many are enough for up to so many pairs, whose sums stay in L2: 16 (8 × 8) gain 22 % with 64 channels and
/// filters; but 16 (7 × 7) lose 35 % with 512.
const FEW_PAIRS: usize = 1 << 13;

/// Whether this can compute the gradient.
pub fn grad_w_fits(window: &Window) -> bool {
    fits(window) && window.c >= 4
}

pub fn grad_w_pays(window: &Window, n: usize) -> bool {
    let (pairs, tiles) = (window.c * window.k, n * Tiles::new(window).count());
    let many = tiles >= if pairs <= FEW_PAIRS { TILES / 2 } else { TILES };
    grad_w_fits(window) && window.c.min(window.k) >= CHANNELS && pairs >= PAIRS && many
}

/// The tiles of an image.
#[derive(Clone, Copy)]
struct Tiles {
    rows: usize,
    columns: usize,
}

impl Tiles {
    fn new(window: &Window) -> Self {
        Self { rows: window.oh.div_ceil(2), columns: window.ow.div_ceil(2) }
    }

    fn count(&self) -> usize {
        self.rows * self.columns
    }

    /// Rows of tiles, of any images, that are transformed at a time.
    fn rows_at_once(&self, n: usize) -> usize {
        (AT_ONCE / self.columns).clamp(1, n * self.rows)
    }

    /// Frames of the input, for windows of 4 × 4, and of the gradient, for windows of 2 × 2.
    fn frames(&self, window: &Window) -> [Frame; 2] {
        let (oh, ow) = (2 * self.rows - 1, 2 * self.columns - 1);
        let Window { c, k, .. } = *window;
        let input = Window { kh: 4, kw: 4, oh, ow, ..*window };
        let output = Window { c: k, h: window.oh, w: window.ow, k: c, top: 0, left: 0, ..*window };
        let gradient = Window { kh: 2, kw: 2, oh, ow, ..output };
        [Frame::new(&input), Frame::new(&gradient)]
    }
}

pub fn grad_w_workspace(g: &Conv2d) -> usize {
    let window = g.group();
    let tiles = Tiles::new(&window);
    let (c, k, count) = (window.c, window.k, tiles.rows_at_once(g.n) * tiles.columns);
    let elements =
        distance(k.next_multiple_of(MR) * count) + distance(c.next_multiple_of(NR) * count) + distance(c * k);
    ELEMENTS * elements + tiles.frames(&window).iter().map(Frame::len).sum::<usize>()
}

pub fn grad_w(g: &Conv2d, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    let (window, batch) = (g.group(), g.batch());
    let (x_len, y_len) = (window.x_len(), window.y_len());
    let (c, k, tiles) = (window.c, window.k, Tiles::new(&window));
    let (at_once, rows) = (tiles.rows_at_once(g.n), g.n * tiles.rows);
    let frames = tiles.frames(&window);
    let mut workspace = Workspace(workspace);
    let u = workspace.floats(ELEMENTS * distance(k.next_multiple_of(MR) * at_once * tiles.columns));
    let v = workspace.floats(ELEMENTS * distance(c.next_multiple_of(NR) * at_once * tiles.columns));
    let products = workspace.floats(ELEMENTS * distance(k * c));
    let [x_frame, g_frame] = frames.map(|frame| workspace.floats(frame.len()));
    for group in 0..g.groups {
        let mut filled = None;
        for first in (0..rows).step_by(at_once) {
            let part = first..rows.min(first + at_once);
            let count = part.len() * tiles.columns;
            for row in part.clone() {
                let (image, y) = (row / tiles.rows, row % tiles.rows);
                if filled != Some(image) {
                    frames[0].fill(&x[image * batch.x_step + group * x_len..][..x_len], x_frame);
                    frames[1].fill(&gy[image * batch.y_step + group * y_len..][..y_len], g_frame);
                    filled = Some(image);
                }
                let at = (row - first) * tiles.columns;
                let lanes = at..at + tiles.columns;
                // SAFETY: the frames hold the windows of every tile.
                unsafe {
                    let x = frames[0].first(x_frame).add(2 * y * frames[0].pitch);
                    inputs(&frames[0], c, x, lanes.clone(), count, v);
                    let g = frames[1].first(g_frame).add(2 * y * frames[1].pitch);
                    gradients(&frames[1], k, g, lanes, count, u);
                }
            }
            multiply(ELEMENTS, [k, c, count], (0, k), u, v, first > 0, products);
        }
        weights(c, k, products, &mut gw[group * k * window.taps()..][..k * window.taps()]);
    }
}

/// V[element][tiles, c] = Bᵀ x B, packed, for a row of tiles, four channels at a time.
///
/// # Safety
/// `first` must be the first input of a row of tiles in the first plane of the frame, `tiles` as many of `count`.
#[inline(never)]
unsafe fn inputs(frame: &Frame, c: usize, first: *const f32, tiles: Range<usize>, count: usize, v: &mut [f32]) {
    let size = distance(c.next_multiple_of(NR) * count);
    assert!(v.len() >= ELEMENTS * size && tiles.end <= count);
    for d in (0..c).step_by(4) {
        // Lanes past the last channel repeat it, and are left out of the product.
        let planes = [0, 1, 2, 3].map(|lane| first.add((d + lane).min(c - 1) * frame.plane()));
        for (j, tile) in tiles.clone().enumerate() {
            let down = planes.map(|plane| {
                let at = plane.add(2 * j);
                F2.input([0, 1, 2, 3].map(|row| F32x4::load(at.add(row * frame.pitch))))
            });
            let out = v.as_mut_ptr().add(position::<NR>(d, tile, c, count, DEPTHS));
            for row in 0..4 {
                let columns = F32x4::transpose(down.map(|x| x[row]));
                for (column, x) in F2.input(columns).into_iter().enumerate() {
                    x.store(out.add((row * 4 + column) * size));
                }
            }
        }
    }
}

/// A g
#[inline(always)]
fn transform_gradient([a, b]: [F32x4; 2]) -> [F32x4; 4] {
    [a, a + b, a - b, -b]
}

/// U[element][k, tiles] = A g Aᵀ, packed, for a row of tiles, four filters at a time.
///
/// # Safety
/// `first` must be the first gradient of a row of tiles in the first plane of the frame, `tiles` as many of `count`.
#[inline(never)]
unsafe fn gradients(frame: &Frame, k: usize, first: *const f32, tiles: Range<usize>, count: usize, u: &mut [f32]) {
    let size = distance(k.next_multiple_of(MR) * count);
    assert!(u.len() >= ELEMENTS * size && tiles.end <= count);
    for f in (0..k).step_by(4) {
        let planes = [0, 1, 2, 3].map(|lane| first.add((f + lane).min(k - 1) * frame.plane()));
        for (j, tile) in tiles.clone().enumerate() {
            let [a, b, c, d] = F32x4::transpose(planes.map(|plane| {
                let at = plane.add(2 * j);
                F32x4::load(at).shuffle::<0, 1, 4, 5>(F32x4::load(at.add(frame.pitch)))
            }));
            let (left, right) = (transform_gradient([a, c]), transform_gradient([b, d]));
            let out = u.as_mut_ptr().add(position::<MR>(f, tile, k, count, DEPTHS));
            for row in 0..4 {
                for (column, x) in transform_gradient([left[row], right[row]]).into_iter().enumerate() {
                    x.store(out.add((row * 4 + column) * size));
                }
            }
        }
    }
}

/// Gᵀ m
#[inline(always)]
fn transform_weights([a, b, c, d]: [F32x4; 4]) -> [F32x4; 3] {
    let half = F32x4::splat(0.5);
    let sum = half * (b + c);
    [a + sum, half * (b - c), sum + d]
}

/// gw = Gᵀ m G, four channels at a time.
#[inline(never)]
fn weights(c: usize, k: usize, products: &[f32], gw: &mut [f32]) {
    let size = distance(k * c);
    assert!(products.len() >= ELEMENTS * size);
    let (gw, _) = gw.as_chunks_mut::<9>();
    for f in 0..k {
        for d in fours(c) {
            // SAFETY: the products hold 16 elements of k × c, and `fours` keeps d + 4 ≤ c.
            let m = |element: usize| unsafe { F32x4::load(products.as_ptr().add(element * size + f * c + d)) };
            let down = [0, 1, 2, 3].map(|column| transform_weights([0, 4, 8, 12].map(|row| m(row + column))));
            for row in 0..3 {
                for (column, x) in transform_weights(down.map(|x| x[row])).into_iter().enumerate() {
                    for (lane, x) in x.to_array().into_iter().enumerate() {
                        gw[f * c + d + lane][row * 3 + column] = x;
                    }
                }
            }
        }
    }
}
