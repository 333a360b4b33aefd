//! Pooling over planes, NCHW.

mod average;
mod max;

use crate::simd::F32x4;

pub use average::{avg_pool2d, avg_pool2d_grad, Divisor};
pub use max::{max_pool2d, max_pool2d_grad, max_pool2d_take, Tap};

/// `planes` planes [h, w] pooled into planes [oh, ow]: output (i, j) looks at the pixels
/// (i·sh + u·dh − ph, j·sw + v·dw − pw) for u < kh and v < kw that lie inside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pool2d {
    pub planes: usize,
    pub h: usize,
    pub w: usize,
    pub oh: usize,
    pub ow: usize,
    pub kh: usize,
    pub kw: usize,
    pub sh: usize,
    pub sw: usize,
    pub ph: usize,
    pub pw: usize,
    pub dh: usize,
    pub dw: usize,
}

impl Pool2d {
    fn x_len(&self) -> usize {
        self.planes * self.h * self.w
    }

    fn y_len(&self) -> usize {
        self.planes * self.oh * self.ow
    }

    /// Windows of 2 × 2 that tile the image: every one lies inside and none overlap. There are kernels for at least
    /// four of them in a row.
    fn is_halving(&self) -> bool {
        let window = [self.kh, self.kw, self.sh, self.sw, self.ph, self.pw, self.dh, self.dw];
        window == [2, 2, 2, 2, 0, 0, 1, 1] && 2 * self.oh <= self.h && 2 * self.ow <= self.w && self.ow >= 4
    }

    /// The row of the image under row u of the windows of output row i.
    #[inline(always)]
    fn row(&self, i: usize, u: usize) -> Option<usize> {
        (i * self.sh + u * self.dh).checked_sub(self.ph).filter(|&y| y < self.h)
    }

    /// The column of the image under column v of the windows of output column j.
    #[inline(always)]
    fn column(&self, j: usize, v: usize) -> Option<usize> {
        (j * self.sw + v * self.dw).checked_sub(self.pw).filter(|&x| x < self.w)
    }

    /// Calls f(place in x, tap) for every pixel of the window of an output, in order.
    #[inline(always)]
    fn each_tap(&self, plane: usize, i: usize, j: usize, mut f: impl FnMut(usize, usize)) {
        for u in 0..self.kh {
            let Some(y) = self.row(i, u) else { continue };
            for v in 0..self.kw {
                let Some(x) = self.column(j, v) else { continue };
                f((plane * self.h + y) * self.w + x, u * self.kw + v);
            }
        }
    }

    /// Calls f(plane, i, j, place in y) for every output.
    #[inline(always)]
    fn each_output(&self, mut f: impl FnMut(usize, usize, usize, usize)) {
        for plane in 0..self.planes {
            for i in 0..self.oh {
                for j in 0..self.ow {
                    f(plane, i, j, (plane * self.oh + i) * self.ow + j);
                }
            }
        }
    }

    /// The output columns whose windows lie inside the image's columns, with room for a vector load at their last tap:
    /// at least four, or none.
    fn inner_columns(&self) -> core::ops::Range<usize> {
        let first = self.pw.div_ceil(self.sw);
        let reach = (self.kw - 1) * self.dw + self.sw;
        let end = match (self.w + self.pw).checked_sub(reach) {
            Some(room) if self.sw <= 2 => (room / self.sw + 1).min(self.ow),
            _ => 0,
        };
        if first + 4 <= end {
            first..end
        } else {
            0..0
        }
    }

    /// Calls f(tap, the numbers under it) for four adjacent outputs from j on, tap by tap; their windows lie inside the
    /// image's columns.
    #[inline(always)]
    fn each_tap4(&self, plane: usize, i: usize, j: usize, x: &[f32], mut f: impl FnMut(usize, F32x4)) {
        let first = j * self.sw - self.pw;
        for u in 0..self.kh {
            let Some(y) = self.row(i, u) else { continue };
            let row = &x[(plane * self.h + y) * self.w..][..self.w];
            let row = &row[first..][..(self.kw - 1) * self.dw + 4 * self.sw];
            for v in 0..self.kw {
                // SAFETY: the row holds 4 · sw numbers from the last of its taps on, and sw is 1 or 2.
                let four = unsafe {
                    let at = row.as_ptr().add(v * self.dw);
                    if self.sw == 1 {
                        F32x4::load(at)
                    } else {
                        F32x4::load(at).shuffle::<0, 2, 4, 6>(F32x4::load(at.add(4)))
                    }
                };
                f(u * self.kw + v, four);
            }
        }
    }

    /// For halving windows: calls f(place in x of the two rows under an output row, place in y of that row).
    #[inline(always)]
    fn each_halved_row(&self, mut f: impl FnMut(usize, usize)) {
        for plane in 0..self.planes {
            for i in 0..self.oh {
                f((plane * self.h + 2 * i) * self.w, (plane * self.oh + i) * self.ow);
            }
        }
    }

    fn assert_fits(&self, x: &[f32], y: &[f32]) {
        assert!(self.x_len() <= x.len(), "x is too short");
        assert!(self.y_len() <= y.len(), "y is too short");
    }
}

/// x[2j..2j + 8] in halves, of a row of 2n.
///
/// # Safety
/// j + 4 ≤ n.
#[inline(always)]
unsafe fn eight(row: &[f32], j: usize) -> [F32x4; 2] {
    let at = row.as_ptr().add(2 * j);
    [F32x4::load(at), F32x4::load(at.add(4))]
}

/// Writes x[2j..2j + 8].
///
/// # Safety
/// j + 4 ≤ n.
#[inline(always)]
unsafe fn write_eight(halves: [F32x4; 2], row: &mut [f32], j: usize) {
    let at = row.as_mut_ptr().add(2 * j);
    halves[0].store(at);
    halves[1].store(at.add(4));
}
