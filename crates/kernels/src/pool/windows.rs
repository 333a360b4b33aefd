//! Maxima of windows of K × K inside the image: four columns of outputs at a time, walked down. The maximum of a row of
//! the window is found once, for all windows that share it.
//!
//! A comparison with NaN is lost, so the numbers are added up beside: the sum of all is NaN if one of them is. (It is NaN
//! for infinities of both signs too, which costs time and nothing else.)

use super::{eight, taps, Pool2d};
use crate::simd::{fours, F32x4, I32x4};
use core::ops::Range;

/// The maxima of four runs of K numbers, and which number of its run each is, negated: masks are −1, so that places are
/// added up from them without constants.
pub type Largest = (F32x4, I32x4);

/// y and `at` for the given rows and columns, at least four, of a plane; false if one of their numbers may be NaN.
pub fn largest<const K: usize, const S: usize>(
    g: &Pool2d, [rows, columns]: &[Range<usize>; 2], x: &[f32], y: &mut [f32], at: Option<&mut [u8]>,
) -> bool {
    if rows.is_empty() {
        return true;
    }
    assert!((rows.end - 1) * S + K <= g.h + g.ph && (columns.end - 1) * S + K <= g.w + g.pw);
    assert!(x.len() >= g.h * g.w && rows.end * g.ow <= y.len() && columns.end <= g.ow);
    let at = at.map(|at| {
        assert!(rows.end * g.ow <= at.len());
        at.as_mut_ptr()
    });
    let (x, y) = (x.as_ptr(), y.as_mut_ptr());
    let mut sum = F32x4::zero();
    // SAFETY: the windows of four columns lie inside the image, so that the first tap is in it and so are K rows of
    // 3S + K numbers for every row of outputs.
    unsafe {
        let first = x.add((rows.start * S - g.ph) * g.w).wrapping_sub(g.pw);
        if K == 2 && S == 2 && at.is_none() {
            for i in 0..rows.len() {
                let x = first.wrapping_add(i * S * g.w + columns.start * S);
                sum = sum + halve(x, g.w, columns.len(), y.add((rows.start + i) * g.ow + columns.start));
            }
        } else {
            for j in fours(columns.len()).map(|j| columns.start + j) {
                let (x, o) = (first.wrapping_add(j * S), rows.start * g.ow + j);
                sum = sum
                    + match at {
                        Some(at) => walk_with_taps::<K, S>(x, g.w, rows.len(), y.add(o), at.add(o), g.ow),
                        None => walk::<K, S>(x, g.w, rows.len(), y.add(o), g.ow),
                    };
            }
        }
    }
    sum.to_array().iter().all(|sum| !sum.is_nan())
}

/// A row of n ≥ 4 windows of 2 × 2, side by side.
#[inline(never)]
unsafe fn halve(x: *const f32, w: usize, n: usize, y: *mut f32) -> F32x4 {
    let mut sum = F32x4::zero();
    for j in fours(n) {
        let ([a, b], [c, d]) = (eight(x, j), eight(x.add(w), j));
        sum = sum + ((a + b) + (c + d));
        let (left, right) = (a.larger(c), b.larger(d));
        left.shuffle::<0, 2, 4, 6>(right).larger(left.shuffle::<1, 3, 5, 7>(right)).store(y.add(j));
    }
    sum
}

#[inline(never)]
unsafe fn walk<const K: usize, const S: usize>(
    mut x: *const f32, w: usize, rows: usize, mut y: *mut f32, ow: usize,
) -> F32x4 {
    let mut sum = F32x4::zero();
    let mut row = |x: *const f32| {
        let taps = taps::<K, S>(x);
        sum = sum + total(taps);
        taps.into_iter().reduce(F32x4::larger).expect("a tap")
    };
    // The maxima of rows that the next window shares with the one before it.
    let mut kept = [F32x4::zero(); K];
    for u in 0..K.saturating_sub(S) {
        kept[u] = row(x);
        x = x.add(w);
    }
    for _ in 0..rows {
        for u in K.saturating_sub(S)..K {
            kept[u] = row(x);
            x = x.add(w);
        }
        kept.into_iter().reduce(F32x4::larger).expect("a row").store(y);
        y = y.add(ow);
        for u in 0..K.saturating_sub(S) {
            kept[u] = kept[u + S];
        }
    }
    sum
}

#[inline(never)]
unsafe fn walk_with_taps<const K: usize, const S: usize>(
    mut x: *const f32, w: usize, rows: usize, mut y: *mut f32, mut at: *mut u8, ow: usize,
) -> F32x4 {
    let mut sum = F32x4::zero();
    let mut row = |x: *const f32| {
        let taps = taps::<K, S>(x);
        sum = sum + total(taps);
        first_largest(taps)
    };
    let mut kept: [Largest; K] = [(F32x4::zero(), I32x4::splat(0)); K];
    for u in 0..K.saturating_sub(S) {
        kept[u] = row(x);
        x = x.add(w);
    }
    for _ in 0..rows {
        for u in K.saturating_sub(S)..K {
            kept[u] = row(x);
            x = x.add(w);
        }
        let (best, tap) = largest_row(kept);
        best.store(y);
        (I32x4::splat(0) - tap).write_u8(&mut *at.cast());
        (y, at) = (y.add(ow), at.add(ow));
        for u in 0..K.saturating_sub(S) {
            kept[u] = kept[u + S];
        }
    }
    sum
}

#[inline(always)]
pub fn total<const K: usize>(x: [F32x4; K]) -> F32x4 {
    x.into_iter().reduce(|a, b| a + b).expect("a number")
}

/// The largest of K numbers.
#[inline(always)]
pub fn first_largest<const K: usize>(x: [F32x4; K]) -> Largest {
    let (mut best, mut place) = (x[0], I32x4::splat(0));
    for v in 1..K {
        let wins = best.lt(x[v]);
        best = F32x4::select(wins, x[v], best);
        place = (place & !wins) + times(wins, v);
    }
    (best, place)
}

/// The largest of K · K numbers, given those of its rows.
#[inline(always)]
pub fn largest_row<const K: usize>(rows: [Largest; K]) -> Largest {
    let (mut best, mut place) = rows[0];
    for u in 1..K {
        let wins = best.lt(rows[u].0);
        best = F32x4::select(wins, rows[u].0, best);
        place = F32x4::select(wins, rows[u].1.as_f32(), place.as_f32()).bits() + times(wins, u * K);
    }
    (best, place)
}

/// n · x, n ≤ 6.
#[inline(always)]
fn times(x: I32x4, n: usize) -> I32x4 {
    match n {
        1 => x,
        2 => x + x,
        3 => x + x + x,
        4 => times(x + x, 2),
        _ => times(x + x + x, n / 3),
    }
}
