//! What a core can do at most, to set beside what kernels do.

use core::array;

use crate::simd::F32x4;

/// Chains that do not wait for each other: as many as a core keeps in registers, and more than it has under way.
const CHAINS: usize = 12;
pub const LEN: usize = CHAINS * F32x4::LANES;
const FACTOR: f32 = 1.0 - 1.0 / 1024.0;

/// y ← (1 − 2⁻¹⁰)·y + 1, `turns` times, without touching memory in between: 2·LEN operations a turn.
///
/// # Panics
/// If y has fewer than LEN elements.
#[inline(never)]
pub fn multiply_adds(y: &mut [f32], turns: usize) {
    let (a, b) = (F32x4::splat(FACTOR), F32x4::splat(1.0));
    let mut chains: [F32x4; CHAINS] = array::from_fn(|i| F32x4::from_slice(&y[F32x4::LANES * i..]));
    for _ in 0..turns {
        for c in &mut chains {
            *c = a.mul_add(*c, b);
        }
    }
    for (y, c) in y.chunks_exact_mut(F32x4::LANES).zip(chains) {
        y.copy_from_slice(&c.to_array());
    }
}
