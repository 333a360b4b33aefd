//! Order: the first elements of sorted rows, and running sums.

use core::cell::Cell;
use core::cmp::Ordering;
use core::ops::AddAssign;

use crate::axis::Axis;
use crate::cells::own;
use crate::reduce::saturated;

/// The order of two places of a row: by number, NaN the largest; of equals, the earlier place first.
#[inline(always)]
#[allow(clippy::eq_op)] // NaN alone is not equal to itself
fn order<T: Copy + PartialOrd>(x: &[T], descending: bool, a: i32, b: i32) -> Ordering {
    let (p, q) = (x[a as usize], x[b as usize]);
    let by_number = p.partial_cmp(&q).unwrap_or_else(|| (p != p).cmp(&(q != q)));
    (if descending { by_number.reverse() } else { by_number }).then(a.cmp(&b))
}

/// Numbers whose order is that of unsigned integers.
pub trait Ordered: Copy + PartialOrd {
    /// Grows with the number. −0 and 0 are equal, and all NaNs, which are the largest.
    fn key(self) -> u32;
}

impl Ordered for f32 {
    #[inline(always)]
    fn key(self) -> u32 {
        let bits = (self + 0.0).to_bits(); // −0 + 0 is 0
        let key = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
        if self.is_nan() {
            u32::MAX
        } else {
            key
        }
    }
}

impl Ordered for i32 {
    #[inline(always)]
    fn key(self) -> u32 {
        self as u32 ^ 1 << 31
    }
}

/// Rows are sorted by digits from here on, if more than one in `FEW` of their elements are asked for. Nanoseconds an
/// element of a heap and of digits (Node 20, a busy machine, best of 12): of 2²⁰ numbers 1458 and 47, of 1024 202 and 22,
/// of 128 97 and 24; the first 64 of 1024 34 and 24, the first 16 of 256 18 and 17.
const LONG: usize = 32;
const FEW: usize = 16;

const fn by_digits(n: usize, k: usize) -> bool {
    n >= LONG && k > n / FEW
}

/// The elements of workspace that [`topk`] needs.
pub const fn topk_workspace(n: usize, k: usize) -> usize {
    if by_digits(n, k) {
        4 * n + 1
    } else {
        0
    }
}

/// The first k ≤ n of each row of n, sorted: y their values, `at` their places. Stable; NaN is the largest.
pub fn topk<T: Ordered>(
    x: &[T], y: &mut [T], at: &mut [i32], [rows, n, k]: [usize; 3], descending: bool, room: &mut [f32],
) {
    if k == 0 {
        return;
    }
    for row in 0..rows {
        let x = &x[row * n..(row + 1) * n];
        let at = &mut at[row * k..(row + 1) * k];
        if by_digits(n, k) {
            radix_sort(x, at, descending, room);
        } else {
            heap_sort(x, at, descending);
        }
        y[row * k..(row + 1) * k].iter_mut().zip(at).for_each(|(y, at)| *y = x[*at as usize]);
    }
}

/// The places of the first elements of x: keys, beside their places, are distributed by the lowest eight bits, then by the
/// next, each time in the order that they are found in: four times, but for digits that all share.
fn radix_sort<T: Ordered>(x: &[T], at: &mut [i32], descending: bool, room: &mut [f32]) {
    // SAFETY: every 64 bits are an integer.
    let pairs = unsafe { room.align_to_mut::<u64>().1 };
    let (mut from, rest) = pairs.split_at_mut(x.len());
    let mut to = &mut rest[..x.len()];
    let flip = if descending { u32::MAX } else { 0 };
    let mut counts = [[0u32; 256]; 4];
    for ((pair, &x), place) in from.iter_mut().zip(x).zip(0u32..) {
        let key = x.key() ^ flip;
        for (digit, counts) in counts.iter_mut().enumerate() {
            counts[(key >> (8 * digit)) as usize & 255] += 1;
        }
        *pair = u64::from(key) << 32 | u64::from(place);
    }
    for (digit, counts) in counts.iter_mut().enumerate() {
        let of = |pair: u64| (pair >> (32 + 8 * digit)) as usize & 255;
        if counts[of(from[0])] as usize == x.len() {
            continue;
        }
        let mut before = 0;
        for count in counts.iter_mut() {
            before += core::mem::replace(count, before);
        }
        for &pair in from.iter() {
            let place = &mut counts[of(pair)];
            to[*place as usize] = pair;
            *place += 1;
        }
        core::mem::swap(&mut from, &mut to);
    }
    at.iter_mut().zip(from).for_each(|(at, pair)| *at = *pair as u32 as i32);
}

/// The same for few of them: a heap holds the best so far, n log k steps.
fn heap_sort<T: Copy + PartialOrd>(x: &[T], at: &mut [i32], descending: bool) {
    let (n, k) = (x.len(), at.len());
    let before = |a: i32, b: i32| order(x, descending, a, b) == Ordering::Less;
    at.iter_mut().zip(0..).for_each(|(at, i)| *at = i);
    for i in (0..k / 2).rev() {
        sink(at, i, before);
    }
    for i in k as i32..n as i32 {
        if before(i, at[0]) {
            at[0] = i;
            sink(at, 0, before);
        }
    }
    for last in (1..k).rev() {
        at.swap(0, last);
        sink(&mut at[..last], 0, before);
    }
}

/// Lets the entry at `i` of a heap, whose last is on top, sink to its place.
fn sink(heap: &mut [i32], mut i: usize, before: impl Fn(i32, i32) -> bool) {
    loop {
        let mut child = 2 * i + 1;
        if child >= heap.len() {
            return;
        }
        if child + 1 < heap.len() && before(heap[child], heap[child + 1]) {
            child += 1;
        }
        if !before(heap[i], heap[child]) {
            return;
        }
        heap.swap(i, child);
        i = child;
    }
}

/// What running sums of a type are added up in: f64 for f32, so that only the results are rounded, and i64 for i32,
/// which they leave as the nearest end of its range.
pub trait Running: Copy {
    type Sum: Copy + Default + AddAssign;
    fn widen(self) -> Self::Sum;
    fn round(sum: Self::Sum) -> Self;
}

impl Running for f32 {
    type Sum = f64;

    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn round(sum: f64) -> f32 {
        sum as f32
    }
}

impl Running for i32 {
    type Sum = i64;

    #[inline(always)]
    fn widen(self) -> i64 {
        i64::from(self)
    }

    #[inline(always)]
    fn round(sum: i64) -> i32 {
        saturated(sum)
    }
}

/// x [outer, n, inner] → y[o, i, j] = Σ x[o, i′, j] over i′ ≤ i or, backwards, over i′ ≥ i. Eight columns at a time.
pub fn cumsum<T: Running>(axis: &Axis, n: usize, x: &[T], y: &[Cell<T>], backwards: bool) {
    let Axis { outer, inner, apart } = *axis;
    for o in 0..outer {
        for j in (0..inner).step_by(8) {
            let width = (inner - j).min(8);
            let mut sums = [T::Sum::default(); 8];
            for i in 0..n {
                let start = (o * n + if backwards { n - 1 - i } else { i }) * apart + j;
                let (x, y) = (&x[start..start + width], own(&y[start..start + width]));
                for ((s, x), y) in sums.iter_mut().zip(x).zip(y) {
                    *s += x.widen();
                    *y = T::round(*s);
                }
            }
        }
    }
}
