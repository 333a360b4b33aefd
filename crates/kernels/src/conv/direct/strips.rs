//! 3 × 3 filters of one plane at stride 1 or 2: four columns of outputs at a time, walked down. Every row of the image is
//! loaded once, for all rows of outputs it has a part in; inside the image it is read in place.

use crate::conv::geometry::Window;
use crate::simd::{runs, F32x4};

/// Columns of a strip.
const COLUMNS: usize = 4;
/// Numbers of a row of the image that are loaded for a strip.
const SPAN: [usize; 2] = [6, 10];
/// Numbers between rows of a strip that is copied.
const PITCH: usize = 12;

/// Rows of outputs walked at a time: what the strips of a line of cache share stays in L1. Each walk has to start anew:
/// with 64, planes of 112 × 112 take 3 to 8 % longer.
const ROWS: usize = 128;

pub fn fits(window: &Window) -> bool {
    let Window { c, h, k, kh, kw, oh, ow, sh, sw, dh, dw, top, .. } = *window;
    let fits = [c, k, kh, kw, dh, dw] == [1, 1, 3, 3, 1, 1] && ow >= COLUMNS && sh == sw;
    fits && (sh == 2 || (sh == 1 && (0..3).contains(&top) && oh <= h + top as usize))
}

/// Numbers of buffer that [`correlate`] needs.
pub fn buffer(window: &Window) -> usize {
    window.h * PITCH
}

pub fn correlate(window: &Window, x: &[f32], w: &[f32; 9], y: &mut [f32], buffer: &mut [f32]) {
    let Window { h, w: width, oh, ow, sw, left, top, .. } = *window;
    assert!(x.len() >= h * width && y.len() >= oh * ow && buffer.len() >= h * PITCH);
    let y = y.as_mut_ptr();
    let walk = |j: usize, rows: (usize, usize), x: *const f32, pitch: usize, [left, right]: [bool; 2]| {
        // SAFETY: x has h rows of as many numbers as are loaded, y oh rows of four from column j on.
        unsafe {
            match (sw == 1, left, right) {
                (true, false, false) => walk::<false, false>(h, top as usize, rows, x, pitch, w, y.add(j), ow),
                (true, true, _) => walk::<true, false>(h, top as usize, rows, x, pitch, w, y.add(j), ow),
                (true, false, true) => walk::<false, true>(h, top as usize, rows, x, pitch, w, y.add(j), ow),
                (false, ..) => walk_by_two(h, top, rows, x, pitch, w, y.add(j), ow),
            }
        }
    };
    let bands = || (0..oh).step_by(ROWS).map(|i| (i, oh.min(i + ROWS)));
    let first = |j: usize| (j * sw) as isize - left;
    // Columns of a strip that lie outside on the left and on the right.
    let outside = |j: usize| [-first(j), first(j) + SPAN[sw - 1] as isize - width as isize].map(|n| n.max(0));
    // At a stride of 1, what one of them would give can be shifted in.
    let in_place = |j: usize| outside(j).iter().sum::<isize>() <= if sw == 1 { 1 } else { 0 };
    for rows in bands() {
        for j in runs(ow, COLUMNS).filter(|&j| in_place(j)) {
            walk(j, rows, x.as_ptr().wrapping_offset(first(j)), width, outside(j).map(|n| n == 1));
        }
    }
    for j in runs(ow, COLUMNS).filter(|&j| !in_place(j)) {
        edge(x, width, first(j), SPAN[sw - 1], buffer);
        for rows in bands() {
            walk(j, rows, buffer.as_ptr(), PITCH, [false; 2]);
        }
    }
}

/// Columns [first, first + span) of the image, which may lie outside.
#[inline(never)]
fn edge(x: &[f32], width: usize, first: isize, span: usize, out: &mut [f32]) {
    let skip = (-first).clamp(0, span as isize) as usize;
    let from = first.clamp(0, width as isize) as usize;
    let count = (span - skip).min(width - from);
    for (out, x) in out.as_chunks_mut::<PITCH>().0.iter_mut().zip(x.chunks_exact(width)) {
        let x = &x[from..from + count];
        *out = [0.0; PITCH];
        if count < 4 {
            for (out, x) in out[skip..].iter_mut().zip(x) {
                *out = *x;
            }
        } else {
            for at in runs(count, 4) {
                F32x4::from_slice(&x[at..]).write(out[skip + at..].first_chunk_mut().expect("four numbers"));
            }
        }
    }
}

/// Four columns of the outputs in rows [first, end), of an image of h rows below `top` ≤ 2 of zeros. The first number of
/// a row of the strip, or the last, may be outside the image: it is 0.
#[inline(never)]
unsafe fn walk<const LEFT: bool, const RIGHT: bool>(
    h: usize, top: usize, (first, end): (usize, usize), x: *const f32, pitch: usize, w: &[f32; 9], y: *mut f32,
    y_pitch: usize,
) {
    let w = w.map(F32x4::splat);
    // Sums of the two rows of outputs that the rows of the image so far have begun.
    let (mut next, mut last) = (F32x4::zero(), F32x4::zero());
    let start = first.saturating_sub(top);
    let mut row = x.wrapping_add(start * pitch);
    let mut out = y.add(first * y_pitch);
    // The row of the image that completes the first output.
    let completing = (first + 2).saturating_sub(top).max(start);
    let stop = h.min(end + 2 - top);
    for _ in start..completing.min(stop) {
        (_, next, last) = add_row::<LEFT, RIGHT>(&w, row, next, last);
        row = row.wrapping_add(pitch);
    }
    for _ in completing..stop {
        let sum;
        (sum, next, last) = add_row::<LEFT, RIGHT>(&w, row, next, last);
        row = row.wrapping_add(pitch);
        sum.store(out);
        out = out.add(y_pitch);
    }
    // What rows below the image would complete.
    let open = end + 2 - top - stop.max(completing);
    if open > 0 && stop >= completing {
        next.store(out);
        out = out.add(y_pitch);
    }
    if open > 1 || stop < completing {
        last.store(out);
    }
}

/// Adds a row of the image to the sums of three rows of outputs, of which it completes the first.
#[inline(always)]
unsafe fn add_row<const LEFT: bool, const RIGHT: bool>(
    w: &[F32x4; 9], row: *const f32, sum: F32x4, next: F32x4,
) -> (F32x4, F32x4, F32x4) {
    let (b, zero) = (F32x4::load(row.wrapping_add(1)), F32x4::zero());
    let a = if LEFT { zero.shuffle::<0, 4, 5, 6>(b) } else { F32x4::load(row) };
    let c = if RIGHT { b.shuffle::<1, 2, 3, 4>(zero) } else { F32x4::load(row.wrapping_add(2)) };
    let sum = c.mul_add(w[8], b.mul_add(w[7], a.mul_add(w[6], sum)));
    let next = c.mul_add(w[5], b.mul_add(w[4], a.mul_add(w[3], next)));
    (sum, next, c.mul_add(w[2], b.mul_add(w[1], a * w[0])))
}

/// The same for a stride of 2.
#[inline(never)]
unsafe fn walk_by_two(
    h: usize, top: isize, (first, end): (usize, usize), x: *const f32, pitch: usize, w: &[f32; 9], y: *mut f32,
    y_pitch: usize,
) {
    let w = w.map(F32x4::splat);
    let zeros = [0.0; SPAN[1]];
    // Every second column from each of three on.
    let row = |i: isize| {
        let row = if (0..h as isize).contains(&i) { x.add(i as usize * pitch) } else { zeros.as_ptr() };
        let [a, b, c, d] = [0, 4, 2, 6].map(|v| F32x4::load(row.add(v)));
        [a.shuffle::<0, 2, 4, 6>(b), a.shuffle::<1, 3, 5, 7>(b), c.shuffle::<0, 2, 4, 6>(d)]
    };
    let mut i = 2 * first as isize - top;
    let [a, b, c] = row(i);
    let mut next = c.mul_add(w[2], b.mul_add(w[1], a * w[0]));
    for o in first..end {
        let [a, b, c] = row(i + 1);
        let sum = c.mul_add(w[5], b.mul_add(w[4], a.mul_add(w[3], next)));
        let [a, b, c] = row(i + 2);
        let sum = c.mul_add(w[8], b.mul_add(w[7], a.mul_add(w[6], sum)));
        next = c.mul_add(w[2], b.mul_add(w[1], a * w[0]));
        sum.store(y.add(o * y_pitch));
        i += 2;
    }
}
