//! Convolutions without products: a size is 0. They are not cut.

use super::epilogue::Epilogue;
use super::geometry::Conv2d;
use super::planes::Planes;

/// y = f(bias), images being so many side by side.
pub(super) fn forward(g: &Conv2d, lanes: usize, y: &mut Planes, epilogue: &Epilogue) {
    let size = g.oh * g.ow * lanes;
    let y = y.of(0, g.n.div_ceil(lanes) * g.k * size);
    for (i, plane) in y.chunks_exact_mut(size.max(1)).enumerate() {
        plane.fill(epilogue.bias(i % g.k));
    }
    epilogue.activate(y);
}

/// gx = 0
pub(super) fn grad_x(g: &Conv2d, lanes: usize, gx: &mut Planes) {
    gx.of(0, g.n.div_ceil(lanes) * g.c * g.h * g.w * lanes).fill(0.0);
}
