//! Convolution with the batch in lanes: eight images side by side, [planes][rows][columns][8].
//!
//! A tile is a few filters × eight images at one pixel, read in place through a table of tap distances: nothing is
//! packed, no row ends in the middle of a vector, and no border of an image costs products in the gradient of the input.
//! That pays where few channels and filters leave matrix products too little to do, also for a batch of images that has
//! to be put into lanes and back (0.13 ns a number). The layers of LeNet-5 at a batch of 64, GFLOP/s with that and in
//! `implicit`, where products of 512³ run at 29 (AMD EPYC, simd128, Node 20, on a busy machine):
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
use crate::gemm::Activation;
use crate::lanes::{gather_row, lanes_len, masked, masks, LANES};
use crate::simd::F32x4;

/// Numbers of workspace that [`conv2d_lanes`] needs.
pub fn conv2d_lanes_workspace(g: &Conv2d) -> usize {
    if g.is_empty() {
        0
    } else {
        forward_workspace(g, Layout::Lanes)
    }
}

/// y = f(x ⋆ w + bias), for x and y in lanes; w and bias as for `conv2d`.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_lanes(
    g: &Conv2d, x: &[f32], w: &[f32], y: &mut [f32], bias: Option<&[f32]>, activation: Activation,
    workspace: &mut [f32],
) {
    assert_fits(g, x, w, y);
    if !g.is_empty() {
        forward(g, Layout::Lanes, x, w, y, bias, activation, workspace);
        return;
    }
    let y = &mut y[..lanes_len(g.n, g.k * g.oh * g.ow)];
    for (i, y) in y.chunks_exact_mut((g.oh * g.ow).max(1) * LANES).enumerate() {
        y.fill(bias.map_or(0.0, |bias| bias[i % g.k]));
    }
    // SAFETY: a row of the length of y.
    unsafe { activation.apply(y.as_mut_ptr(), 0, 1, y.len()) };
}

/// Numbers of workspace that [`conv2d_lanes_grad_x`] needs.
pub fn conv2d_lanes_grad_x_workspace(g: &Conv2d) -> usize {
    if g.is_empty() {
        0
    } else {
        grad_x_workspace(g, Layout::Lanes)
    }
}

/// The gradient of the input from that of the output, both in lanes.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_lanes_grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut [f32], workspace: &mut [f32]) {
    assert_fits(g, gx, w, gy);
    if g.is_empty() {
        gx[..lanes_len(g.n, g.c * g.h * g.w)].fill(0.0);
    } else {
        grad_x(g, Layout::Lanes, gy, w, gx, workspace);
    }
}

/// Numbers of workspace that [`conv2d_lanes_grad_w`] needs.
pub fn conv2d_lanes_grad_w_workspace(g: &Conv2d) -> usize {
    if g.is_empty() {
        0
    } else {
        grad_w_workspace(g, Layout::Lanes)
    }
}

/// The gradient of the weights, summed over the n images, for gy and x in lanes.
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_lanes_grad_w(g: &Conv2d, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    assert_fits(g, x, gw, gy);
    let gw = &mut gw[..g.w_len()];
    if g.is_empty() {
        gw.fill(0.0);
    } else {
        grad_w(g, Layout::Lanes, gy, x, gw, workspace);
    }
}

fn assert_fits(g: &Conv2d, x: &[f32], w: &[f32], y: &[f32]) {
    assert!(lanes_len(g.n, g.c * g.h * g.w) <= x.len(), "x is too short");
    assert!(g.w_len() <= w.len(), "w is too short");
    assert!(lanes_len(g.n, g.k * g.oh * g.ow) <= y.len(), "y is too short");
}

/// How a batch lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// [n, planes, h, w]
    Images,
    /// [⌈n / 8⌉, planes, h, w, 8]
    Lanes,
}

impl Layout {
    /// Where the planes of a group begin in the eight images from `first` on: images have `image` numbers, groups
    /// `group`.
    fn start(self, (first, image): (usize, usize), (i, group): (usize, usize)) -> usize {
        let side_by_side = if self == Self::Lanes { LANES } else { 1 };
        first * image + i * group * side_by_side
    }
}

/// Planes of eight images with room for every tap: zeros around the images, or a part of them.
#[derive(Clone, Copy)]
struct Block {
    layout: Layout,
    planes: usize,
    h: usize,
    w: usize,
    rows: usize,
    columns: usize,
    top: usize,
    left: usize,
}

impl Block {
    /// The frame of a group's input: the images themselves, if they lie in lanes and have no border.
    fn input(g: &Conv2d, layout: Layout) -> Self {
        let Conv2d { h, w, kh, kw, oh, ow, sh, sw, dh, dw, pt: top, pl: left, .. } = *g;
        let (rows, columns) = ((oh - 1) * sh + (kh - 1) * dh + 1, (ow - 1) * sw + (kw - 1) * dw + 1);
        let inside = top == 0 && left == 0 && rows <= h && columns <= w;
        let (rows, columns) = if layout == Layout::Lanes && inside { (h, w) } else { (rows, columns) };
        Self { layout, planes: g.group().c, h, w, rows, columns, top, left }
    }

    /// A group's output as it is.
    fn output(g: &Conv2d, layout: Layout) -> Self {
        let Conv2d { oh, ow, .. } = *g;
        Self { layout, planes: g.group().k, h: oh, w: ow, rows: oh, columns: ow, top: 0, left: 0 }
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

    /// The block of `images` ≤ 8 images, other lanes 0: `x` itself, which begins with the first plane of the first
    /// image, or a copy in `buffer`, whose border is 0. Images that do not lie in lanes are `step` apart.
    fn load<'a>(&self, x: &'a [f32], step: usize, images: usize, buffer: &'a mut [f32]) -> &'a [f32] {
        let whole = [self.top, self.left] == [0, 0] && [self.rows, self.columns] == [self.h, self.w];
        if self.layout == Layout::Lanes && whole && images == LANES {
            return &x[..self.len()];
        }
        let rows = self.h.min(self.rows.saturating_sub(self.top));
        let count = self.w.min(self.columns.saturating_sub(self.left));
        for d in 0..if count > 0 { self.planes } else { 0 } {
            for y in 0..rows {
                let from = (d * self.h + y) * self.w;
                let to = d * self.plane() + (self.top + y) * self.row() + self.left * LANES;
                let target = &mut buffer[to..][..count * LANES];
                match self.layout {
                    Layout::Images => gather_row(&x[from..], step, images, target),
                    Layout::Lanes => copy_row(&x[from * LANES..][..target.len()], images, target),
                }
            }
        }
        buffer
    }
}

/// A row in lanes, with 0 in all but the first `images`.
#[inline(never)]
fn copy_row(x: &[f32], images: usize, y: &mut [f32]) {
    let masks = masks(images);
    for (x, y) in x.as_chunks::<LANES>().0.iter().zip(y.as_chunks_mut::<LANES>().0) {
        let [low, high] = masked(x, masks);
        low.write(y.first_chunk_mut().expect("eight lanes"));
        high.write(y.last_chunk_mut().expect("eight lanes"));
    }
}

/// Where blocks of images begin in a batch.
fn blocks(g: &Conv2d) -> impl Iterator<Item = usize> {
    (0..g.n).step_by(LANES)
}

/// Filters of a tile at most: 12 accumulators stay in registers with fused multiply-add, 8 without.
const PANEL: usize = if cfg!(target_feature = "relaxed-simd") { 6 } else { 4 };

/// n filters in as few panels as possible: the first filter of each, and how many there are.
fn panels(n: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = n.div_ceil(PANEL);
    (0..count).map(move |i| (i * n / count, (i + 1) * n / count - i * n / count))
}

/// M filters × eight images: what is summed up in registers.
type Sums<const M: usize> = [[F32x4; 2]; M];

/// sums[i] += Σ_q w[q, i] · x[at(q)], q = 0..n, the rows of `w` M apart.
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

/// Calls a function that takes the width of a panel as a constant.
macro_rules! by_width {
    ($m:expr, $f:ident($($argument:expr),* $(,)?)) => {
        match $m {
            1 => $f::<1>($($argument),*),
            2 => $f::<2>($($argument),*),
            3 => $f::<3>($($argument),*),
            5 if PANEL > 4 => $f::<5>($($argument),*),
            6 if PANEL > 4 => $f::<6>($($argument),*),
            _ => $f::<4>($($argument),*),
        }
    };
}
use by_width;
