//! y = f(x ⋆ w + bias) in the blocked layout.

use super::block::{blocks, Block, Layout};
use super::tile::{accumulate, by_width, panels, Sums, PANEL};
use crate::blocked::{scatter_row, IMAGES};
use crate::conv::geometry::Conv2d;
use crate::conv::planes::Planes;
use crate::conv::workspace::Workspace;
use crate::gemm::Activation;
use crate::simd::F32x4;

pub fn forward_workspace(g: &Conv2d, layout: Layout) -> usize {
    let window = g.group();
    let rows = if layout == Layout::Plain { window.k * window.ow * IMAGES } else { 0 };
    window.taps() * (1 + window.k) + Block::input(g, layout).len() + window.k + rows
}

#[inline(never)]
pub fn forward(
    g: &Conv2d, layout: Layout, x: &[f32], w: &[f32], y: &mut Planes, bias: Option<&[f32]>, activation: Activation,
    workspace: &mut [f32],
) {
    let window = g.group();
    let (taps, input, row_len) = (window.taps(), Block::input(g, layout), window.ow * IMAGES);
    let mut workspace = Workspace(workspace);
    let offsets = workspace.offsets(taps);
    let filters = workspace.floats(taps * window.k);
    let buffer = workspace.floats(input.len());
    let biases = workspace.floats(window.k);
    let Workspace(rows) = workspace;
    input.taps(&window, offsets);
    buffer.fill(0.0);
    biases.fill(0.0);
    let batch = g.batch();
    for group in 0..g.groups {
        pack(&w[group * window.k * taps..][..window.k * taps], taps, filters);
        if let Some(bias) = bias {
            biases.copy_from_slice(&bias[group * window.k..][..window.k]);
        }
        let run = Forward { ow: window.ow, step: window.sw * IMAGES, offsets, filters, biases, activation };
        for first in blocks(g) {
            let images = IMAGES.min(g.n - first);
            let x = &x[layout.start((first, batch.x_step), (group, window.x_len()))..];
            let start = layout.start((first, batch.y_step), (group, window.y_len()));
            let lanes = if layout == Layout::Plain { images } else { IMAGES };
            let block = input.load(x, batch.x_step, lanes, buffer);
            for i in 0..window.oh {
                let x = &block[i * window.sh * input.row()..];
                if layout == Layout::Blocked {
                    let y = y.of(start, window.k * window.oh * row_len);
                    run.row(x, &mut y[i * row_len..], window.oh * row_len);
                    continue;
                }
                run.row(x, rows, row_len);
                for (f, row) in rows.chunks_exact(row_len).enumerate().take(window.k) {
                    scatter_row(row, batch.y_step, images, &y.cells()[start + (f * window.oh + i) * window.ow..]);
                }
            }
        }
    }
}

/// w [k, taps] to panels [taps][width].
fn pack(w: &[f32], taps: usize, out: &mut [f32]) {
    let mut out = out.iter_mut();
    for (f, width) in panels(w.len() / taps) {
        for tap in 0..taps {
            for i in f..f + width {
                *out.next().expect("a number of w") = w[i * taps + tap];
            }
        }
    }
}

/// A group's filters at rows of `ow` pixels, `step` apart in x.
struct Forward<'a> {
    ow: usize,
    step: usize,
    offsets: &'a [u32],
    filters: &'a [f32],
    biases: &'a [f32],
    activation: Activation,
}

impl Forward<'_> {
    /// A row of outputs of every filter, `plane` apart.
    fn row(&self, x: &[f32], y: &mut [f32], plane: usize) {
        for (f, width) in panels(self.biases.len()) {
            let panel = &self.filters[f * self.offsets.len()..];
            let (bias, y) = (&self.biases[f..], &mut y[f * plane..]);
            by_width!(width, pixels(self, x, panel, bias, y, plane));
        }
        if self.activation != Activation::Relu {
            // SAFETY: `pixels` has found the rows in y.
            unsafe { self.activation.apply(y.as_mut_ptr(), plane, self.biases.len(), self.ow * IMAGES) };
        }
    }
}

/// The same of M filters.
#[inline(never)]
fn pixels<const M: usize>(
    &Forward { ow, step, offsets, activation, .. }: &Forward, x: &[f32], panel: &[f32], bias: &[f32], y: &mut [f32],
    plane: usize,
) {
    let (taps, last) = (offsets.len(), offsets.last().map_or(0, |&tap| tap as usize));
    assert!(x.len() >= (ow - 1) * step + last + IMAGES && panel.len() >= M * taps && bias.len() >= M);
    assert!(y.len() >= (M - 1) * plane + ow * IMAGES);
    for j in 0..ow {
        // SAFETY: the panel has `taps` rows of M; the last tap of the last pixel lies in x, and so do all others; y has
        // M rows of ow pixels.
        unsafe {
            let mut sums: Sums<M> = [[F32x4::zero(); 2]; M];
            let at = |q| *offsets.get_unchecked(q) as usize;
            sums = accumulate(sums, taps, panel.as_ptr(), x.as_ptr().add(j * step), at);
            for i in 0..M {
                let bias = F32x4::load_splat(bias.as_ptr().add(i));
                sums[i] = [sums[i][0] + bias, sums[i][1] + bias];
            }
            if activation == Activation::Relu {
                for i in 0..M {
                    sums[i] = [sums[i][0].pmax(F32x4::zero()), sums[i][1].pmax(F32x4::zero())];
                }
            }
            for i in 0..M {
                let out = y.as_mut_ptr().add(i * plane + j * IMAGES);
                sums[i][0].store(out);
                sums[i][1].store(out.add(4));
            }
        }
    }
}
