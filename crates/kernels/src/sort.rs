//! Order: the first elements of sorted rows, and running sums.

use core::cmp::Ordering;
use core::ops::AddAssign;

use crate::reduce::saturated;

/// The order of two places of a row: by number, NaN the largest; of equals, the earlier place first.
#[inline(always)]
#[allow(clippy::eq_op)] // NaN alone is not equal to itself
fn order<T: Copy + PartialOrd>(x: &[T], descending: bool, a: i32, b: i32) -> Ordering {
    let (p, q) = (x[a as usize], x[b as usize]);
    let by_number = p.partial_cmp(&q).unwrap_or_else(|| (p != p).cmp(&(q != q)));
    (if descending { by_number.reverse() } else { by_number }).then(a.cmp(&b))
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

/// The first k ≤ n of each row of n, sorted: y their values, `at` their places. Stable; NaN is the largest. Below n, a
/// heap of k holds the best so far: n log k steps.
pub fn topk<T: Copy + PartialOrd>(x: &[T], y: &mut [T], at: &mut [i32], [rows, n, k]: [usize; 3], descending: bool) {
    if k == 0 {
        return;
    }
    for row in 0..rows {
        let x = &x[row * n..(row + 1) * n];
        let at = &mut at[row * k..(row + 1) * k];
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
        y[row * k..(row + 1) * k].iter_mut().zip(at).for_each(|(y, at)| *y = x[*at as usize]);
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
pub fn cumsum<T: Running>(x: &[T], y: &mut [T], [outer, n, inner]: [usize; 3], backwards: bool) {
    for o in 0..outer {
        for j in (0..inner).step_by(8) {
            let width = (inner - j).min(8);
            let mut sums = [T::Sum::default(); 8];
            for i in 0..n {
                let start = (o * n + if backwards { n - 1 - i } else { i }) * inner + j;
                let (x, y) = (&x[start..start + width], &mut y[start..start + width]);
                for ((s, x), y) in sums.iter_mut().zip(x).zip(y) {
                    *s += x.widen();
                    *y = T::round(*s);
                }
            }
        }
    }
}
