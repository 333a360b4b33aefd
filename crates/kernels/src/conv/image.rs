//! An image copied into a frame that has room for every tap of every window, so that no kernel asks where a border is.

use super::geometry::Window;
use crate::simd::F32x4;

/// The padded copy of c planes: rows × pitch each. With a column stride s every row is cut into s phases, columns
/// q·s + phase side by side, so that taps of neighbouring outputs are neighbours in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    window: Window,
    pub rows: usize,
    /// Columns of one phase.
    pub phase: usize,
    pub pitch: usize,
}

/// Numbers before and after a frame that vector loads may touch.
const SLACK: usize = 8;

impl Frame {
    pub fn new(window: &Window) -> Self {
        let Window { kh, kw, oh, ow, sh, sw, dh, dw, .. } = *window;
        let rows = (oh - 1) * sh + (kh - 1) * dh + 1;
        let columns = (ow - 1) * sw + (kw - 1) * dw + 1;
        let phase = columns.div_ceil(sw);
        Self { window: *window, rows, phase, pitch: phase * sw }
    }

    pub fn plane(&self) -> usize {
        self.rows * self.pitch
    }

    /// Numbers that a frame takes, its slack included.
    pub fn len(&self) -> usize {
        self.window.c * self.plane() + 2 * SLACK
    }

    /// The first number of the frame in a buffer of `len` numbers.
    pub fn first(&self, buffer: &mut [f32]) -> *mut f32 {
        buffer[SLACK..self.len()].as_mut_ptr()
    }

    /// Numbers from an output's first tap to that of the output below.
    pub fn row_step(&self) -> usize {
        self.window.sh * self.pitch
    }

    /// The distance of every tap from an output's first: (plane, row, column) of the filters, in order.
    pub fn taps(&self, out: &mut [u32]) {
        let Window { c, kh, kw, dh, dw, sw, .. } = self.window;
        let mut out = out.iter_mut();
        for d in 0..c {
            for u in 0..kh {
                for v in 0..kw {
                    let column = (v * dw) % sw * self.phase + v * dw / sw;
                    let at = d * self.plane() + u * dh * self.pitch + column;
                    *out.next().expect("one number a tap") = at as u32;
                }
            }
        }
    }

    /// Calls f(d, row of the image, row of the frame) for every row of the image inside the frame.
    fn each_row(&self, mut f: impl FnMut(usize, usize, usize)) {
        let top = self.window.top;
        for d in 0..self.window.c {
            for y in 0..self.window.h {
                let row = y as isize + top;
                if (0..self.rows as isize).contains(&row) {
                    f(d, d * self.window.h + y, d * self.rows + row as usize);
                }
            }
        }
    }

    /// Columns of the image that lie in a phase: the first, its place in the phase, and how many.
    fn columns(&self, phase: usize) -> (usize, usize, usize) {
        let Window { w, sw, left, .. } = self.window;
        // The column of the image at place q of the phase is q · sw + phase − left.
        let skip = (left - phase as isize).max(0) as usize;
        let q = skip.div_ceil(sw);
        let x = (q * sw + phase) as isize - left;
        if x >= w as isize || q >= self.phase {
            return (0, 0, 0);
        }
        (x as usize, q, (w - x as usize).div_ceil(sw).min(self.phase - q))
    }

    /// Copies c planes of x into the frame, with zeros around them.
    pub fn fill(&self, x: &[f32], buffer: &mut [f32]) {
        let Window { h, w, sw, top, left, .. } = self.window;
        if (top, left, self.rows, self.pitch) == (0, 0, h, w) && sw == 1 {
            // As it is: one copy, where one for each row takes LeNet-5 on one image 3 % longer.
            let len = self.window.c * self.plane();
            let (before, rest) = buffer.split_at_mut(SLACK);
            let (frame, after) = rest.split_at_mut(len);
            before.fill(0.0);
            frame.copy_from_slice(&x[..len]);
            after[..SLACK].fill(0.0);
            return;
        }
        buffer[..self.len()].fill(0.0);
        let frame = &mut buffer[SLACK..];
        for phase in 0..sw {
            let (first, q, count) = self.columns(phase);
            if count == 0 {
                continue;
            }
            self.each_row(|_, from, to| {
                let source = &x[from * w + first..(from + 1) * w];
                let target = &mut frame[to * self.pitch + phase * self.phase + q..][..count];
                if sw == 1 {
                    target.copy_from_slice(&source[..count]);
                } else if sw == 2 {
                    copy_even(source, target);
                } else {
                    for (target, source) in target.iter_mut().zip(source.iter().step_by(sw)) {
                        *target = *source;
                    }
                }
            });
        }
    }

    /// Adds the column of one tap, a number an output, where its taps lie.
    pub fn add_column(&self, tap: usize, column: &[f32], buffer: &mut [f32]) {
        let frame = &mut buffer[SLACK + tap..];
        for (i, row) in column.chunks_exact(self.window.ow).enumerate() {
            let target = &mut frame[i * self.row_step()..][..row.len()];
            let (x4, x1) = row.as_chunks::<4>();
            let (y4, y1) = target.as_chunks_mut::<4>();
            for (x, y) in x4.iter().zip(y4) {
                (F32x4::read(y) + F32x4::read(x)).write(y);
            }
            for (x, y) in x1.iter().zip(y1) {
                *y += *x;
            }
        }
    }

    /// Copies the planes in the frame to x: what lies in the padding is left out, what the frame lacks is 0.
    pub fn crop(&self, buffer: &[f32], x: &mut [f32]) {
        x.fill(0.0);
        let frame = &buffer[SLACK..];
        let Window { w, sw, .. } = self.window;
        for phase in 0..sw {
            let (first, q, count) = self.columns(phase);
            if count == 0 {
                continue;
            }
            self.each_row(|_, to, from| {
                let source = &frame[from * self.pitch + phase * self.phase + q..][..count];
                let target = &mut x[to * w + first..(to + 1) * w];
                for (target, source) in target.iter_mut().step_by(sw).zip(source) {
                    *target = *source;
                }
            });
        }
    }
}

/// y[i] = x[2i]
#[inline(always)]
fn copy_even(x: &[f32], y: &mut [f32]) {
    let (x8, _) = x.as_chunks::<8>();
    let whole = x8.len().min(y.len() / 4);
    let (y4, _) = y.as_chunks_mut::<4>();
    for (x, y) in x8.iter().zip(y4) {
        F32x4::from_slice(x).shuffle::<0, 2, 4, 6>(F32x4::from_slice(&x[4..])).write(y);
    }
    for (x, y) in x[8 * whole..].iter().step_by(2).zip(&mut y[4 * whole..]) {
        *y = *x;
    }
}
