//! The gradient of the input with the batch in lanes: every pixel of the input gathers from the outputs it reaches.

use super::{accumulate, blocks, panel, scatter_row, Block, Sums, LANES};
use crate::conv::geometry::{Conv2d, Window};
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

/// Planes of the input, the last panel filled up.
fn planes(window: &Window) -> usize {
    window.c.next_multiple_of(panel(window.c))
}

pub fn grad_x_workspace(g: &Conv2d) -> usize {
    let window = g.group();
    let planes = planes(&window);
    let weights = planes * window.kh * window.kw * window.k;
    let [rows, columns] = axes(g);
    rows.len() + columns.len() + weights + Block::output(&window).len() + planes * window.w * LANES
}

pub fn grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut [f32], workspace: &mut [f32]) {
    match panel(g.group().c) {
        1 => grad_x_by::<1>(g, gy, w, gx, workspace),
        2 => grad_x_by::<2>(g, gy, w, gx, workspace),
        3 => grad_x_by::<3>(g, gy, w, gx, workspace),
        _ => grad_x_by::<4>(g, gy, w, gx, workspace),
    }
}

fn grad_x_by<const M: usize>(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut [f32], workspace: &mut [f32]) {
    let window = g.group();
    let (taps, planes, output) = (window.kh * window.kw, planes(&window), Block::output(&window));
    let mut workspace = Workspace(workspace);
    let [rows, columns] = axes(g);
    let rows = rows.reach(&mut workspace, window.kw * window.k * M, output.row());
    let columns = columns.reach(&mut workspace, window.k * M, LANES);
    let panels = workspace.floats(planes * taps * window.k);
    let block = workspace.floats(output.len());
    let row = workspace.floats(planes * window.w * LANES);
    let (x_step, y_step) = (g.c * g.h * g.w, g.k * g.oh * g.ow);
    for group in 0..g.groups {
        pack::<M>(&window, &w[group * window.k * window.taps()..], panels);
        for (first, images) in blocks(g) {
            output.fill(&gy[first * y_step + group * window.y_len()..], y_step, images, block);
            let gx = &mut gx[first * x_step + group * window.x_len()..];
            for y in 0..window.h {
                pixels::<M>(&window, block, panels, rows.of(y), &columns, row);
                for (d, row) in row.chunks_exact(window.w * LANES).take(window.c).enumerate() {
                    scatter_row(row, x_step, images, &mut gx[(d * window.h + y) * window.w..]);
                }
            }
        }
    }
}

/// w [k, c, taps] to panels [c / M][taps][k][M], the last filled up with zeros.
fn pack<const M: usize>(window: &Window, w: &[f32], panels: &mut [f32]) {
    let taps = window.kh * window.kw;
    for (i, lanes) in panels.chunks_exact_mut(M).enumerate() {
        let (f, tap, first) = (i % window.k, i / window.k % taps, i / window.k / taps * M);
        for (lane, d) in lanes.iter_mut().zip(first..) {
            *lane = if d < window.c { w[(f * window.c + d) * taps + tap] } else { 0.0 };
        }
    }
}

/// A row of the input's gradient, [planes][w][8].
#[inline(never)]
fn pixels<const M: usize>(
    window: &Window, block: &[f32], panels: &[f32], rows: &[u32], columns: &Reach, row: &mut [f32],
) {
    let (k, w, plane) = (window.k, window.w, window.pixels() * LANES);
    let panel = window.kh * window.kw * k * M;
    assert!(block.len() >= k * plane);
    for (weights, out) in panels.chunks_exact(panel).zip(row.chunks_exact_mut(M * w * LANES)) {
        for x in 0..w {
            let mut sums: Sums<M> = [[F32x4::zero(); 2]; M];
            for &[tap_row, g_row] in rows.as_chunks::<2>().0 {
                for &[tap, g] in columns.of(x).as_chunks::<2>().0 {
                    // SAFETY: the tap is one of the panel's, with k rows of M; (g_row, g) is a pixel of each of the k
                    // planes of the block.
                    unsafe {
                        let weights = weights.as_ptr().add((tap_row + tap) as usize);
                        let g = block.as_ptr().add((g_row + g) as usize);
                        sums = accumulate(sums, k, weights, g, |f| f * plane);
                    }
                }
            }
            for (i, sum) in sums.iter().enumerate() {
                let at = (i * w + x) * LANES;
                sum[0].write(out[at..].first_chunk_mut().expect("a pixel of the row"));
                sum[1].write(out[at + 4..].first_chunk_mut().expect("a pixel of the row"));
            }
        }
    }
}
