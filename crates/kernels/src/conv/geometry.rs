//! The sizes of a convolution, and one group of one image of it.

use crate::blocked::IMAGES;
use crate::cut::PARTS;

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
    /// Numbers from one image of x to the next, of y, and from one filter to the next; or 0 where nothing lies between
    /// them. In a part of a convolution, what the other parts have does.
    pub x_step: usize,
    pub y_step: usize,
    pub w_step: usize,
}

/// Where a part begins in x, w and y, and which filter is its first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start {
    pub x: usize,
    pub w: usize,
    pub y: usize,
    pub filter: usize,
}

/// A step, or that of things of `size` with nothing between.
fn step_or(step: usize, size: usize) -> usize {
    if PARTS && step != 0 {
        step
    } else {
        size
    }
}

/// Numbers from the first of n things of `size` to the last, `step` apart.
fn extent(n: usize, step: usize, size: usize) -> usize {
    if PARTS {
        n.checked_sub(1).map_or(0, |before| before * step + size)
    } else {
        n * size
    }
}

impl Conv2d {
    /// Where the whole begins.
    #[inline(always)]
    pub fn whole(&self) -> Start {
        Start::default()
    }

    /// Numbers of x from the first to the last.
    pub fn x_len(&self) -> usize {
        extent(self.n, self.batch().x_step, self.c * self.h * self.w)
    }

    pub fn w_len(&self) -> usize {
        extent(self.k, self.w_step(), self.taps_per_group())
    }

    pub fn y_len(&self) -> usize {
        extent(self.n, self.batch().y_step, self.k * self.oh * self.ow)
    }

    pub(super) fn batch(&self) -> Batch {
        let x_step = step_or(self.x_step, self.c * self.h * self.w);
        Batch { n: self.n, x_step, y_step: step_or(self.y_step, self.k * self.oh * self.ow) }
    }

    pub(super) fn w_step(&self) -> usize {
        step_or(self.w_step, self.taps_per_group())
    }

    /// Numbers that one output is the sum over.
    fn taps_per_group(&self) -> usize {
        self.c / self.groups.max(1) * self.kh * self.kw
    }

    /// Blocks of images side by side as images, whose pixels are as many numbers.
    pub fn in_blocks(&self) -> Self {
        Self {
            n: self.n.div_ceil(IMAGES),
            w: self.w * IMAGES,
            ow: self.ow * IMAGES,
            x_step: self.x_step * IMAGES,
            y_step: self.y_step * IMAGES,
            ..*self
        }
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

    /// That x, w and y have so many numbers, images being so many side by side.
    pub(super) fn assert_fits(&self, lanes: usize, x: usize, w: usize, y: usize) {
        let (n, batch) = (self.n.div_ceil(lanes), self.batch());
        assert!(extent(n, batch.x_step, self.c * self.h * self.w) * lanes <= x, "x is too short");
        assert!(self.w_len() <= w, "w is too short");
        assert!(extent(n, batch.y_step, self.k * self.oh * self.ow) * lanes <= y, "y is too short");
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

/// n images, and how far apart they are in the input and the output.
#[derive(Clone, Copy)]
pub(super) struct Batch {
    pub n: usize,
    pub x_step: usize,
    pub y_step: usize,
}

impl Batch {
    pub const ONE: Self = Self { n: 1, x_step: 0, y_step: 0 };

    /// From gradients of the output to those of the input.
    pub fn adjoint(self) -> Self {
        Self { x_step: self.y_step, y_step: self.x_step, ..self }
    }
}
