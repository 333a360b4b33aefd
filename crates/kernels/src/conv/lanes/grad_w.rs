//! The gradient of the weights with the batch in lanes: products of gradient and input along rows, summed over pixels
//! and images, a few filters × a few taps at a time.

use super::{blocks, Block, Layout};
use crate::conv::geometry::{Conv2d, Window};
use crate::conv::workspace::Workspace;
use crate::lanes::LANES;
use crate::simd::F32x4;

/// Bytes of gradient and input that a tile of filters and all its taps walk over: an L1.
const CHUNK: usize = 24 << 10;

/// Taps of a tile with three filters: nine accumulators stay in registers with fused multiply-add (36 GFLOP/s against 30
/// with six at the first layer of LeNet-5), and spill without on Node 20 and 22.
const TAPS_OF_THREE: usize = if cfg!(target_feature = "relaxed-simd") { 3 } else { 2 };

/// Rows of the output taken together.
fn rows_at_once(window: &Window) -> usize {
    let row = 4 * LANES * (3 * window.ow + window.c * window.sh * window.ow * window.sw);
    let chunks = window.oh.div_ceil((CHUNK / row).max(1));
    window.oh.div_ceil(chunks)
}

pub fn grad_w_workspace(g: &Conv2d, layout: Layout) -> usize {
    g.group().taps() + Block::input(g, layout).len() + Block::output(g, layout).len()
}

#[inline(never)]
pub fn grad_w(g: &Conv2d, layout: Layout, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    let window = g.group();
    let (input, output) = (Block::input(g, layout), Block::output(g, layout));
    let mut workspace = Workspace(workspace);
    let offsets = workspace.offsets(window.taps());
    let x_buffer = workspace.floats(input.len());
    let g_buffer = workspace.floats(output.len());
    input.taps(&window, offsets);
    x_buffer.fill(0.0);
    gw.fill(0.0);
    let (image, map) = (g.c * g.h * g.w, g.k * g.oh * g.ow);
    let at_once = rows_at_once(&window);
    for group in 0..g.groups {
        let gw = &mut gw[group * window.k * window.taps()..][..window.k * window.taps()];
        for first in blocks(g) {
            let images = LANES.min(g.n - first);
            let x = &x[layout.start((first, image), (group, window.x_len()))..];
            let gy = &gy[layout.start((first, map), (group, window.y_len()))..];
            let x = input.load(x, image, images, x_buffer);
            let gy = output.load(gy, map, images, g_buffer);
            for i in (0..window.oh).step_by(at_once) {
                let sums = Sums {
                    rows: at_once.min(window.oh - i),
                    ow: window.ow,
                    x_pixel: window.sw * LANES,
                    x_row: window.sh * input.row(),
                    g_plane: output.plane(),
                };
                sums.add(&gy[i * output.row()..], &x[i * sums.x_row..], offsets, window.k, gw);
            }
        }
    }
}

/// Sums over `rows` rows of `ow` pixels of eight images.
struct Sums {
    rows: usize,
    ow: usize,
    /// Numbers between pixels, and rows, of the input that neighbouring outputs see.
    x_pixel: usize,
    x_row: usize,
    /// Numbers between planes of the gradient.
    g_plane: usize,
}

impl Sums {
    /// gw[f, tap] += Σ g[f] · x[tap]
    fn add(&self, g: &[f32], x: &[f32], offsets: &[u32], k: usize, gw: &mut [f32]) {
        let taps = offsets.len();
        let mut f = 0;
        while f < k {
            let (g, gw) = (&g[f * self.g_plane..], &mut gw[f * taps..]);
            // The accumulators of a tile, filters × taps, stay in registers on every engine.
            f += match k - f {
                1 => self.filters::<1, 4>(g, x, offsets, gw),
                2 => self.filters::<2, 4>(g, x, offsets, gw),
                3 | 5 | 6 => self.filters::<3, TAPS_OF_THREE>(g, x, offsets, gw),
                _ => self.filters::<4, 2>(g, x, offsets, gw),
            };
        }
    }

    /// F filters, all taps.
    fn filters<const F: usize, const T: usize>(&self, g: &[f32], x: &[f32], offsets: &[u32], gw: &mut [f32]) -> usize {
        let last = offsets.last().map_or(0, |&tap| tap as usize);
        assert!(g.len() >= (F - 1) * self.g_plane + self.rows * self.ow * LANES);
        assert!(x.len() >= (self.rows - 1) * self.x_row + (self.ow - 1) * self.x_pixel + last + LANES);
        assert!(gw.len() >= F * offsets.len());
        let (tiles, rest) = offsets.as_chunks::<T>();
        // SAFETY: the last pixel of the last filter, and the last tap of the last pixel, lie in their slices.
        for (i, tile) in tiles.iter().enumerate() {
            let sums = unsafe { self.tile::<F, T>(g.as_ptr(), x.as_ptr(), tile) };
            for f in 0..F {
                for t in 0..T {
                    gw[f * offsets.len() + i * T + t] += sums[f][t].sum();
                }
            }
        }
        for (i, tap) in rest.iter().enumerate() {
            let sums = unsafe { self.tile::<F, 1>(g.as_ptr(), x.as_ptr(), &[*tap]) };
            for f in 0..F {
                gw[f * offsets.len() + tiles.len() * T + i] += sums[f][0].sum();
            }
        }
        F
    }

    /// F filters × T taps. With neighbouring pixels adjacent a row is one run of vectors; otherwise the halves of the
    /// pixels are two.
    #[inline(never)]
    unsafe fn tile<const F: usize, const T: usize>(
        &self, g: *const f32, x: *const f32, taps: &[u32; T],
    ) -> [[F32x4; T]; F] {
        let adjacent = self.x_pixel == LANES;
        let (halves, n) = if adjacent { (1, 2 * self.ow) } else { (2, self.ow) };
        let (g_step, x_step) = if adjacent { (4, 4) } else { (LANES, self.x_pixel) };
        let mut sums = [[F32x4::zero(); T]; F];
        for half in 0..halves {
            for row in 0..self.rows {
                let mut gs = [g.add(row * self.ow * LANES + 4 * half); F];
                for f in 0..F {
                    gs[f] = gs[f].add(f * self.g_plane);
                }
                let mut xs = [x.add(row * self.x_row + 4 * half); T];
                for t in 0..T {
                    xs[t] = xs[t].add(taps[t] as usize);
                }
                for _ in 0..n {
                    let mut pixels = [F32x4::zero(); T];
                    for t in 0..T {
                        pixels[t] = F32x4::load(xs[t]);
                        xs[t] = xs[t].add(x_step);
                    }
                    for f in 0..F {
                        let g = F32x4::load(gs[f]);
                        gs[f] = gs[f].add(g_step);
                        for t in 0..T {
                            sums[f][t] = g.mul_add(pixels[t], sums[f][t]);
                        }
                    }
                }
            }
        }
        sums
    }
}
