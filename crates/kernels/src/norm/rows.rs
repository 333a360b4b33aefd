//! Sums and maps over rows and columns of four lanes.

use crate::reduce::Pairwise;
use crate::simd::{F32x4, I32x4};
use core::array;

/// Adds f of rows of equal length to several sums at once.
#[inline(always)]
pub(super) fn add_rows<const K: usize, const N: usize>(
    sums: &mut [Pairwise; N], rows: [&[f32]; K], f: impl Fn([F32x4; K]) -> [F32x4; N],
) {
    let n = rows[0].len();
    let chunks = rows.map(|row| row[..n].as_chunks::<4>());
    let at = |i: usize| f(chunks.map(|(lanes, _)| F32x4::read(&lanes[i])));
    let plus = |a: [F32x4; N], b: [F32x4; N]| core::array::from_fn(|i| a[i] + b[i]);
    let lanes = n / 4;
    let blocks = lanes / 16;
    for block in 0..blocks {
        let first = 16 * block;
        let mut s: [[F32x4; N]; 4] = core::array::from_fn(|i| at(first + i));
        for group in 1..4 {
            s = core::array::from_fn(|i| plus(s[i], at(first + 4 * group + i)));
        }
        let s = plus(plus(s[0], s[1]), plus(s[2], s[3]));
        sums.iter_mut().zip(s).for_each(|(sum, s)| sum.add(s));
    }
    if n == 64 * blocks {
        return;
    }
    let mut s = [F32x4::zero(); N];
    for i in 16 * blocks..lanes {
        s = plus(s, at(i));
    }
    let rest = n % 4;
    if rest > 0 {
        let tail = f(chunks.map(|(_, tail)| F32x4::from_partial(tail, rest)));
        s = plus(s, tail.map(|x| F32x4::from_partial(&x.to_array(), rest)));
    }
    sums.iter_mut().zip(s).for_each(|(sum, s)| sum.add(s));
}

/// Σ f(i) lane by lane over i < n, eight terms at a time and these pairwise.
#[inline(always)]
pub(super) fn column_sums<const N: usize>(n: usize, f: impl Fn(usize) -> [F32x4; N]) -> [F32x4; N] {
    let mut sums: [Pairwise; N] = core::array::from_fn(|_| Pairwise::new());
    for first in (0..n).step_by(8) {
        let mut s = f(first);
        for i in first + 1..n.min(first + 8) {
            let next = f(i);
            s = core::array::from_fn(|k| s[k] + next[k]);
        }
        sums.iter_mut().zip(s).for_each(|(sum, s)| sum.add(s));
    }
    sums.map(|sum| sum.total())
}

/// y = f of rows of equal length.
#[inline(always)]
pub(super) fn map_rows<const K: usize>(rows: [&[f32]; K], y: &mut [f32], f: impl Fn([F32x4; K]) -> F32x4) {
    let n = y.len();
    let chunks = rows.map(|row| row[..n].as_chunks::<4>());
    let (lanes, tail) = y.as_chunks_mut::<4>();
    for (i, y) in lanes.iter_mut().enumerate() {
        f(chunks.map(|(lanes, _)| F32x4::read(&lanes[i]))).write(y);
    }
    let rest = tail.len();
    if rest > 0 {
        f(chunks.map(|(_, tail)| F32x4::from_partial(tail, rest))).write_partial(tail, rest);
    }
}

/// Up to four numbers, and 0 for what is left.
#[inline(always)]
pub(super) fn four(x: &[f64], width: usize) -> [f64; 4] {
    array::from_fn(|i| if i < width { x[i] } else { 0.0 })
}

/// 1/√(variance + ε), of variances beyond f32 too.
#[inline(always)]
pub(super) fn inverse_deviation(variance: [f64; 4], eps: f32) -> F32x4 {
    let one = F32x4::splat(1.0) / (F32x4::from_array(variance.map(|v| v as f32)) + F32x4::splat(eps)).sqrt();
    if !variance.iter().any(|&v| v > LARGE) {
        return one;
    }
    let scaled = variance.map(|v| (v / (HALF * HALF)) as f32);
    let large = F32x4::splat((1.0 / HALF) as f32) / F32x4::from_array(scaled).sqrt();
    let which = I32x4::from_array(variance.map(|v| -i32::from(v > LARGE)));
    F32x4::select(which, large, one)
}
/// Variances above are scaled by 2⁻¹²⁸, to which ε adds nothing.
const LARGE: f64 = 1e38;
const HALF: f64 = 18_446_744_073_709_551_616.0; // 2⁶⁴

/// Means in two parts, so that distances from them keep the digits of a mean that is far from 0.
#[derive(Clone, Copy)]
pub(super) struct Centre {
    high: F32x4,
    low: F32x4,
}

impl Centre {
    #[inline(always)]
    pub(super) fn new(mean: [f64; 4]) -> Self {
        let high = mean.map(|m| m as f32);
        let low = array::from_fn(|i| (mean[i] - f64::from(high[i])) as f32);
        Self { high: F32x4::from_array(high), low: F32x4::from_array(low) }
    }

    /// x − mean
    #[inline(always)]
    pub(super) fn distance(self, x: F32x4) -> F32x4 {
        (x - self.high) - self.low
    }
}

/// The centre and 1/√(variance + ε) of group c, in all lanes.
#[inline(always)]
pub(super) fn group(mean: &[f64], variance: &[f64], c: usize, eps: f32) -> (Centre, F32x4) {
    (Centre::new([mean[c]; 4]), inverse_deviation([variance[c]; 4], eps))
}
