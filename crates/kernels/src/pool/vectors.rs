//! Loads and stores of neighbouring pixels.

use crate::simd::F32x4;

/// The taps v < K of four outputs, S columns apart, of a row: x[v + S · lane].
///
/// # Safety
/// x[0..3 · S + K] must exist.
#[inline(always)]
pub(super) unsafe fn taps<const K: usize, const S: usize>(x: *const f32) -> [F32x4; K] {
    const { assert!((K == 2 || K == 3) && (S == 1 || S == 2)) };
    let mut taps = [F32x4::zero(); K];
    if S == 1 {
        for v in 0..K {
            taps[v] = F32x4::load(x.add(v));
        }
        return taps;
    }
    let (low, high) = (F32x4::load(x), F32x4::load(x.add(4)));
    taps[0] = low.shuffle::<0, 2, 4, 6>(high);
    taps[1] = low.shuffle::<1, 3, 5, 7>(high);
    if K == 3 {
        taps[2] = F32x4::load(x.add(2)).shuffle::<0, 2, 5, 7>(F32x4::load(x.add(5)));
    }
    taps
}

/// x[2j..2j + 8] in halves.
///
/// # Safety
/// They must exist.
#[inline(always)]
pub(super) unsafe fn eight(x: *const f32, j: usize) -> [F32x4; 2] {
    [F32x4::load(x.add(2 * j)), F32x4::load(x.add(2 * j + 4))]
}

/// Writes x[2j..2j + 8].
///
/// # Safety
/// j + 4 ≤ n.
#[inline(always)]
pub(super) unsafe fn write_eight(halves: [F32x4; 2], row: &mut [f32], j: usize) {
    let at = row.as_mut_ptr().add(2 * j);
    halves[0].store(at);
    halves[1].store(at.add(4));
}
