//! Implicit im2col: convolution as matrix products with the patches of one image at a time, for any geometry.

use super::epilogue::Epilogue;
use super::geometry::{Batch, Conv2d, Window};
use super::image::Frame;
use super::patches::{ByPixel, ByTap, Patches};
use super::planes::Planes;
use super::weights::{Prepared, Weights};
use super::workspace::Workspace;
use crate::cut::PARTS;
use crate::gemm::loops::{a_workspace, b_workspace, depths_at_once, multiply, MR};
use crate::gemm::micro::Output;
use crate::gemm::pack::{prepack, Packed, Strided};
use core::ptr;

/// Numbers that the packed weights of a window take.
fn packed_len(window: &Window) -> usize {
    window.k.next_multiple_of(MR) * window.taps()
}

/// W [k, taps] in panels.
fn pack(window: &Window, w: &[f32], packed: &mut [f32]) {
    let (m, k) = (window.k, window.taps());
    assert!(w.len() >= m * k && packed.len() >= packed_len(window));
    // SAFETY: w is m × k, and its panels have their room.
    unsafe {
        prepack::<MR>(&Strided { at: w.as_ptr(), row: k, depth: 1 }, m, k, depths_at_once(k), packed.as_mut_ptr())
    };
}

/// Numbers of workspace for [`correlate`].
pub(super) fn workspace(window: &Window, prepared: bool) -> usize {
    let packed = if prepared { 0 } else { packed_len(window) };
    packed + frame_workspace(window) + b_workspace(window.pixels(), window.taps())
}

/// Numbers for a frame and the distances of its taps; an image of single pixels is its own matrix of patches.
fn frame_workspace(window: &Window) -> usize {
    if window.is_pointwise() {
        0
    } else {
        window.taps() + Frame::new(window).len()
    }
}

pub(super) fn prepared_len(g: &Conv2d) -> usize {
    g.groups * packed_len(&g.group())
}

pub(super) fn prepare(g: &Conv2d, w: &[f32], prepared: &mut [f32]) {
    let window = g.group();
    let size = window.k * window.taps();
    for (w, packed) in w.chunks_exact(size).zip(prepared.chunks_exact_mut(packed_len(&window))) {
        pack(&window, w, packed);
    }
}

pub(super) fn forward_workspace(g: &Conv2d, prepared: bool) -> usize {
    workspace(&g.group(), prepared)
}

/// y = f(x ⋆ w + bias): Y = W · patches, for every image and group.
pub(super) fn forward(
    g: &Conv2d, x: &[f32], weights: Weights, y: &mut Planes, epilogue: &Epilogue, workspace: &mut [f32],
) {
    let window = g.group();
    let packed = if let Weights::Prepared(w) = weights { packed_len(&w.whole(&window)) } else { 0 };
    let size = window.k * window.taps();
    for group in 0..g.groups {
        let weights = weights.part(&window, group, size, packed);
        let epilogue = epilogue.of(group * window.k..(group + 1) * window.k);
        correlate(&window, &g.batch(), group, x, weights, y, &epilogue, workspace);
    }
}

pub(super) fn grad_x_workspace(g: &Conv2d) -> usize {
    let window = g.group().adjoint();
    window.k * window.taps() + self::workspace(&window, false)
}

/// Stride 1: gx = g ⋆ the filters turned by 180°, input and output channels exchanged.
pub(super) fn grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut Planes, workspace: &mut [f32]) {
    let (window, batch, step) = (g.group().adjoint(), g.batch().adjoint(), g.w_step());
    let (turned, workspace) = workspace.split_at_mut(window.k * window.taps());
    for group in 0..g.groups {
        turn(&window, &w[group * window.c * step..], step, turned);
        let turned = Weights::Plain(turned);
        correlate(&window, &batch, group, gy, turned, gx, &Epilogue::NONE, workspace);
    }
}

/// Filters that [`turn`] moves together each way, so that it reads and writes whole lines of cache.
const BLOCK: usize = 16;

/// w [c, k, taps], the first of c `step` apart, to [k, c, taps], the taps in reverse.
pub(super) fn turn(window: &Window, w: &[f32], step: usize, turned: &mut [f32]) {
    let (c, k, size) = (window.c, window.k, window.kh * window.kw);
    for first_d in (0..c).step_by(BLOCK) {
        for first_f in (0..k).step_by(BLOCK) {
            for f in first_f..k.min(first_f + BLOCK) {
                for d in first_d..c.min(first_d + BLOCK) {
                    let source = &w[d * step + f * size..][..size];
                    let target = &mut turned[(f * c + d) * size..][..size];
                    for (target, source) in target.iter_mut().zip(source.iter().rev()) {
                        *target = *source;
                    }
                }
            }
        }
    }
}

/// What a group does in a correlation of a batch.
pub(super) fn correlate(
    window: &Window, batch: &Batch, group: usize, x: &[f32], weights: Weights, y: &mut Planes, epilogue: &Epilogue,
    workspace: &mut [f32],
) {
    let (m, pixels, k) = (window.k, window.pixels(), window.taps());
    let mut workspace = Workspace(workspace);
    let filters = match weights {
        Weights::Prepared(filters) => filters,
        Weights::Plain(w) => {
            let packed = workspace.floats(packed_len(window));
            pack(window, w, packed);
            Prepared { weights: packed, k: m, first: 0 }
        }
    };
    let a = Packed { at: filters.weights.as_ptr(), rows: if PARTS { filters.k } else { m }, first: filters.first };
    let panels = workspace.floats(b_workspace(pixels, k)).as_mut_ptr();
    let column = epilogue.bias.map_or(ptr::null(), <[f32]>::as_ptr);
    let (x_len, y_len) = (window.x_len(), window.y_len());
    let images = (0..batch.n).map(|image| &x[image * batch.x_step + group * x_len..][..x_len]);
    let mut out = |image: usize| {
        let y = y.of(image * batch.y_step + group * y_len, y_len);
        Output { column, activation: epilogue.activation, ..Output::plain(y.as_mut_ptr(), pixels) }
    };
    // SAFETY: a is m × k, the patches k × pixels, y m × pixels; A is packed, B has its room.
    if window.is_pointwise() {
        for (image, x) in images.enumerate() {
            let b = Strided { at: x.as_ptr(), row: 1, depth: pixels };
            unsafe { multiply(m, pixels, k, &a, &b, &out(image), ptr::null_mut(), panels) };
        }
        return;
    }
    let frame = Frame::new(window);
    let taps = workspace.offsets(k);
    let buffer = workspace.floats(frame.len());
    frame.taps(taps);
    for (image, x) in images.enumerate() {
        frame.fill(x, buffer);
        let b = ByPixel(Patches::new(&frame, frame.first(buffer), taps, window.ow));
        unsafe { multiply(m, pixels, k, &a, &b, &out(image), ptr::null_mut(), panels) };
    }
}

/// Numbers of the product Wᵀg that are made at a time: 256 KB.
const COLUMNS: usize = 1 << 16;

/// Planes of the input whose columns are made at a time.
fn planes_at_once(window: &Window) -> usize {
    (COLUMNS / (window.kh * window.kw * window.pixels())).clamp(1, window.c)
}

pub(super) fn grad_x_col2im_workspace(g: &Conv2d) -> usize {
    let window = g.group();
    let rows = planes_at_once(&window) * window.kh * window.kw;
    window.taps()
        + Frame::new(&window).len()
        + rows * window.pixels()
        + a_workspace(rows, window.k)
        + b_workspace(window.pixels(), window.k)
}

/// Any stride: gx = col2im(Wᵀg).
pub(super) fn grad_x_col2im(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut Planes, workspace: &mut [f32]) {
    let (window, batch, step) = (g.group(), g.batch(), g.w_step());
    let (x_len, y_len) = (window.x_len(), window.y_len());
    let (taps, pixels, size) = (window.taps(), window.pixels(), window.kh * window.kw);
    let at_once = planes_at_once(&window);
    let frame = Frame::new(&window);
    let mut workspace = Workspace(workspace);
    let offsets = workspace.offsets(taps);
    let buffer = workspace.floats(frame.len());
    let columns = workspace.floats(at_once * size * pixels);
    let pa = workspace.floats(a_workspace(at_once * size, window.k));
    let pb = workspace.floats(b_workspace(pixels, window.k));
    frame.taps(offsets);
    for part in 0..g.n * g.groups {
        let (image, group) = (part / g.groups, part % g.groups);
        let gy = &gy[image * batch.y_step + group * y_len..][..y_len];
        let w = &w[group * window.k * step..][..(window.k - 1) * step + taps];
        let b = Strided { at: gy.as_ptr(), row: 1, depth: pixels };
        buffer[..frame.len()].fill(0.0);
        for first in (0..window.c).step_by(at_once) {
            let rows = first * size..(first + at_once).min(window.c) * size;
            let a = Strided { at: w[rows.start..].as_ptr(), row: 1, depth: step };
            let out = Output::plain(columns.as_mut_ptr(), pixels);
            // SAFETY: Wᵀ is taps × k, of which these rows; g is k × pixels; `columns` has room for the product.
            unsafe { multiply(rows.len(), pixels, window.k, &a, &b, &out, pa.as_mut_ptr(), pb.as_mut_ptr()) };
            for (tap, column) in offsets[rows].iter().zip(columns.chunks_exact(pixels)) {
                frame.add_column(*tap as usize, column, buffer);
            }
        }
        frame.crop(buffer, gx.of(image * batch.x_step + group * x_len, x_len));
    }
}

pub(super) fn grad_w_workspace(g: &Conv2d) -> usize {
    let window = g.group();
    let (taps, pixels) = (window.taps(), window.pixels());
    frame_workspace(&window) + a_workspace(window.k, pixels) + b_workspace(taps, pixels)
}

/// gw = Σ over images of g · patchesᵀ.
pub(super) fn grad_w(g: &Conv2d, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    let (window, batch) = (g.group(), g.batch());
    let (taps, pixels, x_len, y_len) = (window.taps(), window.pixels(), window.x_len(), window.y_len());
    let mut workspace = Workspace(workspace);
    let pa = workspace.floats(a_workspace(window.k, pixels)).as_mut_ptr();
    let pb = workspace.floats(b_workspace(taps, pixels)).as_mut_ptr();
    let parts = (0..g.n * g.groups).map(|part| {
        let (image, group) = (part / g.groups, part % g.groups);
        let gy = &gy[image * batch.y_step + group * y_len..][..y_len];
        (part, &x[image * batch.x_step + group * x_len..][..x_len], gy)
    });
    let a = |gy: &[f32]| Strided { at: gy.as_ptr(), row: pixels, depth: 1 };
    let mut out = |part: usize| {
        let gw = &mut gw[part % g.groups * window.k * taps..][..window.k * taps];
        Output { accumulate: part >= g.groups, ..Output::plain(gw.as_mut_ptr(), taps) }
    };
    // SAFETY: g is k × pixels, the patches pixels × taps, gw k × taps; both operands have their room.
    if window.is_pointwise() {
        for (part, x, gy) in parts {
            let b = Strided { at: x.as_ptr(), row: pixels, depth: 1 };
            unsafe { multiply(window.k, taps, pixels, &a(gy), &b, &out(part), pa, pb) };
        }
        return;
    }
    let frame = Frame::new(&window);
    let offsets = workspace.offsets(taps);
    let buffer = workspace.floats(frame.len());
    frame.taps(offsets);
    for (part, x, gy) in parts {
        frame.fill(x, buffer);
        let b = ByTap(Patches::new(&frame, frame.first(buffer), offsets, window.ow));
        unsafe { multiply(window.k, taps, pixels, &a(gy), &b, &out(part), pa, pb) };
    }
}
