//! y = x ⋆ w + bias with the batch in lanes.

use super::{accumulate, blocks, panel, scatter_row, Block, Sums, LANES};
use crate::conv::geometry::{Conv2d, Window};
use crate::conv::workspace::Workspace;
use crate::gemm::pack::{prepack, Strided};
use crate::simd::F32x4;

/// Rows of a tile's filters, the last panel filled up.
fn filters(window: &Window) -> usize {
    window.k.next_multiple_of(panel(window.k))
}

pub fn forward_workspace(g: &Conv2d) -> usize {
    let window = g.group();
    window.taps() * (1 + filters(&window)) + Block::input(&window).len() + filters(&window) * (1 + window.ow * LANES)
}

pub fn forward(g: &Conv2d, x: &[f32], w: &[f32], y: &mut [f32], bias: Option<&[f32]>, workspace: &mut [f32]) {
    match panel(g.group().k) {
        1 => forward_by::<1>(g, x, w, y, bias, workspace),
        2 => forward_by::<2>(g, x, w, y, bias, workspace),
        3 => forward_by::<3>(g, x, w, y, bias, workspace),
        _ => forward_by::<4>(g, x, w, y, bias, workspace),
    }
}

fn forward_by<const M: usize>(
    g: &Conv2d, x: &[f32], w: &[f32], y: &mut [f32], bias: Option<&[f32]>, workspace: &mut [f32],
) {
    let window = g.group();
    let (taps, filters, input) = (window.taps(), filters(&window), Block::input(&window));
    let mut workspace = Workspace(workspace);
    let offsets = workspace.offsets(taps);
    let panels = workspace.floats(taps * filters);
    let block = workspace.floats(input.len());
    let biases = workspace.floats(filters);
    let row = workspace.floats(filters * window.ow * LANES);
    input.taps(&window, offsets);
    block.fill(0.0);
    biases.fill(0.0);
    for group in 0..g.groups {
        let w = &w[group * window.k * taps..][..window.k * taps];
        // SAFETY: w is k × taps, and `panels` has room for whole panels.
        unsafe {
            let rows = Strided { at: w.as_ptr(), lane: taps, depth: 1 };
            prepack::<M>(&rows, window.k, taps, taps, panels.as_mut_ptr());
        }
        if let Some(bias) = bias {
            biases[..window.k].copy_from_slice(&bias[group * window.k..][..window.k]);
        }
        let (x_step, y_step) = (g.c * g.h * g.w, g.k * g.oh * g.ow);
        for (first, images) in blocks(g) {
            input.fill(&x[first * x_step + group * window.x_len()..], x_step, images, block);
            let y = &mut y[first * y_step + group * window.y_len()..];
            for i in 0..window.oh {
                pixels::<M>(&window, &block[i * window.sh * input.row()..], panels, offsets, biases, row);
                for (f, row) in row.chunks_exact(window.ow * LANES).take(window.k).enumerate() {
                    scatter_row(row, y_step, images, &mut y[(f * window.oh + i) * window.ow..]);
                }
            }
        }
    }
}

/// A row of outputs, [filters][ow][8].
#[inline(never)]
fn pixels<const M: usize>(
    window: &Window, x: &[f32], panels: &[f32], offsets: &[u32], biases: &[f32], row: &mut [f32],
) {
    let (taps, ow, step) = (offsets.len(), window.ow, window.sw * LANES);
    let last = offsets.last().map_or(0, |&tap| tap as usize);
    assert!(x.len() >= (ow - 1) * step + last + LANES && panels.len() >= biases.len() * taps);
    assert!(row.len() >= biases.len() * ow * LANES);
    for f in (0..biases.len()).step_by(M) {
        for j in 0..ow {
            // SAFETY: the panel has `taps` rows of M; the last tap of the last pixel lies in x, and so do all others;
            // filters f to f + M have a row of ow pixels each.
            unsafe {
                let mut sums: Sums<M> = [[F32x4::zero(); 2]; M];
                let at = |q| *offsets.get_unchecked(q) as usize;
                sums = accumulate(sums, taps, panels.as_ptr().add(f * taps), x.as_ptr().add(j * step), at);
                for (i, sum) in sums.iter().enumerate() {
                    let bias = F32x4::load_splat(biases.as_ptr().add(f + i));
                    let out = row.as_mut_ptr().add(((f + i) * ow + j) * LANES);
                    (sum[0] + bias).store(out);
                    (sum[1] + bias).store(out.add(4));
                }
            }
        }
    }
}
