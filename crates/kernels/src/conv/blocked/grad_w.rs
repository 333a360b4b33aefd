//! The gradient of the weights in the blocked layout: products of gradient and input along rows, summed over pixels
//! and images, a few filters × a few taps at a time.

use super::block::{blocks, Block, Layout};
use crate::blocked::IMAGES;
use crate::conv::geometry::{Conv2d, Window};
use crate::conv::workspace::Workspace;
use crate::simd::F32x4;

/// Bytes of the gradients of three filters, and of a plane of the input, that tiles of all taps walk over: an L1.
const CHUNK: usize = 24 << 10;

/// Rows of the output taken together.
fn rows_at_once(window: &Window) -> usize {
    let row = 4 * IMAGES * window.ow * (3 + window.sh * window.sw);
    let chunks = window.oh.div_ceil((CHUNK / row).max(1));
    window.oh.div_ceil(chunks)
}

/// Filters and taps of a tile: their accumulators, the filters' gradients and a tap stay in registers.
const TILES: [[usize; 2]; 2] = [[2, 5], [3, 3]];

/// The tile that fits the taps.
fn tile(window: &Window) -> [usize; 2] {
    TILES[usize::from(!window.taps().is_multiple_of(TILES[0][1]))]
}

/// Numbers of the accumulators of all tiles.
fn sums_len(window: &Window) -> usize {
    let [filters, taps] = tile(window);
    window.k.next_multiple_of(filters) * window.taps().next_multiple_of(taps) * F32x4::LANES
}

pub fn grad_w_workspace(g: &Conv2d, layout: Layout) -> usize {
    let window = g.group();
    window.taps() + sums_len(&window) + Block::input(g, layout).len() + Block::output(g, layout).len()
}

#[inline(never)]
pub fn grad_w(g: &Conv2d, layout: Layout, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    let window = g.group();
    let (input, output) = (Block::input(g, layout), Block::output(g, layout));
    let mut workspace = Workspace(workspace);
    let offsets = workspace.offsets(window.taps());
    let sums = workspace.floats(sums_len(&window));
    let x_buffer = workspace.floats(input.len());
    let g_buffer = workspace.floats(output.len());
    input.taps(&window, offsets);
    x_buffer.fill(0.0);
    let batch = g.batch();
    let at_once = rows_at_once(&window);
    for group in 0..g.groups {
        sums.fill(0.0);
        for first in blocks(g) {
            let images = IMAGES.min(g.n - first);
            let x = &x[layout.start((first, batch.x_step), (group, window.x_len()))..];
            let gy = &gy[layout.start((first, batch.y_step), (group, window.y_len()))..];
            let x = input.load(x, batch.x_step, images, x_buffer);
            let gy = output.load(gy, batch.y_step, images, g_buffer);
            for i in (0..window.oh).step_by(at_once) {
                let rows = Rows {
                    n: at_once.min(window.oh - i),
                    ow: window.ow,
                    x_pixel: window.sw * IMAGES,
                    x_row: window.sh * input.row(),
                    g_plane: output.plane(),
                };
                let (gy, x) = (&gy[i * output.row()..], &x[i * rows.x_row..]);
                match tile(&window) {
                    [2, _] => rows.tiles::<2, 5>(gy, x, offsets, window.k, sums),
                    _ => rows.tiles::<3, 3>(gy, x, offsets, window.k, sums),
                }
            }
        }
        total(&window, sums, &mut gw[group * window.k * window.taps()..]);
    }
}

/// gw [k, taps] from the accumulators [filters of a tile][taps of a tile] of all tiles.
fn total(window: &Window, sums: &[f32], gw: &mut [f32]) {
    let ([filters, at_once], taps) = (tile(window), window.taps());
    for (i, tile) in sums.chunks_exact(filters * at_once * F32x4::LANES).enumerate() {
        let (f, first) = (i / taps.div_ceil(at_once) * filters, i % taps.div_ceil(at_once) * at_once);
        for (j, sum) in tile.as_chunks::<4>().0.iter().enumerate() {
            let (f, tap) = (f + j / at_once, first + j % at_once);
            if f < window.k && tap < taps {
                gw[f * taps + tap] = F32x4::read(sum).sum();
            }
        }
    }
}

/// `n` rows of `ow` pixels of eight images.
struct Rows {
    n: usize,
    ow: usize,
    /// Numbers between pixels, and rows, of the input that neighbouring outputs see.
    x_pixel: usize,
    x_row: usize,
    /// Numbers between planes of the gradient.
    g_plane: usize,
}

impl Rows {
    /// Adds g[f] · x[tap] to the accumulators of all tiles. What the last of them lack is found once more, and left out
    /// later.
    fn tiles<const F: usize, const T: usize>(&self, g: &[f32], x: &[f32], offsets: &[u32], k: usize, sums: &mut [f32]) {
        let last = offsets.last().map_or(0, |&tap| tap as usize);
        assert!(g.len() >= (k - 1) * self.g_plane + self.n * self.ow * IMAGES);
        assert!(x.len() >= (self.n - 1) * self.x_row + (self.ow - 1) * self.x_pixel + last + IMAGES);
        let mut sums = sums.chunks_exact_mut(F * T * F32x4::LANES);
        for f in (0..k).step_by(F) {
            let gs: [*const f32; F] = core::array::from_fn(|i| g[(f + i).min(k - 1) * self.g_plane..].as_ptr());
            for taps in offsets.chunks(T) {
                let xs: [*const f32; T] = core::array::from_fn(|t| x[taps[t.min(taps.len() - 1)] as usize..].as_ptr());
                let sums = sums.next().expect("the accumulators of a tile");
                let neighbours = taps.len() == T && (1..T).all(|t| xs[t] == xs[0].wrapping_add(t * IMAGES));
                // SAFETY: the last pixel of the last filter, and the last tap of the last pixel, lie in their slices.
                unsafe {
                    if neighbours {
                        self.tile::<F, T, true>(&gs, &xs, sums);
                    } else {
                        self.tile::<F, T, false>(&gs, &xs, sums);
                    }
                }
            }
        }
    }

    /// F filters × T taps, from their first pixels on. With neighbouring pixels adjacent a row is one run of vectors;
    /// otherwise the halves of the pixels are two. Taps that are NEIGHBOURS share a pointer, which spares counting the
    /// others up: the second layer of LeNet-5 runs at 42 GFLOP/s, else at 37.
    #[inline(never)]
    unsafe fn tile<const F: usize, const T: usize, const NEIGHBOURS: bool>(
        &self, gs: &[*const f32; F], xs: &[*const f32; T], out: &mut [f32],
    ) {
        let adjacent = self.x_pixel == IMAGES;
        let (halves, n) = if adjacent { (1, 2 * self.ow) } else { (2, self.ow) };
        let (g_step, x_step) = if adjacent { (4, 4) } else { (IMAGES, self.x_pixel) };
        assert!(out.len() == F * T * F32x4::LANES);
        let mut sums = [[F32x4::zero(); T]; F];
        for half in 0..halves {
            for row in 0..self.n {
                let mut gs = *gs;
                for f in 0..F {
                    gs[f] = gs[f].add(row * self.ow * IMAGES + 4 * half);
                }
                let mut xs = *xs;
                for t in 0..T {
                    xs[t] = xs[t].add(row * self.x_row + 4 * half);
                }
                for _ in 0..n {
                    let mut g = [F32x4::zero(); F];
                    for f in 0..F {
                        g[f] = F32x4::load(gs[f]);
                        gs[f] = gs[f].add(g_step);
                    }
                    for t in 0..T {
                        let x = F32x4::load(if NEIGHBOURS { xs[0].add(t * IMAGES) } else { xs[t] });
                        for f in 0..F {
                            sums[f][t] = g[f].mul_add(x, sums[f][t]);
                        }
                    }
                    for t in 0..if NEIGHBOURS { 1 } else { T } {
                        xs[t] = xs[t].add(x_step);
                    }
                }
            }
        }
        for f in 0..F {
            for t in 0..T {
                // Rounding errors grow with the pixels of some rows and the number of such sums, not with their product.
                let out = out.as_mut_ptr().add((f * T + t) * F32x4::LANES);
                (F32x4::load(out) + sums[f][t]).store(out);
            }
        }
    }
}
