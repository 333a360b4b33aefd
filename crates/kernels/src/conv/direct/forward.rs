//! y = x ⋆ w + bias, and the gradient of the input as such a correlation.

use super::strips;
use crate::conv::epilogue::Epilogue;
use crate::conv::geometry::{Conv2d, Window};
use crate::conv::image::Frame;
use crate::conv::implicit::turn;
use crate::conv::planes::Planes;
use crate::conv::workspace::Workspace;
use crate::gemm::pack::{prepack, Strided};
use crate::gemm::Activation;
use crate::simd::{runs, F32x4};

/// Filters of a tile.
const FILTERS: usize = 4;

/// A correlation of one group, image by image.
struct Correlation<'a> {
    window: Window,
    frame: Frame,
    offsets: &'a mut [u32],
    /// Filters, [taps][m] for every m ≤ 4 of them.
    panels: &'a mut [f32],
    buffer: &'a mut [f32],
}

impl<'a> Correlation<'a> {
    fn len(window: &Window) -> usize {
        window.taps() * (1 + window.k) + Frame::new(window).len().max(strips::buffer(window))
    }

    fn new(window: Window, workspace: &mut Workspace<'a>) -> Self {
        let frame = Frame::new(&window);
        let offsets = workspace.offsets(window.taps());
        frame.taps(offsets);
        Self {
            window,
            frame,
            offsets,
            panels: workspace.floats(window.taps() * window.k),
            buffer: workspace.floats(frame.len().max(strips::buffer(&window))),
        }
    }

    fn filters(&mut self, w: &[f32]) {
        let (k, taps) = (self.window.k, self.window.taps());
        for (panel, w) in self.panels.chunks_mut(FILTERS * taps).zip(w[..k * taps].chunks(FILTERS * taps)) {
            let rows = Strided { at: w.as_ptr(), row: taps, depth: 1 };
            // SAFETY: w holds the rows of that many filters, and the panel has as many numbers.
            unsafe {
                match w.len() / taps {
                    1 => prepack::<1>(&rows, 1, taps, taps, panel.as_mut_ptr()),
                    2 => prepack::<2>(&rows, 2, taps, taps, panel.as_mut_ptr()),
                    3 => prepack::<3>(&rows, 3, taps, taps, panel.as_mut_ptr()),
                    _ => prepack::<4>(&rows, 4, taps, taps, panel.as_mut_ptr()),
                };
            }
        }
    }

    /// The planes of one image.
    fn run(&mut self, x: &[f32], epilogue: &Epilogue, y: &mut [f32]) {
        let (taps, pixels) = (self.window.taps(), self.window.pixels());
        let bias = |f: usize| epilogue.bias(f);
        if strips::fits(&self.window) {
            let (panel, _) = self.panels.as_chunks::<9>();
            strips::correlate(&self.window, x, &panel[0], y, self.buffer);
            if bias(0) != 0.0 {
                y.iter_mut().for_each(|y| *y += bias(0));
            }
            epilogue.activate(y);
            return;
        }
        self.frame.fill(x, self.buffer);
        let first: *const f32 = self.frame.first(self.buffer);
        let relu = epilogue.activation == Activation::Relu;
        for (i, y) in y.chunks_mut(FILTERS * pixels).enumerate() {
            let f = FILTERS * i;
            let panel = &self.panels[f * taps..];
            match self.window.k - f {
                1 => self.rows::<1>(first, panel, [bias(f)], relu, y),
                2 => self.rows::<2>(first, panel, [0, 1].map(|i| bias(f + i)), relu, y),
                3 => self.rows::<3>(first, panel, [0, 1, 2].map(|i| bias(f + i)), relu, y),
                _ => self.rows::<4>(first, panel, [0, 1, 2, 3].map(|i| bias(f + i)), relu, y),
            }
            if !relu {
                epilogue.activate(y);
            }
        }
    }

    /// M planes of outputs. Tiles are as wide as accumulators stay in registers, unless rows are too short: with 2 × 16
    /// rather than 2 × 8 of them, too few to keep both multiply-adds busy, LeNet-5 takes 3 % less.
    fn rows<const M: usize>(&self, first: *const f32, panel: &[f32], bias: [f32; M], relu: bool, y: &mut [f32]) {
        let ow = self.window.ow;
        if M <= 2 && ow >= 16 && 3 * ow.next_multiple_of(16) <= 4 * ow {
            self.tiles::<M, 4>(first, panel, bias, relu, y);
        } else if ow >= 8 {
            self.tiles::<M, 2>(first, panel, bias, relu, y);
        } else {
            self.tiles::<M, 1>(first, panel, bias, relu, y);
        }
    }

    /// M filters × V vectors of adjacent pixels.
    #[inline(never)]
    fn tiles<const M: usize, const V: usize>(
        &self, first: *const f32, panel: &[f32], bias: [f32; M], relu: bool, y: &mut [f32],
    ) {
        let Window { oh, ow, .. } = self.window;
        let width = ow.min(4 * V);
        assert!(y.len() >= M * oh * ow && panel.len() >= M * self.offsets.len());
        for i in 0..oh {
            for j in runs(ow, width) {
                let mut sums = [[F32x4::zero(); V]; M];
                for f in 0..M {
                    sums[f] = [F32x4::splat(bias[f]); V];
                }
                // SAFETY: the frame holds every tap of the pixels, and slack after those of a row of fewer than four;
                // the panel has M numbers a tap, y M planes.
                unsafe {
                    let x = first.add(i * self.frame.row_step() + j);
                    let mut w = panel.as_ptr();
                    for tap in self.offsets.iter() {
                        let x = x.add(*tap as usize);
                        let mut pixels = [F32x4::zero(); V];
                        for v in 0..V {
                            pixels[v] = F32x4::load(x.add(4 * v));
                        }
                        for f in 0..M {
                            let weight = F32x4::load_splat(w.add(f));
                            for v in 0..V {
                                sums[f][v] = weight.mul_add(pixels[v], sums[f][v]);
                            }
                        }
                        w = w.add(M);
                    }
                    if relu {
                        sums = sums.map(|sums| sums.map(|sum| sum.pmax(F32x4::zero())));
                    }
                    for (f, sums) in sums.iter().enumerate() {
                        let at = (f * oh + i) * ow + j;
                        if width < 4 {
                            sums[0].write_partial(&mut y[at..], width);
                        } else {
                            for (v, sum) in sums.iter().enumerate() {
                                sum.store(y.as_mut_ptr().add(at + 4 * v));
                            }
                        }
                    }
                }
            }
        }
    }
}

pub fn forward_workspace(g: &Conv2d) -> usize {
    Correlation::len(&g.group())
}

pub fn forward(g: &Conv2d, x: &[f32], w: &[f32], y: &mut Planes, epilogue: &Epilogue, workspace: &mut [f32]) {
    let (window, batch) = (g.group(), g.batch());
    let (x_len, y_len) = (window.x_len(), window.y_len());
    let mut correlation = Correlation::new(window, &mut Workspace(workspace));
    for group in 0..g.groups {
        correlation.filters(&w[group * window.k * window.taps()..]);
        let epilogue = epilogue.of(group * window.k..(group + 1) * window.k);
        for image in 0..batch.n {
            let x = &x[image * batch.x_step + group * x_len..][..x_len];
            correlation.run(x, &epilogue, y.of(image * batch.y_step + group * y_len, y_len));
        }
    }
}

/// The gradient with sh − 1 rows and sw − 1 columns of zeros between its own, a window of stride 1.
fn spread(window: &Window) -> Window {
    Window { oh: (window.oh - 1) * window.sh + 1, ow: (window.ow - 1) * window.sw + 1, sh: 1, sw: 1, ..*window }
}

pub fn grad_x_workspace(g: &Conv2d) -> usize {
    let spread = spread(&g.group());
    let adjoint = spread.adjoint();
    adjoint.k * adjoint.taps() + spread.y_len() + Correlation::len(&adjoint)
}

/// gx = the spread gradient ⋆ the filters turned by 180°, input and output channels exchanged.
pub fn grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut Planes, workspace: &mut [f32]) {
    let (window, batch) = (g.group(), g.batch());
    let (x_len, y_len) = (window.x_len(), window.y_len());
    let (spread, unit) = (spread(&window), window.sh == 1 && window.sw == 1);
    let adjoint = spread.adjoint();
    let mut workspace = Workspace(workspace);
    let turned = workspace.floats(adjoint.k * adjoint.taps());
    let wide = workspace.floats(spread.y_len());
    let mut correlation = Correlation::new(adjoint, &mut workspace);
    wide.fill(0.0);
    for group in 0..g.groups {
        turn(&adjoint, &w[group * turned.len()..], window.taps(), turned);
        correlation.filters(turned);
        for image in 0..batch.n {
            let gy = &gy[image * batch.y_step + group * y_len..][..y_len];
            let gx = gx.of(image * batch.x_step + group * x_len, x_len);
            if unit {
                correlation.run(gy, &Epilogue::NONE, gx);
                continue;
            }
            for (i, row) in gy.chunks_exact(window.ow).enumerate() {
                let at = (i / window.oh * spread.oh + i % window.oh * window.sh) * spread.ow;
                for (target, g) in wide[at..].iter_mut().step_by(window.sw).zip(row) {
                    *target = *g;
                }
            }
            correlation.run(wide, &Epilogue::NONE, gx);
        }
    }
}
