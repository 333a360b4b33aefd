//! Maxima of windows of K × K inside the image: four columns of outputs at a time, walked down. The maximum of a row of
//! the window is found once, for all windows that share it.
//!
//! A comparison with NaN is lost, so the numbers are added up beside: the sum of all is NaN if one of them is. (It is NaN
//! for infinities of both signs too, which costs time and nothing else.)

use super::argmax::ARGMAX;
use super::geometry::Pool2d;
use super::vectors::{eight, taps};
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
    let at = at.filter(|_| ARGMAX).map(|at| {
        assert!(rows.end * g.ow <= at.len());
        at.as_mut_ptr()
    });
    let (x, y) = (x.as_ptr(), y.as_mut_ptr());
    let mut sum = F32x4::zero();
    // SAFETY: the windows of four columns lie inside the image, so that the first tap is in it and so are K rows of
    // 3S + K numbers for every row of outputs.
    unsafe {
        let first = x.add((rows.start * S - g.ph) * g.w).wrapping_sub(g.pw);
        if S == 2 && (at.is_none() || K == 2) {
            let (first, o) = (first.wrapping_add(columns.start * S), rows.start * g.ow + columns.start);
            sum = match at {
                Some(at) => halve::<true>(first, g.w, rows.len(), columns.len(), y.add(o), at.add(o), g.ow),
                None if K == 2 => {
                    halve::<false>(first, g.w, rows.len(), columns.len(), y.add(o), core::ptr::null_mut(), g.ow)
                }
                None => thirds(first, g.w, rows.len(), columns.len(), y.add(o), g.ow),
            };
            if K == 3 {
                let x = first.wrapping_add(rows.len() * S * g.w);
                for j in fours(2 * columns.len() + 1) {
                    sum = sum + F32x4::load(x.add(j));
                }
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

/// Rows of n ≥ 4 windows of 2 × 2, side by side, and the sum of their numbers.
#[inline(never)]
unsafe fn halve<const TAPS: bool>(
    mut x: *const f32, w: usize, rows: usize, n: usize, mut y: *mut f32, mut at: *mut u8, ow: usize,
) -> F32x4 {
    let mut sum = F32x4::zero();
    for _ in 0..rows {
        // Pointers that step, so that every load has a constant offset.
        let (mut top, mut bottom, mut out, mut taps) = (x, x.add(w), y, at);
        let end = y.add(n - n % 8);
        while out < end {
            sum = sum + halve_block::<2, TAPS>(top, bottom, out, taps);
            (top, bottom, out) = (top.add(16), bottom.add(16), out.add(8));
            if TAPS {
                taps = taps.add(8);
            }
        }
        let rest = n % 8;
        if rest > 4 {
            sum = sum + halve_block::<1, TAPS>(top, bottom, out, taps);
        }
        if rest > 0 {
            let j = n - 4;
            sum = sum + halve_block::<1, TAPS>(x.add(2 * j), x.add(2 * j + w), y.add(j), at.wrapping_add(j));
        }
        (x, y) = (x.add(2 * w), y.add(ow));
        if TAPS {
            at = at.add(ow);
        }
    }
    sum
}

/// 4V windows of 2 × 2.
#[inline(always)]
unsafe fn halve_block<const V: usize, const TAPS: bool>(
    top: *const f32, bottom: *const f32, y: *mut f32, at: *mut u8,
) -> F32x4 {
    let mut sums = [F32x4::zero(); V];
    for v in 0..V {
        let ([a, b], [c, d]) = (eight(top, 4 * v), eight(bottom, 4 * v));
        sums[v] = (a + b) + (c + d);
        if TAPS {
            let row = |a: F32x4, b: F32x4| first_largest([a.shuffle::<0, 2, 4, 6>(b), a.shuffle::<1, 3, 5, 7>(b)]);
            let (best, tap) = largest_row([row(a, b), row(c, d)]);
            best.store(y.add(4 * v));
            (I32x4::splat(0) - tap).write_u8(&mut *at.add(4 * v).cast());
        } else {
            let (left, right) = (a.larger(c), b.larger(d));
            left.shuffle::<0, 2, 4, 6>(right).larger(left.shuffle::<1, 3, 5, 7>(right)).store(y.add(4 * v));
        }
    }
    total(sums)
}

/// Rows of n ≥ 4 windows of 3 × 3, two columns apart, and the sum of their upper two rows; the third is the first of
/// the windows below. The maximum of each column of pixels is found first, for both windows that share it.
#[inline(never)]
unsafe fn thirds(mut x: *const f32, w: usize, rows: usize, n: usize, mut y: *mut f32, ow: usize) -> F32x4 {
    // Those that do not end the row: their twelfth column is in it too.
    let whole = (n - 2) / 4 * 4;
    let mut sum = F32x4::zero();
    for _ in 0..rows {
        let first = [x, x.add(w), x.add(2 * w)];
        let ([mut low], s) = columns(first, [0]);
        let (mut lines, mut out) = (first, y);
        let end = y.add(whole);
        sum = sum + s;
        while out < end {
            let ([high, next], s) = columns(lines, [4, 8]);
            sum = sum + s;
            let (even, odd) = (low.shuffle::<0, 2, 4, 6>(high), low.shuffle::<1, 3, 5, 7>(high));
            even.larger(odd).larger(even.shuffle::<1, 2, 3, 4>(next)).store(out);
            low = next;
            lines = lines.map(|line| line.add(8));
            out = out.add(4);
        }
        // Two to five are left.
        if whole + 4 < n {
            sum = sum + thirds_block(first, whole, y);
        }
        sum = sum + thirds_block(first, n - 4, y);
        (x, y) = (x.add(2 * w), y.add(ow));
    }
    sum
}

/// The maxima of V times four columns, and the sum of their upper two pixels.
#[inline(always)]
unsafe fn columns<const V: usize>([a, b, c]: [*const f32; 3], at: [usize; V]) -> ([F32x4; V], F32x4) {
    let (mut largest, mut sums) = ([F32x4::zero(); V], [F32x4::zero(); V]);
    for v in 0..V {
        let (upper, middle) = (F32x4::load(a.add(at[v])), F32x4::load(b.add(at[v])));
        largest[v] = upper.larger(middle).larger(F32x4::load(c.add(at[v])));
        sums[v] = upper + middle;
    }
    (largest, total(sums))
}

/// The four windows from j on, alone.
#[inline(always)]
unsafe fn thirds_block(lines: [*const f32; 3], j: usize, y: *mut f32) -> F32x4 {
    let ([low, high, last], sum) = columns(lines, [0, 4, 5].map(|v| 2 * j + v));
    let (even, odd) = (low.shuffle::<0, 2, 4, 6>(high), low.shuffle::<1, 3, 5, 7>(high));
    even.larger(odd).larger(even.shuffle::<1, 2, 3, 7>(last)).store(y.add(j));
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
