//! Filters transformed, U = G g Gᵀ, straight into panels of A.

use super::plan::{distance, Plan, DEPTHS};
use super::transforms::Transform;
use crate::conv::weights::Prepared;
use crate::gemm::loops::MR;
use crate::gemm::pack::position;
use crate::simd::F32x4;

/// The filters of a correlation of c planes with k filters.
#[derive(Clone, Copy)]
pub(in crate::conv) enum Filters<'a> {
    /// [k, c, 3, 3]
    Plain(&'a [f32]),
    /// [c, k, 3, 3], the first of c so many numbers apart, to be turned by 180°: those of the adjoint.
    Turned(&'a [f32], usize),
    /// Transformed beforehand.
    Transformed(Prepared<'a>),
}

/// Depths of a panel that are transformed before the next panel's, so that whole lines of cache are read and written,
/// however the filters lie.
const AT_ONCE: usize = 64;

/// U[element][count, c] of the filters from `first` on, packed.
///
/// # Panics
/// If a slice is shorter than the plan says.
pub(super) fn transform<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, plan: &Plan<M, S>, filters: Filters, first: usize, count: usize, u: &mut [f32],
) {
    let (c, k) = (plan.window.c, plan.window.k);
    match filters {
        Filters::Plain(w) if M == 2 || !cfg!(feature = "small") => {
            panels::<T, M, S, false>(transform, (c, k), w, (9 * c, 9), first, count, u)
        }
        Filters::Turned(w, step) if !cfg!(feature = "small") => {
            panels::<T, M, S, true>(transform, (c, k), w, (9, step), first, count, u)
        }
        _ => {}
    }
}

/// The same, from filters whose first taps are `filter` and `depth` numbers apart.
#[inline(never)]
fn panels<T: Transform<M, S>, const M: usize, const S: usize, const TURNED: bool>(
    transform: T, (c, k): (usize, usize), w: &[f32], (filter, depth): (usize, usize), first: usize, count: usize,
    u: &mut [f32],
) {
    const { assert!(MR == F32x4::LANES && DEPTHS.is_multiple_of(AT_ONCE)) };
    let stride = distance(c * count.next_multiple_of(MR));
    assert!(w.len() >= (k - 1) * filter + (c - 1) * depth + 9 && u.len() >= S * S * stride && first + count <= k);
    for p in (0..c).step_by(AT_ONCE) {
        for panel in (0..count).step_by(MR) {
            // Rows past the last filter repeat it, and are left out of the output.
            let at = [0, 1, 2, 3].map(|i| (first + (panel + i).min(count - 1)) * filter);
            for d in p..c.min(p + AT_ONCE) {
                // SAFETY: each of the filters has nine taps in w, and U room for every element of the panels.
                unsafe {
                    let at = at.map(|at| w.as_ptr().add(at + d * depth));
                    let mut taps = [F32x4::zero(); 9];
                    taps[..4].copy_from_slice(&F32x4::transpose(at.map(|at| F32x4::load(at))));
                    taps[4..8].copy_from_slice(&F32x4::transpose(at.map(|at| F32x4::load(at.add(4)))));
                    taps[8] = F32x4::from_array(at.map(|at| *at.add(8)));
                    if TURNED {
                        taps.reverse();
                    }
                    let down = [0, 1, 2].map(|column| transform.filter([0, 3, 6].map(|row| taps[row + column])));
                    let out = u.as_mut_ptr().add(position::<MR>(panel, d, count, c, DEPTHS));
                    for row in 0..S {
                        for (column, x) in transform.filter(down.map(|x| x[row])).into_iter().enumerate() {
                            x.store(out.add((row * S + column) * stride));
                        }
                    }
                }
            }
        }
    }
}
