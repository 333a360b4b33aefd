//! The matrix products, one for each place of a tile.

use super::plan::{distance, DEPTHS};
use crate::gemm::loops::{block, Tile, MR, NR};
use crate::gemm::micro::Output;

/// Rows of a product taken at a time.
const ROWS: usize = 128;

/// products[place][m, n] ← U[place] V[place], or added to them, for panels of m and n lanes.
///
/// # Panics
/// If a slice is too short.
pub(super) fn multiply(
    places: usize, [m, n, depth]: [usize; 3], u: &[f32], v: &[f32], accumulate: bool, products: &mut [f32],
) {
    let (a_width, b_width) = (m.next_multiple_of(MR), n.next_multiple_of(NR));
    let [a, b, c] = [a_width * depth, b_width * depth, m * n].map(distance);
    assert!(u.len() >= places * a && v.len() >= places * b && products.len() >= places * c);
    for place in 0..places {
        // SAFETY: the three have so many places, all of their rows, lanes and depths.
        unsafe {
            let (u, v) = (u.as_ptr().add(place * a), v.as_ptr().add(place * b));
            let out = Output { accumulate, ..Output::plain(products.as_mut_ptr().add(place * c), n) };
            for p in (0..depth).step_by(DEPTHS) {
                let depths = DEPTHS.min(depth - p);
                let out = out.depths(p, depths, depth);
                for i in (0..m).step_by(ROWS) {
                    let (u, v) = (u.add(p * a_width + i * depths), v.add(p * b_width));
                    block::<Tile>(ROWS.min(m - i), n, depths, u, v, &out.at(i, 0));
                }
            }
        }
    }
}
