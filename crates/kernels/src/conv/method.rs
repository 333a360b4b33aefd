//! By which method a pass is computed.

use super::geometry::Conv2d;
use super::{phases, winograd};
use crate::lanes::LANES;

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
    /// Eight images at a time, side by side.
    Lanes,
    /// Straight from the image.
    Direct,
    /// Matrix products over Winograd's tiles.
    Winograd,
    /// The same with tiles of 4 × 4 outputs: less exact, and so never chosen unless asked for.
    Winograd4,
    /// Matrix products over the patches of one image at a time.
    Implicit,
    /// The gradient of the input as one such correlation, for strides.
    Phases,
    /// The same from the gradient back to columns of patches, for strides.
    Columns,
}

/// Up to so many numbers an output is the sum of, a batch is worth putting into lanes: 150 gain 1.2 to 2.9 times (the
/// second layer of LeNet-5), 288 (32 channels, 3 × 3 on 14 × 14) nothing.
const LANES_TAPS: usize = 160;

/// Up to so many numbers an output is the sum of, it is worth reading them from the image itself: 72 (groups of 8 planes,
/// 3 × 3) gain 13 % and 27 (3 planes, 3 × 3, 64 filters) 5 % in the forward pass, 18 % and 78 % in the gradient of the
/// weights (AMD EPYC, simd128, Node 20, on a busy machine).
const DIRECT_TAPS: usize = 75;
/// Up to so many planes of the input, their gradient is worth it as well, whatever the taps: 3 (64 filters of 3 × 3) gain
/// 85 %.
const DIRECT_PLANES: usize = 4;

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

    /// At least a block of images, and few lanes without one.
    fn fits_lanes(&self) -> bool {
        let few = self.group().taps() <= LANES_TAPS;
        few && self.n >= LANES && self.n.next_multiple_of(LANES) * 3 <= self.n * 4
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
        if self.is_depthwise() {
            Method::Direct
        } else if self.is_matrix() {
            Method::Implicit
        } else if winograd::pays(&window, self.n) {
            Method::Winograd
        } else if self.fits_lanes() {
            Method::Lanes
        } else if window.taps() <= DIRECT_TAPS {
            Method::Direct
        } else {
            Method::Implicit
        }
    }

    fn grad_x_method(&self) -> Method {
        let window = self.group();
        let few = window.c <= DIRECT_PLANES || window.k * window.kh * window.kw <= DIRECT_TAPS;
        if self.is_depthwise() {
            Method::Direct
        } else if self.is_matrix() {
            Method::Implicit
        } else if self.has_unit_stride() && winograd::pays(&window.adjoint(), self.n) {
            Method::Winograd
        } else if self.fits_lanes() {
            Method::Lanes
        } else if few && (self.has_unit_stride() || window.c * window.k <= DIRECT_PLANES) {
            Method::Direct
        } else if self.has_unit_stride() {
            Method::Implicit
        } else if phases::pays(self) {
            Method::Phases
        } else {
            Method::Columns
        }
    }

    fn grad_w_method(&self) -> Method {
        let window = self.group();
        if self.is_matrix() && window.c >= MATRIX {
            Method::Implicit
        } else if winograd::grad_w_pays(&window, self.n) {
            Method::Winograd
        } else if self.fits_lanes() {
            Method::Lanes
        } else if window.taps() <= DIRECT_TAPS {
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
            (Method::Lanes | Method::Direct, _) => true,
            (Method::Winograd, Pass::GradW) => winograd::grad_w_fits(&self.group()),
            (Method::Winograd, _) | (Method::Winograd4, Pass::Forward) => winograd::fits(&self.group()),
            (Method::Implicit, Pass::GradX) => self.has_unit_stride(),
            (Method::Implicit, _) => true,
            (Method::Phases, Pass::GradX) => phases::fits(self),
            (Method::Columns, Pass::GradX) => true,
            _ => false,
        }
    }
}
