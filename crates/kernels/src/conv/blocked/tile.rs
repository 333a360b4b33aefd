//! A few filters × eight images: what is summed up in registers.

use crate::simd::F32x4;

/// Filters of a tile at most: 12 accumulators stay in registers with fused multiply-add, 8 without.
pub(super) const PANEL: usize = if cfg!(target_feature = "relaxed-simd") { 6 } else { 4 };

/// n filters in as few panels as possible: the first filter of each, and how many there are.
pub(super) fn panels(n: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = n.div_ceil(PANEL);
    (0..count).map(move |i| (i * n / count, (i + 1) * n / count - i * n / count))
}

/// M filters × eight images: what is summed up in registers.
pub(super) type Sums<const M: usize> = [[F32x4; 2]; M];

/// sums[i] += Σ_q w[q, i] · x[at(q)], q = 0..n, the rows of `w` M apart.
///
/// # Safety
/// w[0..n · M] and x[at(q)..at(q) + 8] must exist.
#[inline(always)]
pub(super) unsafe fn accumulate<const M: usize>(
    mut sums: Sums<M>, n: usize, mut w: *const f32, x: *const f32, at: impl Fn(usize) -> usize,
) -> Sums<M> {
    for q in 0..n {
        let x = x.add(at(q));
        let (low, high) = (F32x4::load(x), F32x4::load(x.add(4)));
        for sum in &mut sums {
            let weight = F32x4::load_splat(w);
            w = w.add(1);
            sum[0] = weight.mul_add(low, sum[0]);
            sum[1] = weight.mul_add(high, sum[1]);
        }
    }
    sums
}

/// Calls a function that takes the width of a panel as a constant.
macro_rules! by_width {
    ($m:expr, $f:ident($($argument:expr),* $(,)?)) => {
        match $m {
            1 => $f::<1>($($argument),*),
            2 => $f::<2>($($argument),*),
            3 => $f::<3>($($argument),*),
            5 if PANEL > 4 => $f::<5>($($argument),*),
            6 if PANEL > 4 => $f::<6>($($argument),*),
            _ => $f::<4>($($argument),*),
        }
    };
}
pub(super) use by_width;
