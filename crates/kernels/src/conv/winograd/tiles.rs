//! Tiles: their inputs transformed into panels of B, and their products back into outputs.

use super::plan::{distance, Plan, Segment, DEPTHS};
use super::transforms::Transform;
use crate::conv::epilogue::Epilogue;
use crate::gemm::loops::NR;
use crate::gemm::pack::position;
use crate::simd::{fours, F32x4};

/// Rows of one plane of the input, padded, each cut into M phases: columns q·M + phase side by side, so that the same
/// input of four neighbouring tiles is one vector.
#[derive(Clone, Copy)]
struct Band {
    /// Columns of one phase, and of all.
    phase: usize,
    pitch: usize,
    /// The columns of the image that are copied: the first, where it lies in the padded row, and how many.
    first: usize,
    offset: usize,
    count: usize,
}

impl Band {
    fn new<const M: usize, const S: usize>(plan: &Plan<M, S>) -> Self {
        let (w, left) = (plan.window.w, plan.window.left);
        let phase = plan.columns + 1;
        let (first, offset) = ((-left).max(0) as usize, left.max(0) as usize);
        let count = w.saturating_sub(first).min((phase * M).saturating_sub(offset));
        Self { phase, pitch: phase * M, first, offset, count }
    }

    /// Copies a row of the image.
    #[inline(always)]
    fn copy<const M: usize>(&self, x: &[f32], y: &mut [f32]) {
        let x = &x[self.first..][..self.count];
        let at = |i: usize| (self.offset + i) % M * self.phase + (self.offset + i) / M;
        let head = (M - self.offset % M) % M;
        let whole = if x.len() < head { 0 } else { (x.len() - head) / (4 * M) * (4 * M) };
        let (head, body, tail) = if whole == 0 { (x.len(), 0, x.len()) } else { (head, whole, head + whole) };
        for i in (0..head).chain(tail..x.len()) {
            y[at(i)] = x[i];
        }
        for i in (head..head + body).step_by(4 * M) {
            let q = (self.offset + i) / M;
            let x: [F32x4; M] = core::array::from_fn(|v| F32x4::from_slice(&x[i + 4 * v..]));
            for (phase, x) in phases(x).into_iter().enumerate() {
                x.write(y[phase * self.phase + q..].first_chunk_mut().expect("four columns of the phase"));
            }
        }
    }
}

/// 4M numbers in order to M phases of four.
#[inline(always)]
fn phases<const M: usize>(x: [F32x4; M]) -> [F32x4; M] {
    let mut y = x;
    match M {
        2 => {
            y[0] = x[0].shuffle::<0, 2, 4, 6>(x[1]);
            y[1] = x[0].shuffle::<1, 3, 5, 7>(x[1]);
        }
        _ => y.copy_from_slice(&F32x4::transpose([x[0], x[1], x[2], x[3]])),
    }
    y
}

/// Numbers that [`inputs`] works in.
pub(super) fn band_len<const M: usize, const S: usize>(plan: &Plan<M, S>) -> usize {
    (M * plan.rows.min(plan.at_once) + 2) * Band::new(plan).pitch
}

/// V[element][c, tiles] = Bᵀ x B of a segment, packed among `count` tiles: plane by plane, by way of a padded copy that
/// stays in the nearest cache.
///
/// # Panics
/// If a slice is shorter than the plan says.
#[inline(never)]
pub(super) fn inputs<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, plan: &Plan<M, S>, segment: &Segment, x: &[f32], count: usize, band: &mut [f32], v: &mut [f32],
) {
    let (window, cut) = (&plan.window, Band::new(plan));
    let rows = M * segment.rows + 2;
    let stride = distance(window.c * count.next_multiple_of(NR));
    assert!(v.len() >= S * S * stride && segment.at + segment.rows * plan.columns <= count);
    let band = &mut band[..rows * cut.pitch];
    band.fill(0.0);
    for d in 0..window.c {
        let x = &x[d * window.h * window.w..][..window.h * window.w];
        for (i, y) in band.chunks_exact_mut(cut.pitch).enumerate() {
            let row = (M * segment.row + i) as isize - window.top;
            if (0..window.h as isize).contains(&row) {
                cut.copy::<M>(&x[row as usize * window.w..][..window.w], y);
            }
        }
        // SAFETY: the band has S rows and S columns for each tile, V room for every element of the panels.
        unsafe { plane(transform, plan, segment, &cut, band.as_ptr(), d, count, v.as_mut_ptr()) };
    }
}

#[inline(never)]
unsafe fn plane<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, plan: &Plan<M, S>, segment: &Segment, cut: &Band, band: *const f32, d: usize, count: usize,
    v: *mut f32,
) {
    let stride = distance(plan.window.c * count.next_multiple_of(NR));
    for row in 0..segment.rows {
        for j in fours(plan.columns) {
            let at = band.add(M * row * cut.pitch + j);
            let mut down = [[F32x4::zero(); S]; S];
            for (column, down) in down.iter_mut().enumerate() {
                let at = at.add(column % M * cut.phase + column / M);
                *down = transform.input(core::array::from_fn(|row| F32x4::load(at.add(row * cut.pitch))));
            }
            let tile = segment.at + row * plan.columns + j;
            let [low, high] =
                [tile, tile + 2].map(|tile| v.wrapping_add(position::<NR>(tile, d, count, plan.window.c, DEPTHS)));
            // Where a panel ends between the four, two are in the next.
            let split = Plan::<M, S>::SPLITS && tile % NR > NR - 4;
            for row in 0..S {
                for (column, x) in transform.input(down.map(|x| x[row])).into_iter().enumerate() {
                    let at = (row * S + column) * stride;
                    if split {
                        x.store_halves(low.add(at), high.wrapping_add(at));
                    } else {
                        x.store(low.add(at));
                    }
                }
            }
        }
    }
}

/// y = f(Aᵀ m A + bias) for `filters` filters of a segment: products [element][filters, count], y [filters, oh, ow].
#[inline(never)]
pub(super) fn outputs<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, plan: &Plan<M, S>, segment: &Segment, filters: usize, products: &[f32], count: usize,
    epilogue: &Epilogue, y: &mut [f32],
) {
    let (oh, ow) = (plan.window.oh, plan.window.ow);
    let stride = distance(filters * count);
    assert!(products.len() >= S * S * stride && segment.at + segment.rows * plan.columns <= count);
    for (f, y) in y.chunks_exact_mut(oh * ow).take(filters).enumerate() {
        let bias = F32x4::splat(epilogue.bias(f));
        for row in 0..segment.rows {
            let i = M * (segment.row + row);
            let y = &mut y[i * ow..];
            for j in fours(plan.columns) {
                let tile = segment.at + row * plan.columns + j;
                // SAFETY: the products hold all elements of filters × count.
                let m = |at: usize| unsafe { F32x4::load(products.as_ptr().add(at * stride + f * count + tile)) };
                let down: [[F32x4; M]; S] =
                    core::array::from_fn(|column| transform.output(core::array::from_fn(|row| m(row * S + column))));
                for (i, y) in y.chunks_exact_mut(ow).take(M).enumerate() {
                    let pixels = in_order(transform.output(down.map(|x| x[i])).map(|x| x + bias));
                    for (v, pixels) in pixels.into_iter().enumerate() {
                        let j = M * j + 4 * v;
                        if j + 4 <= ow {
                            pixels.write(y[j..].first_chunk_mut().expect("four outputs"));
                        } else if j < ow {
                            pixels.write_partial(&mut y[j..], ow - j);
                        }
                    }
                }
            }
        }
        epilogue.activate(&mut y[M * segment.row * ow..oh.min(M * (segment.row + segment.rows)) * ow]);
    }
}

/// M phases of four to 4M numbers in order.
#[inline(always)]
fn in_order<const M: usize>(x: [F32x4; M]) -> [F32x4; M] {
    let mut y = x;
    match M {
        2 => {
            y[0] = x[0].shuffle::<0, 4, 1, 5>(x[1]);
            y[1] = x[0].shuffle::<2, 6, 3, 7>(x[1]);
        }
        _ => y.copy_from_slice(&F32x4::transpose([x[0], x[1], x[2], x[3]])),
    }
    y
}
