//! The gradient of the weights: products of gradient and input along rows, summed over pixels and images, a few filters ×
//! a few taps at a time.

use crate::conv::geometry::{Conv2d, Window};
use crate::conv::image::Frame;
use crate::conv::workspace::Workspace;
use crate::simd::{F32x4, I32x4};
use core::ops::Range;

/// Taps of a tile with three filters, as in the blocked layout.
const TAPS_OF_THREE: usize = if cfg!(target_feature = "relaxed-simd") { 3 } else { 2 };

/// Pixels that are added up in one chain: rounding errors grow with these, and with the number of such sums.
const CHAIN: usize = 2048;

/// Numbers before and after the gradient that vector loads may touch.
const SLACK: usize = 4;

pub fn grad_w_workspace(g: &Conv2d) -> usize {
    let window = g.group();
    window.taps() + Frame::new(&window).len() + window.y_len() + SLACK
}

pub fn grad_w(g: &Conv2d, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    let (window, batch) = (g.group(), g.batch());
    let (x_len, y_len) = (window.x_len(), window.y_len());
    let frame = Frame::new(&window);
    let mut workspace = Workspace(workspace);
    let offsets = workspace.offsets(window.taps());
    let buffer = workspace.floats(frame.len());
    let narrow = workspace.floats(window.y_len() + SLACK);
    frame.taps(offsets);
    gw.fill(0.0);
    for part in 0..g.n * g.groups {
        let (image, group) = (part / g.groups, part % g.groups);
        frame.fill(&x[image * batch.x_step + group * x_len..][..x_len], buffer);
        let mut gy = &gy[image * batch.y_step + group * y_len..][..y_len];
        if window.ow < 4 {
            // A row is loaded as four numbers: the last needs room after it.
            narrow[..gy.len()].copy_from_slice(gy);
            gy = narrow;
        }
        let size = window.k * window.taps();
        let sums = Sums { window: &window, x: frame.first(buffer), x_row: frame.row_step() };
        sums.add(gy, offsets, &mut gw[group * size..][..size]);
    }
}

/// Sums over the pixels of one image.
struct Sums<'a> {
    window: &'a Window,
    /// The first tap of the first output, and numbers to that of the output below.
    x: *const f32,
    x_row: usize,
}

impl Sums<'_> {
    /// gw[f, tap] += Σ g[f] · x[tap]
    fn add(&self, g: &[f32], offsets: &[u32], gw: &mut [f32]) {
        let (k, taps, pixels) = (self.window.k, offsets.len(), self.window.pixels());
        let mut f = 0;
        while f < k {
            let (g, gw) = (&g[f * pixels..], &mut gw[f * taps..]);
            // The accumulators of a tile, filters × taps, stay in registers.
            f += match k - f {
                1 => self.filters::<1, 9>(g, offsets, gw),
                2 => self.filters::<2, 4>(g, offsets, gw),
                3 | 5 | 6 => self.filters::<3, TAPS_OF_THREE>(g, offsets, gw),
                _ => self.filters::<4, 2>(g, offsets, gw),
            };
        }
    }

    /// F filters, all taps.
    fn filters<const F: usize, const T: usize>(&self, g: &[f32], offsets: &[u32], gw: &mut [f32]) -> usize {
        let (tiles, rest) = offsets.as_chunks::<T>();
        let (fours, ones) = rest.as_chunks::<4>();
        self.tiles::<F, T>(g, tiles, offsets.len(), gw);
        let done = tiles.len() * T;
        self.tiles::<F, 4>(g, fours, offsets.len(), &mut gw[done..]);
        let (ones, _) = ones.as_chunks::<1>();
        self.tiles::<F, 1>(g, ones, offsets.len(), &mut gw[done + 4 * fours.len()..]);
        F
    }

    fn tiles<const F: usize, const T: usize>(&self, g: &[f32], tiles: &[[u32; T]], taps: usize, gw: &mut [f32]) {
        let Window { oh, ow, .. } = *self.window;
        assert!(g.len() >= F * self.window.pixels());
        for (i, tile) in tiles.iter().enumerate() {
            let mut add = |rows: Range<usize>, columns: Range<usize>| {
                // SAFETY: g holds F planes, and room after rows of fewer than four; the frame every tap of every pixel.
                let sums = unsafe {
                    let (g, x) = (g.as_ptr().add(rows.start * ow), self.x.add(rows.start * self.x_row));
                    self.tile::<F, T>(g.add(columns.start), x.add(columns.start), [rows.len(), columns.len()], tile)
                };
                for f in 0..F {
                    for t in 0..T {
                        gw[f * taps + i * T + t] += sums[f][t].sum();
                    }
                }
            };
            let height = (CHAIN / ow.max(1)).max(1);
            for row in (0..oh).step_by(height) {
                let rows = row..oh.min(row + height);
                // The last columns are a whole chain and what is left: vectors are not wider than a row.
                let whole = (ow / CHAIN).saturating_sub(1) * CHAIN;
                for column in (0..whole).step_by(CHAIN) {
                    add(rows.clone(), column..column + CHAIN);
                }
                add(rows, whole..ow);
            }
        }
    }

    /// F filters × T taps, over rows × columns of pixels.
    #[inline(never)]
    unsafe fn tile<const F: usize, const T: usize>(
        &self, g: *const f32, x: *const f32, [rows, columns]: [usize; 2], taps: &[u32; T],
    ) -> [[F32x4; T]; F] {
        let (width, plane) = (self.window.ow, self.window.pixels());
        // The last vector of a row overlaps the one before it, of which it leaves out what is done.
        let (whole, rest) = (columns / 4 * 4, columns % 4);
        let last = columns.saturating_sub(4);
        let new = whole - last.min(whole)..columns - last;
        let mask = I32x4::from_array([0, 1, 2, 3].map(|i| -i32::from(new.contains(&i))));
        let mut sums = [[F32x4::zero(); T]; F];
        for i in 0..rows {
            let g = g.add(i * width);
            let x = x.add(i * self.x_row);
            let mut xs = [x; T];
            for t in 0..T {
                xs[t] = xs[t].add(taps[t] as usize);
            }
            let mut j = 0;
            while j < whole {
                let mut gs = [F32x4::zero(); F];
                for f in 0..F {
                    gs[f] = F32x4::load(g.add(f * plane + j));
                }
                for t in 0..T {
                    let x = F32x4::load(xs[t].add(j));
                    for f in 0..F {
                        sums[f][t] = gs[f].mul_add(x, sums[f][t]);
                    }
                }
                j += 4;
            }
            if rest > 0 {
                for t in 0..T {
                    let x = (F32x4::load(xs[t].add(last)).bits() & mask).as_f32();
                    for f in 0..F {
                        let g = (F32x4::load(g.add(f * plane + last)).bits() & mask).as_f32();
                        sums[f][t] = g.mul_add(x, sums[f][t]);
                    }
                }
            }
        }
        sums
    }
}
