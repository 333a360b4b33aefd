//! Sums along axes.

use crate::axis::Axis;
use crate::simd::F32x4;

/// A vector, or several that are added at a time.
pub(crate) trait Terms: Copy {
    fn zero() -> Self;
    fn plus(self, other: Self) -> Self;
}

impl Terms for F32x4 {
    #[inline(always)]
    fn zero() -> Self {
        F32x4::zero()
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }
}

impl<const N: usize> Terms for [F32x4; N] {
    #[inline(always)]
    fn zero() -> Self {
        [F32x4::zero(); N]
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        core::array::from_fn(|i| self[i] + other[i])
    }
}

/// A sum in pairwise order: what is added is merged like the digits of a binary counter, so that each value takes part
/// in about log₂ additions, and rounding errors grow like log n instead of n.
pub(crate) struct Pairwise<T = F32x4> {
    partial: [T; 32],
    count: usize,
}

impl<T: Terms> Pairwise<T> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { partial: [T::zero(); 32], count: 0 }
    }

    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn add(&mut self, mut x: T) {
        self.count += 1;
        let level = self.count.trailing_zeros() as usize;
        for partial in &self.partial[..level] {
            x = partial.plus(x);
        }
        self.partial[level] = x;
    }

    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn total(&self) -> T {
        let mut y = T::zero();
        let mut rest = self.count;
        while rest != 0 {
            y = self.partial[rest.trailing_zeros() as usize].plus(y);
            rest &= rest - 1;
        }
        y
    }

    /// The total, and nothing is left.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> T {
        let y = self.total();
        self.count = 0;
        y
    }
}

impl Pairwise {
    /// Adds a row, 64 elements a time in four chains.
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn add_row(&mut self, row: &[f32]) {
        let (blocks, row) = row.as_chunks::<64>();
        for block in blocks {
            let (lanes, _) = block.as_chunks::<4>();
            let mut s: [F32x4; 4] = core::array::from_fn(|i| F32x4::read(&lanes[i]));
            for lanes in lanes[4..].as_chunks::<4>().0 {
                for (s, lanes) in s.iter_mut().zip(lanes) {
                    *s = *s + F32x4::read(lanes);
                }
            }
            self.add((s[0] + s[1]) + (s[2] + s[3]));
        }
        let (lanes, rest) = row.as_chunks::<4>();
        if lanes.is_empty() && rest.is_empty() {
            return;
        }
        let mut s = F32x4::from_partial(rest, rest.len());
        for lanes in lanes {
            s = s + F32x4::read(lanes);
        }
        self.add(s);
    }
}

/// Rows of up to so many numbers are added up without merging.
pub(crate) const SHORT: usize = 64;

/// The sums of every fourth element of a short row.
#[inline(always)]
fn short_row(x: &[f32]) -> F32x4 {
    let (lanes, rest) = x.as_chunks::<4>();
    let rest = match rest {
        [] if !cfg!(feature = "small") => F32x4::zero(),
        _ => F32x4::from_partial(rest, rest.len()),
    };
    lanes.iter().fold(rest, |s, x| s + F32x4::read(x))
}

/// The sum of a row, pairwise.
pub(crate) fn row_sum(x: &[f32]) -> f32 {
    if x.len() <= SHORT {
        return short_row(x).sum();
    }
    let mut sum = Pairwise::new();
    sum.add_row(x);
    sum.total().sum()
}

/// Of how many outputs of [`sum`] a part is made: whole rows of n1, or of one row some columns.
pub fn sum_grain([n0, _, n1, r1]: [usize; 4]) -> usize {
    match (n0, r1) {
        (1, 1) => WIDE,
        (1, _) => 1,
        _ => n1.max(1),
    }
}

/// x [n0, r0, n1, r1] → y = scale · Σ over r0 and r1, of the outputs [n0, n1] some from number `first` on: all, or whole
/// grains.
pub fn sum(x: &[f32], y: &mut [f32], [n0, r0, n1, r1]: [usize; 4], scale: f32, first: usize) {
    if r0 * r1 == 0 {
        y.fill(scale * 0.0); // NaN of a mean over nothing, whose scale is 1/0
    } else if r1 == 1 && n1 > 1 {
        if n0 == 1 {
            return column_sums(x, n1, first, y, scale);
        }
        for (y, i) in y.chunks_exact_mut(n1).zip(first / n1..) {
            column_sums(&x[i * r0 * n1..(i + 1) * r0 * n1], n1, 0, y, scale);
        }
    } else if r0 == 1 || n1 == 1 {
        for (x, y) in x.chunks_exact(r0 * r1).skip(first).zip(y) {
            *y = scale * row_sum(x);
        }
    } else {
        // Row by row: `sum_blocked` adds in the same order.
        let [mut sum, mut row] = [Pairwise::new(), Pairwise::new()];
        for (y, i) in y.iter_mut().zip(first..) {
            for r in 0..r0 {
                let x = &x[((i / n1 * r0 + r) * n1 + i % n1) * r1..][..r1];
                sum.add(if r1 <= SHORT {
                    short_row(x)
                } else {
                    row.add_row(x);
                    row.take()
                });
            }
            *y = scale * sum.take().sum();
        }
    }
}

/// The columns of a strip: a line of the cache.
const WIDE: usize = 16;

/// x [r, n] → y = scale · Σ over r, of the columns from `first` on, a multiple of 16: in strips of 16 columns, then 4; the
/// last strip of the whole reaches back over the one before.
fn column_sums(x: &[f32], n: usize, first: usize, y: &mut [f32], scale: f32) {
    if n < 4 {
        for (j, y) in y.iter_mut().enumerate() {
            let mut sum = Pairwise::new();
            for rows in x.chunks(16 * n) {
                sum.add(F32x4::splat(rows.chunks_exact(n).map(|row| row[j]).sum()));
            }
            *y = scale * sum.total().lane::<0>();
        }
        return;
    }
    let (strips, rest) = y.as_chunks_mut::<WIDE>();
    let wide = first + strips.len() * WIDE;
    for (y, j) in strips.iter_mut().zip((first..).step_by(WIDE)) {
        let (y, _) = y.as_chunks_mut::<4>();
        for (y, sum) in y.iter_mut().zip(strip_sums::<4>(x, n, j)) {
            (sum * F32x4::splat(scale)).write(y);
        }
    }
    for (y, j) in rest.chunks_mut(4).zip((wide..).step_by(4)) {
        let at = j.min(n - 4);
        let [sum] = strip_sums::<1>(x, n, at);
        y.copy_from_slice(&(sum * F32x4::splat(scale)).to_array()[j - at..][..y.len()]);
    }
}

/// The sums of 4 · N columns from `first` on, 8 rows at a time and these pairwise.
#[inline(always)]
fn strip_sums<const N: usize>(x: &[f32], n: usize, first: usize) -> [F32x4; N] {
    let mut sums = Pairwise::new();
    for rows in x.chunks(8 * n) {
        let mut s = [F32x4::zero(); N];
        for row in rows.chunks_exact(n) {
            for (i, s) in s.iter_mut().enumerate() {
                *s = *s + F32x4::from_slice(&row[first + 4 * i..]);
            }
        }
        sums.add(s);
    }
    sums.total()
}

/// The i32 nearest to x.
#[inline(always)]
pub(crate) fn saturated(x: i64) -> i32 {
    x.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// x [n0, r0, n1, r1] → y [n0, n1] = Σ over r0 and r1, or the end of the range of i32 that is nearest to it; the
/// axis, that of r0, is between n0 and n1.
pub fn sum_i32(&Axis { outer: n0, inner: n1, apart }: &Axis, [r0, r1]: [usize; 2], x: &[i32], y: &mut [i32]) {
    for i in 0..n0 {
        for (j, y) in (0..n1).step_by(8).zip(y[i * n1..(i + 1) * n1].chunks_mut(8)) {
            let mut totals = [0; 8];
            for r in 0..r0 {
                for (total, j) in totals[..y.len()].iter_mut().zip(j..) {
                    let row = ((i * r0 + r) * apart + j) * r1;
                    *total += x[row..row + r1].iter().map(|&x| i64::from(x)).sum::<i64>();
                }
            }
            y.iter_mut().zip(totals).for_each(|(y, total)| *y = saturated(total));
        }
    }
}
