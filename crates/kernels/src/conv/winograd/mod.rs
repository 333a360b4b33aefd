//! Winograd's F(m × m, 3 × 3) (Lavin and Gray 2015): m × m outputs of a 3 × 3 filter from a tile of s × s inputs,
//! s = m + 2, with s² products a channel instead of 9m².
//!
//!   Y = Aᵀ [Σ_d (G g_d Gᵀ) ⊙ (Bᵀ x_d B)] A
//!
//! The sums over channels of the s² places of a tile are as many matrix products [k, c] · [c, tiles]. Lanes are four
//! tiles side by side.
//!
//! m = 2 computes what other methods do, with an error as theirs, about 10⁻⁶ of the largest output; m = 4 is faster, and
//! ten times less accurate.

mod filters;
mod grad_w;
mod tiles;
mod transforms;

pub(super) use filters::Filters;
pub(super) use grad_w::{grad_w, grad_w_fits, grad_w_pays, grad_w_workspace};
pub(super) use transforms::{F2, F4};

use super::epilogue::Epilogue;
use super::geometry::{Conv2d, Window};
use super::prepared::Weights;
use super::workspace::Workspace;
use crate::gemm::loops::{block, Tile, MR, NR};
use crate::gemm::micro::Output;
use transforms::Transform;

/// Numbers of transformed input that are made at a time: 512 KB.
const TRANSFORMED: usize = 1 << 17;
/// Tiles that are worth reading the transformed filters for.
const TILES: usize = 56;
/// Numbers of transformed filters that are made, or read, at a time: 256 KB.
const BLOCK: usize = 1 << 16;
/// Filters at a time, at least and at most.
const LANES: [usize; 2] = [32, 64];

/// Channels and filters from which on it gains: 14 % here, on 28 × 28.
const CHANNELS: usize = 16;
/// Outputs of a batch from which on it makes up for transforming the filters: 49 (7 × 7) gain 15 %.
const OUTPUTS: usize = 49;

/// Depths that panels of transformed tiles and filters have at a time: one of tiles takes 16 KB.
const DEPTHS: usize = 512;
/// Rows of a product taken at a time.
const ROWS: usize = 128;

/// Whether this can compute the correlation.
pub(super) fn fits(window: &Window) -> bool {
    let Window { kh, kw, sh, sw, dh, dw, .. } = *window;
    [kh, kw, sh, sw, dh, dw] == [3, 3, 1, 1, 1, 1]
}

/// Whether this beats products with patches, for n images.
pub(super) fn pays(window: &Window, n: usize) -> bool {
    let (c, k, pixels) = (window.c, window.k, window.pixels());
    fits(window) && c.min(k) >= CHANNELS && pixels >= 16 && n * pixels >= OUTPUTS
}

/// From one place of `n` numbers to the next: an odd number of lines of cache, for otherwise all places would want the
/// same few lines of it.
fn distance(n: usize) -> usize {
    n.next_multiple_of(32) + 16
}

/// How a correlation is cut.
#[derive(Clone, Copy)]
struct Plan<const M: usize, const S: usize> {
    window: Window,
    /// Rows of tiles of an image, and tiles in a row: a multiple of 4, or where tiles are dear (m = 4) of 2. (56 × 56 with
    /// 64 channels and filters: 88 GFLOP/s instead of 83; with m = 2 it would cost 7 %.)
    rows: usize,
    columns: usize,
    /// Rows of tiles, of any images, taken at a time.
    at_once: usize,
    /// Filters taken at a time.
    lanes: usize,
}

/// Rows of tiles of one image.
struct Segment {
    image: usize,
    /// The first of them, and their number.
    row: usize,
    rows: usize,
    /// The place of its first tile among those taken at a time.
    at: usize,
}

impl<const M: usize, const S: usize> Plan<M, S> {
    const PLACES: usize = S * S;
    /// Whether four tiles side by side may lie in two panels.
    const SPLITS: bool = M == 4;

    fn new(window: &Window, n: usize) -> Self {
        let (rows, columns) = (window.oh.div_ceil(M), window.ow.div_ceil(M));
        let columns = columns.next_multiple_of(if Self::SPLITS { 2 } else { 4 }).max(4);
        let fitting = (TRANSFORMED / (Self::PLACES * window.c * columns)).max(TILES.div_ceil(columns));
        let parts = (n * rows).div_ceil(fitting);
        let at_once = (n * rows).div_ceil(parts);
        let lanes = BLOCK / (Self::PLACES * window.c);
        let lanes = lanes.clamp(LANES[0], LANES[1]).next_multiple_of(MR).min(window.k);
        Self { window: *window, rows, columns, at_once, lanes }
    }

    /// Products of an image, for each channel and filter.
    fn products(&self) -> usize {
        Self::PLACES * self.rows * self.columns
    }

    /// Numbers that a block of transformed filters takes.
    fn block(&self, lanes: usize) -> usize {
        Self::PLACES * distance(self.window.c * lanes.next_multiple_of(MR))
    }

    /// The first filter of every block, their number, and the place of the block among the transformed filters.
    fn blocks(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let (k, lanes, size) = (self.window.k, self.lanes, self.block(self.lanes));
        (0..k).step_by(lanes).map(move |first| (first, lanes.min(k - first), first / lanes * size))
    }

    /// Numbers that all transformed filters take.
    fn filters(&self) -> usize {
        let rest = self.window.k % self.lanes;
        self.window.k / self.lanes * self.block(self.lanes) + if rest > 0 { self.block(rest) } else { 0 }
    }

    fn workspace(&self, n: usize, transformed: bool) -> usize {
        let count = self.at_once * self.columns;
        let filters = match transformed {
            true => 0,
            false if self.at_once == n * self.rows => self.block(self.lanes),
            false => self.filters(),
        };
        let places = distance(self.window.c * count.next_multiple_of(NR)) + distance(self.lanes * count);
        filters + Self::PLACES * places + tiles::band_len(self)
    }

    /// The parts of images that rows of tiles [first, last) of n images are.
    fn segments(&self, first: usize, last: usize) -> impl Iterator<Item = Segment> {
        let (rows, columns) = (self.rows, self.columns);
        (first / rows..last.div_ceil(rows)).map(move |image| {
            let (start, end) = (first.max(image * rows), last.min((image + 1) * rows));
            Segment { image, row: start - image * rows, rows: end - start, at: (start - first) * columns }
        })
    }
}

/// Whether F(4 × 4, 3 × 3) with filters transformed beforehand beats everything else, for n images: where its tiles,
/// those that only fill rows up included, take fewer products.
pub(super) fn pays4(window: &Window, n: usize) -> bool {
    pays(window, n) && Plan::<4, 6>::new(window, n).products() < Plan::<2, 4>::new(window, n).products()
}

/// Numbers that transformed filters take.
pub(super) fn prepared_len<T: Transform<M, S>, const M: usize, const S: usize>(_: T, g: &Conv2d) -> usize {
    g.groups * Plan::<M, S>::new(&g.group(), g.n).filters()
}

/// Transforms all filters.
pub(super) fn prepare<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, g: &Conv2d, w: &[f32], prepared: &mut [f32],
) {
    let plan = Plan::<M, S>::new(&g.group(), g.n);
    let w = w.chunks_exact(plan.window.k * plan.window.taps());
    for (w, prepared) in w.zip(prepared.chunks_exact_mut(plan.filters())) {
        for (first, lanes, at) in plan.blocks() {
            filters::transform(transform, &plan, Filters::Plain(w), first, lanes, &mut prepared[at..]);
        }
    }
}

pub(super) fn forward_workspace<T: Transform<M, S>, const M: usize, const S: usize>(
    _: T, g: &Conv2d, prepared: bool,
) -> usize {
    Plan::<M, S>::new(&g.group(), g.n).workspace(g.n, prepared)
}

/// y = f(x ⋆ w + bias)
pub(super) fn forward<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, g: &Conv2d, x: &[f32], weights: Weights, y: &mut [f32], epilogue: &Epilogue, workspace: &mut [f32],
) {
    let plan = Plan::<M, S>::new(&g.group(), g.n);
    let Window { k, .. } = plan.window;
    for group in 0..g.groups {
        let filters = match weights.part(group, k * plan.window.taps(), plan.filters()) {
            Weights::Plain(w) => Filters::Plain(w),
            Weights::Prepared(u) => Filters::Transformed(u),
        };
        let epilogue = epilogue.of(group * k..(group + 1) * k);
        run(transform, &plan, g.n, (g.groups, group), x, filters, y, &epilogue, workspace);
    }
}

pub(super) fn grad_x_workspace(g: &Conv2d) -> usize {
    workspace(&g.group().adjoint(), g.n)
}

/// gx = g ⋆ the filters turned by 180°, input and output channels exchanged.
pub(super) fn grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut [f32], workspace: &mut [f32]) {
    let window = g.group().adjoint();
    let size = window.k * window.taps();
    for group in 0..g.groups {
        let filters = Filters::Turned(&w[group * size..][..size]);
        correlate(&window, g.n, (g.groups, group), gy, filters, gx, workspace);
    }
}

/// Numbers of workspace for [`correlate`].
pub(super) fn workspace(window: &Window, n: usize) -> usize {
    Plan::<2, 4>::new(window, n).workspace(n, false)
}

/// y = x ⋆ filters for group i of `groups` of n images, by F(2 × 2, 3 × 3).
pub(super) fn correlate(
    window: &Window, n: usize, group: (usize, usize), x: &[f32], filters: Filters, y: &mut [f32], workspace: &mut [f32],
) {
    run(F2, &Plan::<2, 4>::new(window, n), n, group, x, filters, y, &Epilogue::NONE, workspace);
}

/// y = f(x ⋆ filters + bias)
fn run<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, plan: &Plan<M, S>, n: usize, (groups, group): (usize, usize), x: &[f32], filters: Filters,
    y: &mut [f32], epilogue: &Epilogue, workspace: &mut [f32],
) {
    let c = plan.window.c;
    let [x_len, y_len] = [plan.window.x_len(), plan.window.y_len()];
    let (total, most) = (n * plan.rows, plan.at_once * plan.columns);
    let once = plan.at_once == total;
    let mut workspace = Workspace(workspace);
    let v = workspace.floats(Plan::<M, S>::PLACES * distance(c * most.next_multiple_of(NR)));
    let products = workspace.floats(Plan::<M, S>::PLACES * distance(plan.lanes * most));
    let band = workspace.floats(tiles::band_len(plan));
    let Workspace(room) = workspace;
    for first in (0..total).step_by(plan.at_once) {
        let last = total.min(first + plan.at_once);
        let count = (last - first) * plan.columns;
        for segment in plan.segments(first, last) {
            let x = &x[(segment.image * groups + group) * x_len..][..x_len];
            tiles::inputs(transform, plan, &segment, x, count, band, v);
        }
        for (f, lanes, at) in plan.blocks() {
            // Filters that are used once need not all be kept.
            let u = if let Filters::Transformed(u) = filters {
                &u[at..]
            } else {
                let u = &mut room[if once { 0 } else { at }..];
                if first == 0 {
                    filters::transform(transform, plan, filters, f, lanes, u);
                }
                &*u
            };
            multiply(Plan::<M, S>::PLACES, [lanes, count, c], u, v, false, products);
            let epilogue = epilogue.of(f..f + lanes);
            for segment in plan.segments(first, last) {
                let y = &mut y[(segment.image * groups + group) * y_len..][..y_len];
                let y = &mut y[f * plan.window.pixels()..];
                tiles::outputs(transform, plan, &segment, lanes, products, count, &epilogue, y);
            }
        }
    }
}

/// products[place][m, n] ← U[place] V[place], or added to them, for panels of m and n lanes.
///
/// # Panics
/// If a slice is too short.
fn multiply(places: usize, [m, n, depth]: [usize; 3], u: &[f32], v: &[f32], accumulate: bool, products: &mut [f32]) {
    let (a_width, b_width) = (m.next_multiple_of(MR), n.next_multiple_of(NR));
    let [a, b, c] = [a_width * depth, b_width * depth, m * n].map(distance);
    assert!(u.len() >= places * a && v.len() >= places * b && products.len() >= places * c);
    for place in 0..places {
        // SAFETY: the three have so many places, all of their rows, lanes and depths.
        unsafe {
            let (u, v) = (u.as_ptr().add(place * a), v.as_ptr().add(place * b));
            let out = Output { accumulate, ..Output::plain(products.as_mut_ptr().add(place * c), n) };
            for p in (0..depth).step_by(DEPTHS) {
                let depths = DEPTHS.min(depth - p);
                let out = out.depths(p, depths, depth);
                for i in (0..m).step_by(ROWS) {
                    let (u, v) = (u.add(p * a_width + i * depths), v.add(p * b_width));
                    block::<Tile>(ROWS.min(m - i), n, depths, u, v, &out.at(i, 0));
                }
            }
        }
    }
}
