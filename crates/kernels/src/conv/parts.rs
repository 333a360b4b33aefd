//! Parts of a convolution: some images, filters, groups or planes, which are computed as in the whole, to its bits.

use super::blocked::Layout;
use super::direct;
use super::geometry::{Conv2d, Start, Window};
use super::method::{Method, Pass};
use crate::blocked::IMAGES;
use crate::cut::Cut;
use crate::gemm::loops::MR;
use crate::work;

/// What a convolution is cut by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Images,
    /// Filters, where there is one group: all passes but the gradient of the input, which is summed over them.
    Filters,
    /// Whole groups.
    Groups,
    /// Planes of the input, where there is one group, for their gradient.
    Planes,
}

/// Filters, or planes, of a grain: those of a tile.
const TILE: usize = MR;

/// By how many times n things are done faster in so many parts at once.
fn gain(n: usize, parts: usize) -> f32 {
    n as f32 / n.div_ceil(parts).max(1) as f32
}

impl Conv2d {
    /// How a pass that is computed by a method is cut where so many parts are wanted. By images, unless another dimension
    /// gains a third more: each part of the filters reads, and packs, all of the images. The gradient of the weights is a
    /// sum over these.
    pub fn cut(&self, parts: usize, pass: Pass, method: Method, layout: Layout) -> Cut<(Dimension, Layout)> {
        let images = if method == Method::Blocked { IMAGES } else { 1 };
        let by_images = (Dimension::Images, self.n, images);
        // A filter of one plane by itself walks strips, to other bits than several.
        let alone = method == Method::Direct && direct::walks_strips(&Window { k: 1, ..self.group() });
        let by_planes = matches!(method, Method::Winograd | Method::Implicit);
        let inside = match pass {
            _ if self.groups > 1 => (Dimension::Groups, self.groups, 1),
            Pass::GradX if method == Method::Col2im => (Dimension::Planes, self.c, 1),
            Pass::GradX if by_planes => (Dimension::Planes, self.c, TILE),
            Pass::GradX => by_images,
            Pass::Forward if alone => by_images,
            _ => (Dimension::Filters, self.k, TILE),
        };
        let of = |(_, n, grain): (Dimension, usize, usize)| gain(n.div_ceil(grain), parts);
        let (by, n, grain) =
            if pass == Pass::GradW || 3.0 * of(inside) > 4.0 * of(by_images) { inside } else { by_images };
        let (outputs, inputs) = ([self.n, self.k, self.oh, self.ow], [self.n, self.c, self.h, self.w]);
        let taps = self.c / self.groups.max(1) * self.kh * self.kw;
        let work = if self.is_empty() { 0.0 } else { work::convolution(outputs, taps, inputs) };
        Cut { by: (by, layout), n, grain, work }
    }

    /// The part of n of a dimension from `first` on, and where it begins. Images of a blocked batch are whole blocks.
    pub fn part(&self, (by, layout): (Dimension, Layout), first: usize, n: usize) -> (Self, Start) {
        let batch = self.batch();
        let lanes = if layout == Layout::Blocked { IMAGES } else { 1 };
        let (plane, map) = (self.h * self.w * lanes, self.oh * self.ow * lanes);
        let whole = Self { x_step: batch.x_step, y_step: batch.y_step, w_step: self.w_step(), ..*self };
        let none = Start::default();
        match by {
            Dimension::Images => {
                (Self { n, ..whole }, Start { x: first * batch.x_step, y: first * batch.y_step, ..none })
            }
            Dimension::Filters => {
                (Self { k: n, ..whole }, Start { w: first * whole.w_step, y: first * map, filter: first, ..none })
            }
            Dimension::Groups => {
                let (c, k) = (self.c / self.groups, self.k / self.groups);
                let filter = first * k;
                let start = Start { x: first * c * plane, w: filter * whole.w_step, y: filter * map, filter };
                (Self { c: n * c, k: n * k, groups: n, ..whole }, start)
            }
            Dimension::Planes => {
                let w = first * self.kh * self.kw;
                (Self { c: n, ..whole }, Start { x: first * plane, w, ..none })
            }
        }
    }
}
