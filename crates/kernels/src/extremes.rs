//! The largest and the smallest along an axis, and where.

use crate::axis::Axis;
use crate::simd::{F32x4, I32x4};

/// The largest (or smallest) so far, and where.
#[derive(Clone, Copy)]
struct Best {
    value: F32x4,
    at: I32x4,
}

/// x [outer, r, inner] → y [outer, inner], the largest along r, and `at`, its first index. NaN wins. Of some columns, y and
/// `at` have those alone.
pub fn max(axis: &Axis, r: usize, x: &[f32], y: Option<&mut [f32]>, at: Option<&mut [i32]>) {
    extreme(axis, r, x, y, at, |a, b| a.gt(b));
}

/// As `max`, the smallest.
pub fn min(axis: &Axis, r: usize, x: &[f32], y: Option<&mut [f32]>, at: Option<&mut [i32]>) {
    extreme(axis, r, x, y, at, |a, b| a.lt(b));
}

/// As `max`, of integers.
pub fn max_i32(axis: &Axis, r: usize, x: &[i32], y: Option<&mut [i32]>, at: Option<&mut [i32]>) {
    extreme_i32(axis, r, x, y, at, |a, b| a > b);
}

/// As `min`, of integers.
pub fn min_i32(axis: &Axis, r: usize, x: &[i32], y: Option<&mut [i32]>, at: Option<&mut [i32]>) {
    extreme_i32(axis, r, x, y, at, |a, b| a < b);
}

#[inline(always)]
fn extreme_i32(
    &Axis { outer, inner, apart }: &Axis, r: usize, x: &[i32], mut y: Option<&mut [i32]>, mut at: Option<&mut [i32]>,
    beats: impl Fn(i32, i32) -> bool,
) {
    for i in 0..outer * inner {
        let start = i / inner * r * apart + i % inner;
        let (mut best, mut place) = (x[start], 0);
        for k in 1..r {
            let value = x[start + k * apart];
            if beats(value, best) {
                (best, place) = (value, k as i32);
            }
        }
        if let Some(y) = y.as_deref_mut() {
            y[i] = best;
        }
        if let Some(at) = at.as_deref_mut() {
            at[i] = place;
        }
    }
}

#[inline(always)]
fn extreme(
    &Axis { outer, inner, apart }: &Axis, r: usize, x: &[f32], mut y: Option<&mut [f32]>, mut at: Option<&mut [i32]>,
    beats: impl Fn(F32x4, F32x4) -> I32x4 + Copy,
) {
    for o in 0..outer {
        let x = &x[o * r * apart..];
        let mut put = |i: usize, value: f32, index: i32| {
            if let Some(y) = y.as_deref_mut() {
                y[o * inner + i] = value;
            }
            if let Some(at) = at.as_deref_mut() {
                at[o * inner + i] = index;
            }
        };
        if apart == 1 {
            let (value, index) = best_of_row(&x[..r], beats);
            put(0, value, index);
            continue;
        }
        for i in (0..inner).step_by(4) {
            let width = (inner - i).min(4);
            let read = |k: usize| F32x4::from_partial(&x[k * apart + i..], width);
            let mut best = Best { value: read(0), at: I32x4::splat(0) };
            for k in 1..r {
                best = better(best, Best { value: read(k), at: I32x4::splat(k as i32) }, beats);
            }
            let (values, indices) = (best.value.to_array(), best.at.to_array());
            for j in 0..width {
                put(i + j, values[j], indices[j]);
            }
        }
    }
}

/// Lane by lane `new`, where it beats `old` or is NaN and `old` is not.
#[inline(always)]
fn better(old: Best, new: Best, beats: impl Fn(F32x4, F32x4) -> I32x4) -> Best {
    let mask = beats(new.value, old.value) | (new.value.ne(new.value) & old.value.eq(old.value));
    Best { value: F32x4::select(mask, new.value, old.value), at: I32x4::select(mask, new.at, old.at) }
}

#[inline(always)]
fn best_of_row(x: &[f32], beats: impl Fn(F32x4, F32x4) -> I32x4 + Copy) -> (f32, i32) {
    let (lanes, rest) = x.as_chunks::<4>();
    let mut best = Best { value: F32x4::splat(x[0]), at: I32x4::splat(0) };
    let mut at = I32x4::from_array([0, 1, 2, 3]);
    for lanes in lanes {
        best = better(best, Best { value: F32x4::read(lanes), at }, beats);
        at = at + I32x4::splat(4);
    }
    // What is left over stands in its lanes; the other lanes repeat element 0, which beats nothing.
    let tail = core::array::from_fn(|i| *rest.get(i).unwrap_or(&x[0]));
    best = better(best, Best { value: F32x4::from_array(tail), at }, beats);
    // Fold the lanes: of equals, the first index.
    let fold = |best: Best, other: Best| {
        let tie = other.value.eq(best.value) | (other.value.ne(other.value) & best.value.ne(best.value));
        let y = better(best, other, beats);
        Best { value: y.value, at: I32x4::select(tie, best.at.min(other.at), y.at) }
    };
    let turn2 =
        Best { value: best.value.shuffle::<2, 3, 0, 1>(best.value), at: best.at.shuffle::<2, 3, 0, 1>(best.at) };
    let best = fold(best, turn2);
    let turn1 =
        Best { value: best.value.shuffle::<1, 0, 3, 2>(best.value), at: best.at.shuffle::<1, 0, 3, 2>(best.at) };
    let best = fold(best, turn1);
    (best.value.lane::<0>(), best.at.lane::<0>())
}
