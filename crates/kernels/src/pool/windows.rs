//! Maxima of windows of K × K inside the image: four columns of outputs at a time, walked down. The maximum of a row of
//! the window is found once, for all windows that share it.
//!
//! 3 × 3 at steps of 2 takes 1.0 ns an output, 2.1 with taps (AMD EPYC, simd128, Node 20, on a busy machine).
//!
//! A comparison with NaN is lost, so the numbers are added up beside: the sum of all is NaN if one of them is. (It is NaN
//! for infinities of both signs too, which costs time and nothing else.)

use super::max::Tap;
use super::{taps, Pool2d};
use crate::simd::{fours, F32x4, I32x4};
use core::ops::Range;

/// The maxima of four runs of K numbers, and which number of its run each is.
type Largest = (F32x4, I32x4);

/// y and `at` for the given rows and columns, at least four, of a plane; false if one of their numbers may be NaN.
pub fn largest<T: Tap, const K: usize, const S: usize>(
    g: &Pool2d, [rows, columns]: &[Range<usize>; 2], x: &[f32], y: &mut [f32], mut at: Option<&mut [T]>,
) -> bool {
    if rows.is_empty() {
        return true;
    }
    let mut sums = F32x4::zero();
    assert!((rows.end - 1) * S + K <= g.h + g.ph && (columns.end - 1) * S + K <= g.w + g.pw);
    assert!(x.len() >= g.h * g.w && rows.end * g.ow <= y.len() && columns.end <= g.ow);
    for j in fours(columns.len()).map(|j| columns.start + j) {
        // SAFETY: the windows of the four columns lie inside the image, so that p is in it and so are K rows of 3S + K
        // numbers for every row of outputs.
        let (p, o) = ((rows.start * S - g.ph) * g.w + j * S - g.pw, rows.start * g.ow + j);
        let sum = unsafe {
            match &mut at {
                Some(at) => {
                    assert!(rows.end * g.ow <= at.len());
                    walk_with_taps::<T, K, S>(
                        x.as_ptr().add(p),
                        g.w,
                        rows.len(),
                        y.as_mut_ptr().add(o),
                        &mut at[o..],
                        g.ow,
                    )
                }
                None => walk::<K, S>(x.as_ptr().add(p), g.w, rows.len(), y.as_mut_ptr().add(o), g.ow),
            }
        };
        sums = sums + sum;
    }
    sums.to_array().iter().all(|sum| !sum.is_nan())
}

#[inline(never)]
unsafe fn walk<const K: usize, const S: usize>(
    mut x: *const f32, w: usize, rows: usize, mut y: *mut f32, ow: usize,
) -> F32x4 {
    let mut sum = F32x4::zero();
    let mut row = |x: *const f32| {
        let taps = taps::<K, S>(x);
        sum = sum + total(taps);
        taps.into_iter().reduce(F32x4::pmax).expect("a tap")
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
        kept.into_iter().reduce(F32x4::pmax).expect("a row").store(y);
        y = y.add(ow);
        for u in 0..K.saturating_sub(S) {
            kept[u] = kept[u + S];
        }
    }
    sum
}

#[inline(never)]
unsafe fn walk_with_taps<T: Tap, const K: usize, const S: usize>(
    mut x: *const f32, w: usize, rows: usize, mut y: *mut f32, at: &mut [T], ow: usize,
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
    for i in 0..rows {
        for u in K.saturating_sub(S)..K {
            kept[u] = row(x);
            x = x.add(w);
        }
        let (mut best, mut tap) = kept[0];
        for u in 1..K {
            let (value, place) = kept[u];
            let wins = best.lt(value).as_f32();
            best = best.pmax(value);
            let place = (place + I32x4::splat((u * K) as i32)).as_f32();
            tap = F32x4::select(wins.bits(), place, tap.as_f32()).bits();
        }
        best.store(y);
        T::write4(tap, at[i * ow..].first_chunk_mut().expect("four elements"));
        y = y.add(ow);
        for u in 0..K.saturating_sub(S) {
            kept[u] = kept[u + S];
        }
    }
    sum
}

#[inline(always)]
fn total<const K: usize>(x: [F32x4; K]) -> F32x4 {
    x.into_iter().reduce(|a, b| a + b).expect("a number")
}

/// The largest of K, and the first place it is at.
#[inline(always)]
fn first_largest<const K: usize>(x: [F32x4; K]) -> Largest {
    let best = x.into_iter().reduce(F32x4::pmax).expect("a number");
    // The last place, or the one before it, or …: where x[v] = best, everything after v is forgotten.
    let mut place = I32x4::splat(K as i32 - 1);
    for v in (0..K - 1).rev() {
        let here = x[v].eq(best);
        place = if v == 0 { place & !here } else { place + here };
    }
    (best, place)
}
