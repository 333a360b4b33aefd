//! The matrix of patches, im2col(x) [taps, pixels], that is never made: its panels are packed from a [`Frame`].

use super::image::Frame;
use crate::gemm::pack::Operand;
use crate::simd::{F32x4, I32x4};

/// The patches of one image in a frame.
#[derive(Clone, Copy)]
pub(super) struct Patches {
    /// The first tap of the first output.
    pub frame: *const f32,
    /// The distance of every tap from the first.
    pub taps: *const u32,
    pub ow: usize,
    /// Numbers from one row of outputs to the next.
    pub row: usize,
}

impl Patches {
    pub fn new(frame: &Frame, first: *const f32, taps: &[u32], ow: usize) -> Self {
        Self { frame: first, taps: taps.as_ptr(), ow, row: frame.row_step() }
    }

    /// Where output pixel j lies.
    #[inline(always)]
    fn pixel(&self, j: usize) -> usize {
        j / self.ow * self.row + j % self.ow
    }
}

/// Rows are pixels, depths are taps: B of y = W · patches.
#[derive(Clone, Copy)]
pub(super) struct ByPixel(pub Patches);

/// Rows are taps, depths are pixels: B of gW = g · patchesᵀ.
#[derive(Clone, Copy)]
pub(super) struct ByTap(pub Patches);

/// How four neighbouring pixels lie in the frame.
enum Four {
    /// Side by side.
    Row(*const f32),
    /// Across the end of a row: two loads and a mask that picks from the first.
    Break(*const f32, *const f32, I32x4),
    /// Across several ends, or fewer than four pixels.
    Apart([usize; 4], usize),
}

impl Operand for ByPixel {
    unsafe fn panels<const W: usize>(
        &self, first: usize, rows: usize, p: usize, kc: usize, scratch: *mut f32,
    ) -> *const f32 {
        for j in (0..rows).step_by(W) {
            self.panel::<W>(first + j, W.min(rows - j), p, kc, scratch.add(j * kc));
        }
        scratch
    }
}

impl ByPixel {
    #[inline(never)]
    unsafe fn panel<const W: usize>(&self, first: usize, width: usize, p: usize, kc: usize, out: *mut f32) {
        const { assert!(W == 8) };
        let taps = self.0.taps.add(p);
        let four = [0, 4].map(|v| self.four(first + v, width.saturating_sub(v).min(4)));
        if let [Four::Row(a), Four::Row(b)] = four {
            let mut out = out;
            for q in 0..kc {
                let tap = *taps.add(q) as usize;
                F32x4::load(a.add(tap)).store(out);
                F32x4::load(b.add(tap)).store(out.add(4));
                out = out.add(W);
            }
            return;
        }
        for (v, four) in four.iter().enumerate() {
            self.half::<W>(four, taps, kc, out.add(4 * v));
        }
    }

    fn four(&self, first: usize, width: usize) -> Four {
        let at = [0, 1, 2, 3].map(|i| self.0.pixel(first + i.min(width.max(1) - 1)));
        // SAFETY (of the pointers' use): pixels of the frame; a vector from `low` or to `high` leaves it by at most the
        // slack.
        let low = self.0.frame.wrapping_add(at[0]);
        if width < 4 {
            return Four::Apart(at, width);
        }
        if at[3] == at[0] + 3 {
            return Four::Row(low);
        }
        let high = self.0.frame.wrapping_add(at[3]).wrapping_sub(3);
        let on_low = [0, 1, 2, 3].map(|i| at[i] == at[0] + i);
        let on_high = [0, 1, 2, 3].map(|i| at[i] + 3 == at[3] + i);
        if (0..4).all(|i| on_low[i] || on_high[i]) {
            return Four::Break(low, high, I32x4::from_array(on_low.map(|low| -i32::from(low))));
        }
        Four::Apart(at, width)
    }

    #[inline(always)]
    unsafe fn half<const W: usize>(&self, four: &Four, taps: *const u32, kc: usize, mut out: *mut f32) {
        match *four {
            Four::Row(at) => {
                for q in 0..kc {
                    F32x4::load(at.add(*taps.add(q) as usize)).store(out);
                    out = out.add(W);
                }
            }
            Four::Break(low, high, mask) => {
                for q in 0..kc {
                    let tap = *taps.add(q) as usize;
                    let (low, high) = (low.wrapping_add(tap), high.wrapping_add(tap));
                    F32x4::select(mask, F32x4::load(low), F32x4::load(high)).store(out);
                    out = out.add(W);
                }
            }
            Four::Apart(at, width) => {
                for q in 0..kc {
                    let first = self.0.frame.add(*taps.add(q) as usize);
                    for i in 0..4 {
                        *out.add(i) = if i < width { *first.add(at[i]) } else { 0.0 };
                    }
                    out = out.add(W);
                }
            }
        }
    }
}

impl Operand for ByTap {
    unsafe fn panels<const W: usize>(
        &self, first: usize, rows: usize, p: usize, kc: usize, scratch: *mut f32,
    ) -> *const f32 {
        for j in (0..rows).step_by(W) {
            self.panel::<W>(first + j, W.min(rows - j), p, kc, scratch.add(j * kc));
        }
        scratch
    }
}

impl ByTap {
    /// Taps past the last repeat it: their rows are computed and left out of C.
    #[inline(never)]
    unsafe fn panel<const W: usize>(&self, first: usize, width: usize, p: usize, kc: usize, out: *mut f32) {
        for v in (0..W).step_by(4) {
            let at = [0, 1, 2, 3].map(|i| {
                let tap = *self.0.taps.add(first + (v + i).min(width - 1));
                self.0.frame.add(tap as usize)
            });
            let mut out = out.add(v);
            let mut done = 0;
            while done < kc {
                let (row, column) = ((p + done) / self.0.ow, (p + done) % self.0.ow);
                let length = (self.0.ow - column).min(kc - done);
                let start = row * self.0.row + column;
                let mut q = 0;
                while q + 4 <= length {
                    for row in F32x4::transpose(at.map(|at| F32x4::load(at.add(start + q)))) {
                        row.store(out);
                        out = out.add(W);
                    }
                    q += 4;
                }
                while q < length {
                    for i in 0..4 {
                        *out.add(i) = *at[i].add(start + q);
                    }
                    out = out.add(W);
                    q += 1;
                }
                done += length;
            }
        }
    }
}
