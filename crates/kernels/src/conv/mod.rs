//! 2-D convolution, NCHW, and its two gradients.

// Kernels index several arrays by one variable, and take the sizes they work on one by one.
#![allow(clippy::needless_range_loop, clippy::too_many_arguments)]

mod direct;
mod geometry;
mod image;
mod implicit;
mod lanes;
mod patches;
mod phases;
mod winograd;
mod workspace;

pub use geometry::Conv2d;
pub use lanes::{
    conv2d_lanes, conv2d_lanes_grad_w, conv2d_lanes_grad_w_workspace, conv2d_lanes_grad_x,
    conv2d_lanes_grad_x_workspace, conv2d_lanes_workspace,
};

use crate::gemm::Activation;
use crate::lanes::LANES;
use lanes::Layout;

/// How a pass is computed.
enum Method {
    /// A size is 0: no products at all.
    Empty,
    /// Eight images at a time, side by side.
    Lanes,
    /// Straight from the image.
    Direct,
    /// Matrix products over Winograd's tiles.
    Winograd,
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

impl Conv2d {
    fn is_empty(&self) -> bool {
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

    fn forward_method(&self) -> Method {
        if self.is_empty() {
            return Method::Empty;
        }
        let window = self.group();
        if self.is_depthwise() {
            Method::Direct
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
        if self.is_empty() {
            return Method::Empty;
        }
        let window = self.group();
        let few = window.c <= DIRECT_PLANES || window.k * window.kh * window.kw <= DIRECT_TAPS;
        if self.is_depthwise() {
            Method::Direct
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
        if self.is_empty() {
            Method::Empty
        } else if winograd::grad_w_pays(&self.group(), self.n) {
            Method::Winograd
        } else if self.fits_lanes() {
            Method::Lanes
        } else if self.group().taps() <= DIRECT_TAPS {
            Method::Direct
        } else {
            Method::Implicit
        }
    }
}

/// A pass of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    Forward,
    GradX,
    GradW,
}

/// Whether a pass over images puts the batch into lanes itself: then it had better lie there before.
pub fn conv2d_takes_lanes(g: &Conv2d, pass: Pass) -> bool {
    let method = match pass {
        Pass::Forward => g.forward_method(),
        Pass::GradX => g.grad_x_method(),
        Pass::GradW => g.grad_w_method(),
    };
    matches!(method, Method::Lanes)
}

/// Numbers of workspace that [`conv2d`] needs.
pub fn conv2d_workspace(g: &Conv2d) -> usize {
    match g.forward_method() {
        Method::Lanes => lanes::forward_workspace(g, Layout::Images),
        Method::Direct => direct::forward_workspace(g),
        Method::Winograd => winograd::forward_workspace(g),
        Method::Implicit => implicit::forward_workspace(g),
        _ => 0,
    }
}

/// y = x ⋆ w + bias: x [n, c, h, w], w [k, c/groups, kh, kw], bias [k], y [n, k, oh, ow].
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d(g: &Conv2d, x: &[f32], w: &[f32], y: &mut [f32], bias: Option<&[f32]>, workspace: &mut [f32]) {
    g.assert_fits(x, w, y);
    let y = &mut y[..g.y_len()];
    match g.forward_method() {
        Method::Lanes => lanes::forward(g, Layout::Images, x, w, y, bias, Activation::None, workspace),
        Method::Direct => direct::forward(g, x, w, y, bias, workspace),
        Method::Winograd => winograd::forward(g, x, w, y, bias, workspace),
        Method::Implicit => implicit::forward(g, x, w, y, bias, workspace),
        _ if y.is_empty() => {}
        _ => {
            for (i, plane) in y.chunks_exact_mut(g.oh * g.ow).enumerate() {
                plane.fill(bias.map_or(0.0, |bias| bias[i % g.k]));
            }
        }
    }
}

/// Numbers of workspace that [`conv2d_grad_x`] needs.
pub fn conv2d_grad_x_workspace(g: &Conv2d) -> usize {
    match g.grad_x_method() {
        Method::Lanes => lanes::grad_x_workspace(g, Layout::Images),
        Method::Direct => direct::grad_x_workspace(g),
        Method::Winograd => winograd::grad_x_workspace(g),
        Method::Implicit => implicit::grad_x_workspace(g),
        Method::Phases => phases::grad_x_workspace(g),
        Method::Columns => implicit::grad_x_strided_workspace(g),
        Method::Empty => 0,
    }
}

/// The gradient of the input from that of the output: gy [n, k, oh, ow], w [k, c/groups, kh, kw], gx [n, c, h, w].
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut [f32], workspace: &mut [f32]) {
    g.assert_fits(gx, w, gy);
    let gx = &mut gx[..g.x_len()];
    match g.grad_x_method() {
        Method::Lanes => lanes::grad_x(g, Layout::Images, gy, w, gx, workspace),
        Method::Direct => direct::grad_x(g, gy, w, gx, workspace),
        Method::Winograd => winograd::grad_x(g, gy, w, gx, workspace),
        Method::Implicit => implicit::grad_x(g, gy, w, gx, workspace),
        Method::Phases => phases::grad_x(g, gy, w, gx, workspace),
        Method::Columns => implicit::grad_x_strided(g, gy, w, gx, workspace),
        Method::Empty => gx.fill(0.0),
    }
}

/// Numbers of workspace that [`conv2d_grad_w`] needs.
pub fn conv2d_grad_w_workspace(g: &Conv2d) -> usize {
    match g.grad_w_method() {
        Method::Lanes => lanes::grad_w_workspace(g, Layout::Images),
        Method::Direct => direct::grad_w_workspace(g),
        Method::Winograd => winograd::grad_w_workspace(g),
        Method::Implicit => implicit::grad_w_workspace(g),
        _ => 0,
    }
}

/// The gradient of the weights, summed over the batch: gy [n, k, oh, ow], x [n, c, h, w], gw [k, c/groups, kh, kw].
///
/// # Panics
/// If a slice is shorter than the geometry says.
pub fn conv2d_grad_w(g: &Conv2d, gy: &[f32], x: &[f32], gw: &mut [f32], workspace: &mut [f32]) {
    g.assert_fits(x, gw, gy);
    let gw = &mut gw[..g.w_len()];
    match g.grad_w_method() {
        Method::Lanes => lanes::grad_w(g, Layout::Images, gy, x, gw, workspace),
        Method::Direct => direct::grad_w(g, gy, x, gw, workspace),
        Method::Winograd => winograd::grad_w(g, gy, x, gw, workspace),
        Method::Implicit => implicit::grad_w(g, gy, x, gw, workspace),
        _ => gw.fill(0.0),
    }
}
