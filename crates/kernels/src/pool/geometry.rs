//! The sizes of a pooling, and which pixels each window covers.

use core::ops::Range;

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
    pub(super) fn x_len(&self) -> usize {
        self.planes * self.h * self.w
    }

    pub(super) fn y_len(&self) -> usize {
        self.planes * self.oh * self.ow
    }

    /// Windows of 2 × 2 that tile the image: every one lies inside and none overlap. There are kernels for at least
    /// four of them in a row.
    pub(crate) fn is_halving(&self) -> bool {
        let window = [self.kh, self.kw, self.sh, self.sw, self.ph, self.pw, self.dh, self.dw];
        window == [2, 2, 2, 2, 0, 0, 1, 1] && 2 * self.oh <= self.h && 2 * self.ow <= self.w && self.ow >= 4
    }

    /// Whether every pixel is in a window of adjacent taps, and windows do not overlap.
    pub(super) fn is_tiled(&self) -> bool {
        [self.kh, self.kw, self.ph, self.pw, self.dh, self.dw] == [self.sh, self.sw, 0, 0, 1, 1]
            && [self.h, self.w] == [self.oh * self.sh, self.ow * self.sw]
    }

    /// The row of the image under row u of the windows of output row i.
    #[inline(always)]
    pub(super) fn row(&self, i: usize, u: usize) -> Option<usize> {
        (i * self.sh + u * self.dh).checked_sub(self.ph).filter(|&y| y < self.h)
    }

    /// The column of the image under column v of the windows of output column j.
    #[inline(always)]
    pub(super) fn column(&self, j: usize, v: usize) -> Option<usize> {
        (j * self.sw + v * self.dw).checked_sub(self.pw).filter(|&x| x < self.w)
    }

    /// Whether so many numbers are in a window that their sum takes f64.
    pub(super) fn is_wide(&self) -> bool {
        self.kh * self.kw > 64
    }

    /// Calls f(place in x, tap) for every pixel of the window of an output, in order.
    #[inline(always)]
    pub(super) fn each_tap(&self, plane: usize, i: usize, j: usize, mut f: impl FnMut(usize, usize)) {
        let columns = inside(j * self.sw, self.kw, self.dw, self.pw, self.w);
        for u in inside(i * self.sh, self.kh, self.dh, self.ph, self.h) {
            let row = (plane * self.h + i * self.sh + u * self.dh - self.ph) * self.w;
            for v in columns.clone() {
                f(row + j * self.sw + v * self.dw - self.pw, u * self.kw + v);
            }
        }
    }

    /// The rows and columns of outputs whose windows lie inside the image.
    pub(super) fn inner(&self) -> [Range<usize>; 2] {
        let range = |pad: usize, stride: usize, span: usize, length: usize, outputs: usize| {
            let end = (length + pad).checked_sub(span).map_or(0, |room| (room / stride + 1).min(outputs));
            pad.div_ceil(stride).min(end)..end
        };
        [
            range(self.ph, self.sh, (self.kh - 1) * self.dh + 1, self.h, self.oh),
            range(self.pw, self.sw, (self.kw - 1) * self.dw + 1, self.w, self.ow),
        ]
    }

    /// Calls f(i, j) for every output of a plane that is not in the given rows and columns.
    #[inline(always)]
    pub(super) fn each_outer(&self, [rows, columns]: &[Range<usize>; 2], mut f: impl FnMut(usize, usize)) {
        for i in 0..self.oh {
            let skipped = if rows.contains(&i) { columns.clone() } else { 0..0 };
            for j in (0..skipped.start).chain(skipped.end..self.ow) {
                f(i, j);
            }
        }
    }

    /// Whether there is a kernel for windows of k × k at steps of s inside the image.
    pub(super) fn is(&self, k: usize, s: usize) -> bool {
        [self.kh, self.kw, self.sh, self.sw, self.dh, self.dw] == [k, k, s, s, 1, 1]
    }

    /// Whether there are kernels that compute several outputs at a time.
    pub(crate) fn has_vectors(&self) -> bool {
        [(2, 1), (2, 2), (3, 1), (3, 2)].iter().any(|&(k, s)| self.is(k, s)) && self.inner()[1].len() >= 4
    }

    /// For halving windows: calls f(place in x of the two rows under an output row, place in y of that row).
    #[inline(always)]
    pub(super) fn each_halved_row(&self, mut f: impl FnMut(usize, usize)) {
        for plane in 0..self.planes {
            for i in 0..self.oh {
                f((plane * self.h + 2 * i) * self.w, (plane * self.oh + i) * self.ow);
            }
        }
    }

    pub(super) fn assert_fits(&self, x: &[f32], y: &[f32]) {
        assert!(self.x_len() <= x.len(), "x is too short");
        assert!(self.y_len() <= y.len(), "y is too short");
    }
}

/// The taps of a window of `size` that lie inside a length, when it starts at `start`, counted from −pad.
#[inline(always)]
pub(super) fn inside(start: usize, size: usize, dilation: usize, pad: usize, length: usize) -> Range<usize> {
    let (before, end) = (pad.saturating_sub(start), (length + pad).saturating_sub(start));
    if dilation == 1 {
        before.min(size)..end.min(size)
    } else {
        before.div_ceil(dilation).min(size)..end.div_ceil(dilation).min(size)
    }
}
