//! The gradient of the input of a strided convolution as one correlation of stride 1: its polyphase decomposition.
//!
//! Pixels whose padded coordinates leave the same remainder (a, b) by the strides see the same taps, those at t·sh + a and
//! v·sw + b: a phase. So with p = q·sh + a and likewise along rows, leaving the channels out,
//!
//!   gx[q·sh + a − pt] = Σ_t w[t·sh + a] · g[q − t]
//!
//! The phases of all channels are the filters of one correlation of g, ⌈kh / sh⌉ × ⌈kw / sw⌉ taps each, the last of them
//! zeros for some phases; its outputs, interleaved, are the gradient.

use super::epilogue::Epilogue;
use super::geometry::{Batch, Conv2d, Window};
use super::implicit;
use super::planes::Planes;
use super::weights::Weights;
use super::winograd::{self, Filters};
use super::workspace::Workspace;

/// Whether few enough of the taps are such zeros: 19 % (11 × 11 at a stride of 4, 3 planes of 224 × 224, 64 filters) gain
/// 24 % over columns of patches, 31 % (7 × 7 at 2, the same planes) lose 14 % (AMD EPYC, simd128, Node 20).
pub(super) fn pays(g: &Conv2d) -> bool {
    let phases = phases(&g.group());
    let products = phases.k * phases.kh * phases.kw;
    let taps = g.group().taps();
    fits(g) && 4 * products <= 5 * taps
}

/// Whether every phase has taps, side by side.
pub(super) fn fits(g: &Conv2d) -> bool {
    g.dh == 1 && g.dw == 1 && g.sh <= g.kh && g.sw <= g.kw
}

/// The correlation of the gradient with the phases' filters.
fn phases(window: &Window) -> Window {
    let Window { c, h, w, k, kh, kw, oh, ow, sh, sw, top, left, .. } = *window;
    let (kh, kw) = (kh.div_ceil(sh), kw.div_ceil(sw));
    Window {
        c: k,
        h: oh,
        w: ow,
        k: c * sh * sw,
        kh,
        kw,
        oh: (h + top as usize).div_ceil(sh),
        ow: (w + left as usize).div_ceil(sw),
        sh: 1,
        sw: 1,
        top: kh as isize - 1,
        left: kw as isize - 1,
        dh: 1,
        dw: 1,
    }
}

pub(super) fn grad_x_workspace(g: &Conv2d) -> usize {
    let phases = phases(&g.group());
    let correlation = match winograd::pays(&phases, 1) {
        true => winograd::workspace(&phases, 1),
        false => implicit::workspace(&phases, false),
    };
    phases.k * phases.taps() + phases.y_len() + correlation
}

pub(super) fn grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut Planes, workspace: &mut [f32]) {
    let (window, batch) = (g.group(), g.batch());
    let (x_len, y_len) = (window.x_len(), window.y_len());
    let phases = phases(&window);
    let mut workspace = Workspace(workspace);
    let filters = workspace.floats(phases.k * phases.taps());
    let outputs = workspace.floats(phases.y_len());
    let Workspace(workspace) = workspace;
    for group in 0..g.groups {
        cut(&window, &phases, &w[group * window.k * window.taps()..], filters);
        for image in 0..batch.n {
            let gy = &gy[image * batch.y_step + group * y_len..][..y_len];
            let planes = &mut Planes::from(&mut *outputs);
            if winograd::pays(&phases, 1) {
                winograd::correlate(&phases, &Batch::ONE, 0, gy, Filters::Plain(filters), planes, workspace);
            } else {
                let filters = Weights::Plain(filters);
                implicit::correlate(&phases, &Batch::ONE, 0, gy, filters, planes, &Epilogue::NONE, workspace);
            }
            interleave(&window, &phases, outputs, gx.of(image * batch.x_step + group * x_len, x_len));
        }
    }
}

/// w [k, c, kh, kw] to the filters of the phases [c, sh, sw, k, ⌈kh / sh⌉, ⌈kw / sw⌉], their taps in reverse.
fn cut(window: &Window, phases: &Window, w: &[f32], filters: &mut [f32]) {
    let Window { c, kh, kw, sh, sw, .. } = *window;
    for (phase, filter) in filters.chunks_exact_mut(phases.taps()).enumerate() {
        let (d, a, b) = (phase / (sh * sw), phase / sw % sh, phase % sw);
        for (f, taps) in filter.chunks_exact_mut(phases.kh * phases.kw).enumerate() {
            for (i, tap) in taps.iter_mut().rev().enumerate() {
                let (u, v) = (i / phases.kw * sh + a, i % phases.kw * sw + b);
                *tap = if u < kh && v < kw { w[((f * c + d) * kh + u) * kw + v] } else { 0.0 };
            }
        }
    }
}

/// gx[d, q·sh + a − pt, r·sw + b − pl] = outputs[d, a, b, q, r]
fn interleave(window: &Window, phases: &Window, outputs: &[f32], gx: &mut [f32]) {
    let Window { h, w, sh, sw, top, left, .. } = *window;
    let (top, left) = (top as usize, left as usize);
    for (i, row) in gx.chunks_exact_mut(w).enumerate() {
        let (d, p) = (i / h, i % h + top);
        for b in 0..sw {
            // The first pixel of the row in this phase.
            let first = (b + sw - left % sw) % sw;
            let phase = (d * sh + p % sh) * sw + b;
            let source = &outputs[(phase * phases.oh + p / sh) * phases.ow + (first + left) / sw..];
            for (x, source) in row.iter_mut().skip(first).step_by(sw).zip(source) {
                *x = *source;
            }
        }
    }
}
