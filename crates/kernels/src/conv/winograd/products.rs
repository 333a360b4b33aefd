//! The matrix products, one for each element of a tile.

use super::plan::{distance, DEPTHS};
use crate::cut::PARTS;
use crate::gemm::loops::{block, Tile, MR, NR};
use crate::gemm::micro::Output;

/// Rows of a product taken at a time.
const ROWS: usize = 128;

/// products[element][m, n] ← U[element] V[element], or added to them, for panels of rows, of U those from `skip` on of `of`,
/// and of n.
///
/// # Panics
/// If a slice is too short.
pub(super) fn multiply(
    elements: usize, [m, n, depth]: [usize; 3], (skip, of): (usize, usize), u: &[f32], v: &[f32], accumulate: bool,
    products: &mut [f32],
) {
    let (skip, of) = if PARTS { (skip, of) } else { (0, m) };
    let (a_width, b_width) = (of.next_multiple_of(MR), n.next_multiple_of(NR));
    let [a, b, c] = [a_width * depth, b_width * depth, m * n].map(distance);
    assert!(!PARTS || skip.is_multiple_of(MR) && skip + m <= of);
    assert!(u.len() >= elements * a && v.len() >= elements * b && products.len() >= elements * c);
    for element in 0..elements {
        // SAFETY: the three have so many elements, all of their rows, columns and depths.
        unsafe {
            let (u, v) = (u.as_ptr().add(element * a), v.as_ptr().add(element * b));
            let out = Output { accumulate, ..Output::plain(products.as_mut_ptr().add(element * c), n) };
            for p in (0..depth).step_by(DEPTHS) {
                let depths = DEPTHS.min(depth - p);
                let out = out.depths(p, depths, depth);
                for i in (0..m).step_by(ROWS) {
                    let (u, v) = (u.add(p * a_width + (skip + i) * depths), v.add(p * b_width));
                    block::<Tile>(ROWS.min(m - i), n, depths, u, v, &out.at(i, 0));
                }
            }
        }
    }
}
