//! By which method a pass is computed.

use super::geometry::{Conv2d, Window};
use super::{polyphase, winograd};
use crate::blocked::IMAGES;

/// A pass of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    Forward,
    GradX,
    GradW,
}

/// How a pass is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A size is 0: no products at all.
    Empty,
    /// In the blocked layout: eight images at a time, side by side.
    Blocked,
    /// Direct convolution: straight from a padded image.
    Direct,
    /// Winograd's F(2 × 2, 3 × 3): matrix products over transformed tiles.
    Winograd,
    /// The same with tiles of 4 × 4 outputs: less exact, and so never chosen unless asked for.
    Winograd4,
    /// Implicit im2col: matrix products over the patches of one image, which are never stored as a matrix.
    Implicit,
    /// Polyphase: the gradient of the input of a strided convolution as one convolution of stride 1 for all phases.
    Polyphase,
    /// col2im: the gradient of the input as a matrix product, whose columns are added to the image.
    Col2im,
}

impl Method {
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::Blocked,
        Self::Direct,
        Self::Winograd,
        Self::Winograd4,
        Self::Implicit,
        Self::Polyphase,
        Self::Col2im,
    ];
}

/// Up to so many numbers an output is the sum of, a batch is worth putting into the blocked layout: 150 gain 1.2 to 2.9 times (the
/// second layer of LeNet-5), 288 (32 channels, 3 × 3 on 14 × 14) nothing.
const BLOCKED_TAPS: usize = 160;

/// Up to so many numbers an output is the sum of, it is worth reading them from the image itself: 72 (groups of 8 planes,
/// 3 × 3) gain 13 % and 27 (3 planes, 3 × 3, 64 filters) 5 % in the forward pass, 18 % and 78 % in the gradient of the
/// weights (AMD EPYC, simd128, Node 20, on a busy machine).
const DIRECT_TAPS: usize = 75;
/// Up to so many planes of the input, their gradient is worth it as well, whatever the taps: 3 (64 filters of 3 × 3) gain
/// 85 %.
const DIRECT_PLANES: usize = 4;

/// From so many filters on, up to so many taps gain nothing from the blocked layout: 3 → 16 planes of 32 × 32 run at 37 GFLOP/s from the
/// image and at 29 blocked, 3 → 64 at 36 and 26; 4 → 8 at 34 and 39, 8 → 16 at 34 and 40. (These and what follows: AMD
/// EPYC, relaxed, Node 24, 3 × 3 unless said, where multiply-adds reach 51; `npm run bench -- dispatch` measures again.)
const BLOCKED_FILTERS: usize = 16;
const BLOCKED_LEAST_TAPS: usize = 36;
/// From so many filters on, none do: 3 → 64 by 7 × 7 at a stride of 2 on 224 × 224 at 42 with patches and at 39 blocked.
const BLOCKED_MANY_FILTERS: usize = 64;
/// Taps of depthwise filters from which on a batch is worth putting into the blocked layout, as it is for strides: 5 × 5 on 14 × 14 runs
/// at 13 blocked and at 10 from the image, 3 × 3 at a stride of 2 on 28 × 28 at 8 and 4.
const DEPTHWISE_TAPS: usize = 25;
/// Fewer planes leave vectors of their gradient empty: of 3 → 16, it runs at 11 blocked and at 25 from the image.
const BLOCKED_PLANES: usize = 4;
/// From so many filters on, columns of patches are better for the gradient of few planes than the image itself: 4 → 32
/// planes of 14 × 14 at 20 and 15, 3 → 64 of 32 × 32 at 28 and 24; but 3 → 16 at 22 and 26.
const COLUMNS_FILTERS: usize = 32;
/// Planes and filters from which on Winograd is best for the gradient of the planes, if not blocked: 8 → 16 planes of
/// 14 × 14 at 30, where nothing else passes 28; but 8 → 8 at 24, and 28 from the image.
const WINOGRAD_GRAD_X: [usize; 2] = [8, 16];
/// From so many columns on, up to so many filters, or taps, have their gradient read from the image: of 3 → 16 planes of
/// 32 × 32 at 35, with patches at 27; of 8 → 16 on 14 × 14 at 22 and 29, of 8 → 32 on 28 × 28 at 37 and 40. Depthwise
/// ones in a batch on 28 × 28 at 12, blocked at 9; on 14 × 14 at 7 and 9.
const GRAD_W_COLUMNS: usize = 20;
const GRAD_W_FILTERS: usize = 16;

/// From so many pixels on, the product with filters of one tap is one of matrices as they are, which nothing else comes
/// near: 31 GFLOP/s of 51 with 16 planes and 42 with 64, where Direct runs at 21 and 31. Fewer leave panels empty, as in
/// the gradient of the weights fewer planes do: 4 run at 8 and with Direct at 24, 8 at 26 and 19.
const MATRIX: usize = 8;

impl Conv2d {
    pub(super) fn is_empty(&self) -> bool {
        [self.n, self.c, self.h, self.w, self.k, self.kh, self.kw, self.oh, self.ow].contains(&0)
    }

    fn has_unit_stride(&self) -> bool {
        self.sh == 1 && self.sw == 1
    }

    /// At least a block of images, and few places without one.
    fn fits_blocks(&self) -> bool {
        let few = self.group().taps() <= BLOCKED_TAPS;
        few && self.n >= IMAGES && self.n.next_multiple_of(IMAGES) * 3 <= self.n * 4
    }

    /// One plane in, one plane out.
    fn is_depthwise(&self) -> bool {
        self.c == self.groups && self.k == self.groups
    }

    /// One tap, and images that are matrices of their own.
    fn is_matrix(&self) -> bool {
        let window = self.group();
        window.is_pointwise() && window.pixels() >= MATRIX
    }

    fn forward_method(&self) -> Method {
        let window = self.group();
        let shallow = self.has_unit_stride() && window.taps() <= BLOCKED_LEAST_TAPS;
        let wide = window.k >= if shallow { BLOCKED_FILTERS } else { BLOCKED_MANY_FILTERS };
        if self.is_depthwise() {
            let slow = !self.has_unit_stride() || window.taps() >= DEPTHWISE_TAPS;
            if slow && self.fits_blocks() {
                Method::Blocked
            } else {
                Method::Direct
            }
        } else if self.is_matrix() {
            Method::Implicit
        } else if winograd::pays(&window, self.n) {
            Method::Winograd
        } else if self.fits_blocks() && !wide {
            Method::Blocked
        } else if window.taps() <= DIRECT_TAPS {
            Method::Direct
        } else {
            Method::Implicit
        }
    }

    /// Whether columns of patches are less work than the correlation of the gradient, whose outputs are the image's
    /// pixels, with and without padding, and whose patches are shared by the planes as the columns are by the filters:
    /// 6 → 16 planes by 5 × 5 from 14 × 14 to 10 × 10 run at 21 and 10, 3 → 64 at 28 and 13; but 4 → 8 at 11 and 20.
    fn columns_pay(&self) -> bool {
        let Window { c, k, h, w, oh, ow, .. } = self.group();
        h * w * (c + 8) * k > oh * ow * (k + 24) * c
    }

    fn grad_x_method(&self) -> Method {
        let window = self.group();
        let (unit, taps) = (self.has_unit_stride(), window.k * window.kh * window.kw);
        let few = taps <= DIRECT_TAPS || window.c <= DIRECT_PLANES && window.k < COLUMNS_FILTERS;
        let blocked = window.c >= BLOCKED_PLANES && (unit || taps <= BLOCKED_TAPS);
        if self.is_depthwise() {
            Method::Direct
        } else if self.is_matrix() {
            // Few pixels do not make up for transposing the weights: 64 → 64 planes of 4 × 4 at 9, else at 21.
            if 2 * self.n * window.pixels() <= window.k {
                Method::Col2im
            } else {
                Method::Implicit
            }
        } else if unit && winograd::pays(&window.adjoint(), self.n) {
            Method::Winograd
        } else if blocked && self.fits_blocks() {
            Method::Blocked
        } else if winograd::fits(&window) && window.c >= WINOGRAD_GRAD_X[0] && window.k >= WINOGRAD_GRAD_X[1] {
            Method::Winograd
        } else if few && (unit || window.c * window.k <= DIRECT_PLANES) {
            Method::Direct
        } else if unit && !self.columns_pay() {
            Method::Implicit
        } else if !unit && polyphase::pays(self) {
            Method::Polyphase
        } else {
            Method::Col2im
        }
    }

    fn grad_w_method(&self) -> Method {
        let window = self.group();
        let long = window.ow >= GRAD_W_COLUMNS;
        let few = window.k < GRAD_W_FILTERS || long && (window.k <= GRAD_W_FILTERS || window.taps() <= 27);
        if self.is_depthwise() && long && self.has_unit_stride() {
            Method::Direct
        } else if self.is_matrix() && window.c >= MATRIX {
            Method::Implicit
        } else if winograd::grad_w_pays(&window, self.n) {
            Method::Winograd
        } else if self.fits_blocks() {
            Method::Blocked
        } else if few && window.taps() <= DIRECT_TAPS {
            Method::Direct
        } else {
            Method::Implicit
        }
    }

    /// The fastest method known for a pass.
    pub fn method(&self, pass: Pass) -> Method {
        match pass {
            _ if self.is_empty() => Method::Empty,
            Pass::Forward => self.forward_method(),
            Pass::GradX => self.grad_x_method(),
            Pass::GradW => self.grad_w_method(),
        }
    }

    /// Whether a method can compute a pass.
    pub fn serves(&self, pass: Pass, method: Method) -> bool {
        if self.is_empty() {
            return method == Method::Empty;
        }
        match (method, pass) {
            (Method::Blocked | Method::Direct, _) => true,
            (Method::Winograd, Pass::GradW) => winograd::grad_w_fits(&self.group()),
            (Method::Winograd, _) | (Method::Winograd4, Pass::Forward) => winograd::fits(&self.group()),
            (Method::Implicit, Pass::GradX) => self.has_unit_stride(),
            (Method::Implicit, _) => true,
            (Method::Polyphase, Pass::GradX) => polyphase::fits(self),
            (Method::Col2im, Pass::GradX) => true,
            _ => false,
        }
    }
}
