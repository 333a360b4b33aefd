//! Where the elements of two broadcast operands lie.

use core::cell::Cell;

use super::Element;

/// A 4-D index space and where a's and b's elements lie in it. y is dense.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    pub n: [usize; 4],
    /// a[0, 0, 0, 0] and the strides of a.
    pub a: (usize, [isize; 4]),
    pub b: (usize, [isize; 4]),
}

/// How many elements of a strided row are gathered at a time: 1 KB, so that starting a block costs little. A million and
/// a scalar at 0.25 ns an element, where 64 take 0.56.
pub(super) const BLOCK: usize = 256;

impl Geometry {
    /// One row of n elements, and the distances from one to the next in a and b: 0 of a scalar.
    #[inline(always)]
    pub fn row(n: usize, (a, b): (isize, isize)) -> Self {
        Self { n: [1, 1, 1, n], a: (0, [0, 0, 0, a]), b: (0, [0, 0, 0, b]) }
    }

    /// Calls f(row of y, its first element in a, in b) for each row.
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn each_row<Y>(&self, y: &[Cell<Y>], mut f: impl FnMut(&[Cell<Y>], usize, usize)) {
        let Geometry { n: [n0, n1, n2, n], a: (a_start, sa), b: (b_start, sb) } = *self;
        if n0 * n1 * n2 * n == 0 {
            return;
        }
        let mut rows = y[..n0 * n1 * n2 * n].chunks_exact(n);
        for i0 in 0..n0 as isize {
            for i1 in 0..n1 as isize {
                for i2 in 0..n2 as isize {
                    let at = |start: usize, s: [isize; 4]| start.wrapping_add_signed(i0 * s[0] + i1 * s[1] + i2 * s[2]);
                    let Some(y) = rows.next() else { return };
                    f(y, at(a_start, sa), at(b_start, sb));
                }
            }
        }
    }
}

/// The elements x[start + (done + k) · step] of a row: where they lie if they are adjacent, else gathered in `block`.
#[inline(never)] // shared by the kernels
pub(super) fn gathered<'a, T: Element>(
    x: &'a [Cell<T>], start: usize, step: isize, done: usize, block: &'a [Cell<T>],
) -> &'a [Cell<T>] {
    match step {
        1 => return &x[start + done..],
        // A scalar stays what it was.
        0 if done > 0 => {}
        0 => block.iter().for_each(|y| y.set(x[start].get())),
        _ => {
            let start = start.wrapping_add_signed(done as isize * step);
            for (k, y) in block.iter().enumerate() {
                y.set(x[start.wrapping_add_signed(k as isize * step)].get());
            }
        }
    }
    block
}
