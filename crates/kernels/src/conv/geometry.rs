//! The sizes of a convolution, and one group of one image of it.

/// A 2-D convolution between x [n, c, h, w], w [k, c/groups, kh, kw] and y [n, k, oh, ow], where
///
///   y[b, f, i, j] = Σ_{d, u, v} w[f, d, u, v] · x[b, d, i·sh + u·dh − pt, j·sw + v·dw − pl]
///
/// with x taken as 0 outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conv2d {
    pub n: usize,
    pub c: usize,
    pub h: usize,
    pub w: usize,
    pub k: usize,
    pub kh: usize,
    pub kw: usize,
    pub oh: usize,
    pub ow: usize,
    pub sh: usize,
    pub sw: usize,
    pub pt: usize,
    pub pl: usize,
    pub dh: usize,
    pub dw: usize,
    pub groups: usize,
}

impl Conv2d {
    pub(super) fn x_len(&self) -> usize {
        self.n * self.c * self.h * self.w
    }

    pub(super) fn w_len(&self) -> usize {
        self.k * self.taps_per_group()
    }

    pub(super) fn y_len(&self) -> usize {
        self.n * self.k * self.oh * self.ow
    }

    /// Numbers that one output is the sum over.
    fn taps_per_group(&self) -> usize {
        self.c / self.groups.max(1) * self.kh * self.kw
    }

    /// What one group does to one image.
    pub(super) fn group(&self) -> Window {
        Window {
            c: self.c / self.groups,
            h: self.h,
            w: self.w,
            k: self.k / self.groups,
            kh: self.kh,
            kw: self.kw,
            oh: self.oh,
            ow: self.ow,
            sh: self.sh,
            sw: self.sw,
            top: self.pt as isize,
            left: self.pl as isize,
            dh: self.dh,
            dw: self.dw,
        }
    }

    pub(super) fn assert_fits(&self, x: &[f32], w: &[f32], y: &[f32]) {
        assert!(self.x_len() <= x.len(), "x is too short");
        assert!(self.w_len() <= w.len(), "w is too short");
        assert!(self.y_len() <= y.len(), "y is too short");
    }
}

/// A correlation of c planes [h, w] with k filters into k planes [oh, ow]. Padding may be negative: that crops.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub c: usize,
    pub h: usize,
    pub w: usize,
    pub k: usize,
    pub kh: usize,
    pub kw: usize,
    pub oh: usize,
    pub ow: usize,
    pub sh: usize,
    pub sw: usize,
    pub top: isize,
    pub left: isize,
    pub dh: usize,
    pub dw: usize,
}

impl Window {
    /// One tap that moves over every pixel of the image.
    pub fn is_pointwise(&self) -> bool {
        let shift = [self.top, self.left] != [0, 0] || [self.oh, self.ow] != [self.h, self.w];
        [self.kh, self.kw, self.sh, self.sw] == [1; 4] && !shift
    }

    /// The adjoint of a window of stride 1: from gradients of its output to those of its input, with the filters turned
    /// by 180° and c and k exchanged.
    pub fn adjoint(&self) -> Self {
        debug_assert!(self.sh == 1 && self.sw == 1);
        Self {
            c: self.k,
            h: self.oh,
            w: self.ow,
            k: self.c,
            oh: self.h,
            ow: self.w,
            top: ((self.kh - 1) * self.dh) as isize - self.top,
            left: ((self.kw - 1) * self.dw) as isize - self.left,
            ..*self
        }
    }

    pub fn taps(&self) -> usize {
        self.c * self.kh * self.kw
    }

    pub fn pixels(&self) -> usize {
        self.oh * self.ow
    }

    pub fn x_len(&self) -> usize {
        self.c * self.h * self.w
    }

    pub fn y_len(&self) -> usize {
        self.k * self.oh * self.ow
    }
}
