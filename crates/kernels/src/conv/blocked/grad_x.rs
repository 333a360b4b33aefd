//! The gradient of the input in the blocked layout: every pixel of the input gathers from the outputs it reaches.

use super::block::{blocks, Block, Layout};
use super::tile::{accumulate, by_width, panels, Sums, PANEL};
use crate::blocked::{scatter_row, IMAGES};
use crate::conv::geometry::{Conv2d, Window};
use crate::conv::planes::Planes;
use crate::conv::workspace::Workspace;
use crate::simd::F32x4;

/// Along one axis, the (tap, output) pairs that every place of the input has a part in, as distances in the weights and
/// in the gradient: place p's are pairs[starts[p]..starts[p + 1]].
struct Reach<'a> {
    starts: &'a mut [u32],
    pairs: &'a mut [u32],
}

/// One axis of a convolution.
#[derive(Clone, Copy)]
struct Axis {
    input: usize,
    output: usize,
    taps: usize,
    stride: usize,
    dilation: usize,
    before: usize,
}

impl Axis {
    fn len(&self) -> usize {
        self.input + 1 + 2 * self.output * self.taps
    }

    fn reach<'a>(&self, workspace: &mut Workspace<'a>, tap_step: usize, output_step: usize) -> Reach<'a> {
        let starts = workspace.offsets(self.input + 1);
        let pairs = workspace.offsets(2 * self.output * self.taps);
        let mut n = 0;
        for p in 0..self.input {
            starts[p] = n as u32;
            for tap in 0..self.taps {
                let Some(at) = (p + self.before).checked_sub(tap * self.dilation) else { break };
                if at % self.stride == 0 && at / self.stride < self.output {
                    pairs[n] = (tap * tap_step) as u32;
                    pairs[n + 1] = (at / self.stride * output_step) as u32;
                    n += 2;
                }
            }
        }
        starts[self.input] = n as u32;
        Reach { starts, pairs }
    }
}

impl Reach<'_> {
    #[inline(always)]
    fn of(&self, p: usize) -> &[u32] {
        &self.pairs[self.starts[p] as usize..self.starts[p + 1] as usize]
    }
}

fn axes(g: &Conv2d) -> [Axis; 2] {
    [
        Axis { input: g.h, output: g.oh, taps: g.kh, stride: g.sh, dilation: g.dh, before: g.pt },
        Axis { input: g.w, output: g.ow, taps: g.kw, stride: g.sw, dilation: g.dw, before: g.pl },
    ]
}

pub fn grad_x_workspace(g: &Conv2d, layout: Layout) -> usize {
    let window = g.group();
    let [rows, columns] = axes(g);
    let lines = if layout == Layout::Plain { window.c * window.w * IMAGES } else { 0 };
    rows.len() + columns.len() + window.k * window.taps() + Block::output(g, layout).len() + lines
}

#[inline(never)]
pub fn grad_x(g: &Conv2d, layout: Layout, gy: &[f32], w: &[f32], gx: &mut Planes, workspace: &mut [f32]) {
    let window = g.group();
    let (output, row_len) = (Block::output(g, layout), window.w * IMAGES);
    let mut workspace = Workspace(workspace);
    let [rows, columns] = axes(g);
    let rows = rows.reach(&mut workspace, window.kw * window.k, output.row());
    let columns = columns.reach(&mut workspace, window.k, IMAGES);
    let filters = workspace.floats(window.k * window.taps());
    let buffer = workspace.floats(output.len());
    let Workspace(lines) = workspace;
    let batch = g.batch();
    for group in 0..g.groups {
        pack(&window, &w[group * window.k * window.taps()..], filters);
        let run = Backward { k: window.k, c: window.c, w: window.w, plane: output.plane(), filters, columns: &columns };
        for first in blocks(g) {
            let images = IMAGES.min(g.n - first);
            let gy = &gy[layout.start((first, batch.y_step), (group, window.y_len()))..];
            let start = layout.start((first, batch.x_step), (group, window.x_len()));
            let lanes = if layout == Layout::Plain { images } else { IMAGES };
            let block = output.load(gy, batch.y_step, lanes, buffer);
            for y in 0..window.h {
                if layout == Layout::Blocked {
                    let gx = gx.of(start, window.c * window.h * row_len);
                    run.row(block, rows.of(y), &mut gx[y * row_len..], window.h * row_len);
                    continue;
                }
                run.row(block, rows.of(y), lines, row_len);
                for (d, line) in lines.chunks_exact(row_len).enumerate().take(window.c) {
                    scatter_row(line, batch.x_step, images, &gx.cells()[start + (d * window.h + y) * window.w..]);
                }
            }
        }
    }
}

/// w [k, c, taps] to panels [taps][k][width] of planes.
fn pack(window: &Window, w: &[f32], out: &mut [f32]) {
    let taps = window.kh * window.kw;
    let mut out = out.iter_mut();
    for (d, width) in panels(window.c) {
        for tap in 0..taps {
            for f in 0..window.k {
                for d in d..d + width {
                    *out.next().expect("a number of w") = w[(f * window.c + d) * taps + tap];
                }
            }
        }
    }
}

/// A group's filters, and the pixels of the gradient [k][plane] that the columns of the input reach.
struct Backward<'a> {
    k: usize,
    c: usize,
    w: usize,
    plane: usize,
    filters: &'a [f32],
    columns: &'a Reach<'a>,
}

impl Backward<'_> {
    /// A row of the input's gradient, its planes `gx_plane` apart.
    fn row(&self, g: &[f32], rows: &[u32], gx: &mut [f32], gx_plane: usize) {
        let filter = self.filters.len() / self.c;
        for (d, width) in panels(self.c) {
            let (panel, gx) = (&self.filters[d * filter..], &mut gx[d * gx_plane..]);
            by_width!(width, pixels(self, g, panel, rows, gx, gx_plane));
        }
    }
}

/// The same of M planes.
#[inline(never)]
fn pixels<const M: usize>(
    &Backward { k, c, w, plane, filters, columns }: &Backward, g: &[f32], panel: &[f32], rows: &[u32], gx: &mut [f32],
    gx_plane: usize,
) {
    assert!(g.len() >= k * plane && panel.len() >= filters.len() / c * M);
    assert!(gx.len() >= (M - 1) * gx_plane + w * IMAGES);
    for x in 0..w {
        let mut sums: Sums<M> = [[F32x4::zero(); 2]; M];
        for &[tap_row, g_row] in rows.as_chunks::<2>().0 {
            for &[tap, at] in columns.of(x).as_chunks::<2>().0 {
                // SAFETY: the tap is one of the panel's, with k rows of M; (g_row, at) is a pixel of each of the k planes.
                unsafe {
                    let panel = panel.as_ptr().add((tap_row + tap) as usize * M);
                    let g = g.as_ptr().add((g_row + at) as usize);
                    sums = accumulate(sums, k, panel, g, |f| f * plane);
                }
            }
        }
        for (i, sum) in sums.iter().enumerate() {
            // SAFETY: gx has M rows of w pixels.
            unsafe {
                let out = gx.as_mut_ptr().add(i * gx_plane + x * IMAGES);
                sum[0].store(out);
                sum[1].store(out.add(4));
            }
        }
    }
}
