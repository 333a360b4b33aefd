//! Winograd's F(2 × 2, 3 × 3) (Lavin and Gray 2015): 2 × 2 outputs of a 3 × 3 filter from 4 × 4 inputs with 16 products
//! a channel instead of 36.
//!
//!   Y = Aᵀ [Σ_d (G g_d Gᵀ) ⊙ (Bᵀ x_d B)] A
//!
//! The sums over channels of the 16 places of a tile are 16 matrix products [k, c] · [c, tiles]. Lanes are four tiles
//! side by side; with the frame's columns cut into two phases each of their 16 inputs is one load.
//!
//! GFLOP/s, counted as direct, of the forward pass here and with patches, the filters transformed in every call, where
//! products of 512³ run at 33 (AMD EPYC, simd128, Node 20, on a busy machine; the gradient of the input is within 12 %):
//!
//!   128 channels and filters on 28 × 28: 55, 34;  64 on 56 × 56: 53, 32;  a batch of 32 → 64 on 14 × 14: 47, 30
//!   256 → 384 on 13 × 13: 42, 30;  16 on 28 × 28: 34, 30;  256 on 7 × 7: 30, 26
//!
//! Products over the tiles of several images at once gain nothing, 0.83 to 1.03 times the speed on 7 × 7 and 13 × 13: the
//! transformed filters, read again for every image, come from the cache.
//!
//! The error is that of the direct sum, about 10⁻⁶ of the largest output; F(4 × 4, 3 × 3) is faster still, and ten times
//! less accurate.

mod grad_w;

pub(super) use grad_w::{grad_w, grad_w_pays, grad_w_workspace};

use super::geometry::Window;
use super::image::Frame;
use super::workspace::Workspace;
use crate::gemm::loops::{multiply, KC, MR, NR};
use crate::gemm::micro::Output;
use crate::gemm::pack::{position, Packed};
use crate::simd::F32x4;
use core::ptr;

/// Places of a tile.
const PLACES: usize = 16;

/// Numbers of transformed input that are made at a time: 512 KB.
const TRANSFORMED: usize = 1 << 17;

/// Channels and filters from which on it gains: 14 % here, on 28 × 28.
const CHANNELS: usize = 16;
/// Outputs of a batch from which on it makes up for transforming the filters: 49 (7 × 7) gain 15 %.
const OUTPUTS: usize = 49;

/// Whether this beats products with patches, for n images.
pub(super) fn pays(window: &Window, n: usize) -> bool {
    let Window { c, k, kh, kw, sh, sw, dh, dw, .. } = *window;
    let fits = [kh, kw, sh, sw, dh, dw] == [3, 3, 1, 1, 1, 1];
    fits && c.min(k) >= CHANNELS && window.pixels() >= 16 && n * window.pixels() >= OUTPUTS
}

/// How the output is cut.
#[derive(Clone, Copy)]
struct Tiles {
    /// Rows of tiles, and tiles in a row, a multiple of 4.
    rows: usize,
    columns: usize,
    /// Rows of tiles taken at a time.
    at_once: usize,
}

impl Tiles {
    fn new(window: &Window) -> Self {
        let (rows, columns) = (window.oh.div_ceil(2), window.ow.div_ceil(2).next_multiple_of(4));
        Self { rows, columns, at_once: (TRANSFORMED / (PLACES * window.c * columns)).clamp(1, rows) }
    }

    fn count(&self) -> usize {
        self.at_once * self.columns
    }

    /// The padded input: windows of 4 × 4 at steps of 2.
    fn frame(&self, window: &Window) -> Frame {
        Frame::new(&Window { kh: 4, kw: 4, sh: 2, sw: 2, oh: self.rows, ow: self.columns, ..*window })
    }
}

pub(super) fn workspace(window: &Window) -> usize {
    let tiles = Tiles::new(window);
    let places = window.c * window.k.next_multiple_of(MR)
        + window.c * tiles.count().next_multiple_of(NR)
        + window.k * tiles.count();
    PLACES * places + tiles.frame(window).len()
}

/// y = x ⋆ w + bias for group i of `groups` of n images, as in `implicit`.
pub(super) fn correlate(
    window: &Window, n: usize, (groups, group): (usize, usize), x: &[f32], w: &[f32], y: &mut [f32],
    bias: Option<&[f32]>, workspace: &mut [f32],
) {
    let (c, k, tiles) = (window.c, window.k, Tiles::new(window));
    let frame = tiles.frame(window);
    let mut workspace = Workspace(workspace);
    let u = workspace.floats(PLACES * c * k.next_multiple_of(MR));
    let v = workspace.floats(PLACES * c * tiles.count().next_multiple_of(NR));
    let products = workspace.floats(PLACES * k * tiles.count());
    let buffer = workspace.floats(frame.len());
    filters(window, w, u);
    for image in (0..n).map(|image| image * groups + group) {
        frame.fill(&x[image * window.x_len()..][..window.x_len()], buffer);
        let first: *const f32 = frame.first(buffer);
        let y = &mut y[image * window.y_len()..][..window.y_len()];
        for row in (0..tiles.rows).step_by(tiles.at_once) {
            let rows = tiles.at_once.min(tiles.rows - row);
            let count = rows * tiles.columns;
            // SAFETY: the frame holds the 4 × 4 inputs of every tile.
            unsafe { inputs(&frame, c, rows, tiles.columns, first.add(row * frame.row_step()), v) };
            for place in 0..PLACES {
                let u = u[place * c * k.next_multiple_of(MR)..].as_ptr();
                let v = v[place * c * count.next_multiple_of(NR)..].as_ptr();
                let out = Output::plain(products[place * k * count..].as_mut_ptr(), count);
                let (a, b) = (Packed { at: u, lanes: k }, Packed { at: v, lanes: count });
                // SAFETY: U is k × c, V c × count, both packed; the products have room for k × count.
                unsafe { multiply(k, count, c, &a, &b, &out, ptr::null_mut(), ptr::null_mut()) };
            }
            outputs(window, row, rows, tiles.columns, products, bias, y);
        }
    }
}

/// G x
#[inline(always)]
fn transform_filter([a, b, c]: [F32x4; 3]) -> [F32x4; 4] {
    let (half, ends) = (F32x4::splat(0.5), a + c);
    [a, half * (ends + b), half * (ends - b), c]
}

/// U[place][k, c] = G g Gᵀ, packed, four filters at a time.
#[inline(never)]
fn filters(window: &Window, w: &[f32], u: &mut [f32]) {
    const { assert!(MR == F32x4::LANES) };
    let (c, k) = (window.c, window.k);
    let size = c * k.next_multiple_of(MR);
    let (w, _) = w.as_chunks::<9>();
    for f in (0..k).step_by(MR) {
        for d in 0..c {
            // Lanes past the last filter repeat it, and are left out of the output.
            let g = [0, 1, 2, 3].map(|lane| &w[(f + lane).min(k - 1) * c + d]);
            let tap = |i: usize| F32x4::from_array(g.map(|g| g[i]));
            let down = [0, 1, 2].map(|column| transform_filter([0, 3, 6].map(|row| tap(row + column))));
            let at = position::<MR>(f, d, k, c, KC);
            for row in 0..4 {
                for (column, x) in transform_filter(down.map(|x| x[row])).into_iter().enumerate() {
                    let at = (row * 4 + column) * size + at;
                    x.write(u[at..].first_chunk_mut().expect("a place of the panel"));
                }
            }
        }
    }
}

/// Bᵀ x
#[inline(always)]
fn transform_input([a, b, c, d]: [F32x4; 4]) -> [F32x4; 4] {
    [a - c, b + c, c - b, b - d]
}

/// V[place][c, tiles] = Bᵀ x B, packed.
///
/// # Safety
/// `first` must be the first input of `rows` rows of tiles in every plane of the frame.
#[inline(never)]
unsafe fn inputs(frame: &Frame, c: usize, rows: usize, columns: usize, first: *const f32, v: &mut [f32]) {
    let count = rows * columns;
    let size = c * count.next_multiple_of(NR);
    assert!(v.len() >= PLACES * size);
    for tile in (0..count).step_by(4) {
        for d in 0..c {
            let at = d * frame.plane() + tile / columns * frame.row_step() + tile % columns;
            let mut down = [[F32x4::zero(); 4]; 4];
            for (column, down) in down.iter_mut().enumerate() {
                let at = first.add(at + column % 2 * frame.phase + column / 2);
                *down = transform_input([0, 1, 2, 3].map(|row| F32x4::load(at.add(row * frame.pitch))));
            }
            let out = v.as_mut_ptr().add(position::<NR>(tile, d, count, c, KC));
            for row in 0..4 {
                for (column, x) in transform_input(down.map(|x| x[row])).into_iter().enumerate() {
                    x.store(out.add((row * 4 + column) * size));
                }
            }
        }
    }
}

/// Aᵀ m
#[inline(always)]
fn transform_output([a, b, c, d]: [F32x4; 4]) -> [F32x4; 2] {
    [a + b + c, b - c - d]
}

/// y = Aᵀ m A + bias for rows of tiles from `row` on.
#[inline(never)]
fn outputs(
    window: &Window, row: usize, rows: usize, columns: usize, products: &[f32], bias: Option<&[f32]>, y: &mut [f32],
) {
    let (k, oh, ow, count) = (window.k, window.oh, window.ow, rows * columns);
    assert!(products.len() >= PLACES * k * count);
    for f in 0..k {
        let bias = F32x4::splat(bias.map_or(0.0, |bias| bias[f]));
        for tile in (0..count).step_by(4) {
            // SAFETY: `count` is a multiple of 4, and the products hold 16 places of k × count.
            let m = |place: usize| unsafe { F32x4::load(products.as_ptr().add((place * k + f) * count + tile)) };
            let down = [0, 1, 2, 3].map(|column| transform_output([0, 4, 8, 12].map(|row| m(row + column))));
            let (i, j) = (2 * (row + tile / columns), 2 * (tile % columns));
            for (i, half) in (i..oh).zip(0..2) {
                let [left, right] = transform_output(down.map(|x| x[half])).map(|x| x + bias);
                let pixels = [left.shuffle::<0, 4, 1, 5>(right), left.shuffle::<2, 6, 3, 7>(right)];
                let y = &mut y[(f * oh + i) * ow..][..ow];
                for (j, pixels) in [j, j + 4].into_iter().zip(pixels) {
                    if j + 4 <= ow {
                        pixels.write(y[j..].first_chunk_mut().expect("four outputs"));
                    } else if j < ow {
                        pixels.write_partial(&mut y[j..], ow - j);
                    }
                }
            }
        }
    }
}
