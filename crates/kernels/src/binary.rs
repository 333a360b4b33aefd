//! y = f(a, b) with broadcasting: y is dense, a and b have any strides.

use core::cell::Cell;

use crate::cells::{zip_blocks, Each, Element, Zip};
use crate::math;
use crate::simd::{F32x4, I32x4};

/// A 4-D index space and where a's and b's elements lie in it.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    pub n: [usize; 4],
    /// a[0, 0, 0, 0] and the strides of a.
    pub a: (usize, [isize; 4]),
    pub b: (usize, [isize; 4]),
}

/// How many elements are gathered at a time of what does not lie dense: 1 KB, so that starting a block costs little. A
/// million and a scalar at 0.25 ns an element, where 64 take 0.56.
const BLOCK: usize = 256;

/// y = f(a, b) over the index space, row by row.
#[inline(never)] // shared by the kernels
fn broadcast<A: Element, B: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], y: &[Cell<Y>], geometry: Geometry, f: &dyn Zip<A, B, Y>,
) {
    if (geometry.a.1[3], geometry.b.1[3]) == (1, 1) {
        geometry.each_row(y, &mut |y, i, j| zip_blocks(&a[i..], &b[j..], y, f));
    } else {
        gathered(a, b, y, geometry, f);
    }
}

/// The same where rows of a or b do not lie dense.
#[inline(never)] // its blocks are for those who need them
fn gathered<A: Element, B: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], y: &[Cell<Y>], geometry: Geometry, f: &dyn Zip<A, B, Y>,
) {
    let (x, z) = ([const { Cell::new(A::ZERO) }; BLOCK], [const { Cell::new(B::ZERO) }; BLOCK]);
    let (sa, sb) = (geometry.a.1[3], geometry.b.1[3]);
    geometry.each_row(y, &mut |y, i, j| {
        for (k, y) in y.chunks(BLOCK).enumerate() {
            let a = operand(a, i, sa, k * BLOCK, &x[..y.len()]);
            let b = operand(b, j, sb, k * BLOCK, &z[..y.len()]);
            zip_blocks(a, b, y, f);
        }
    });
}

impl Geometry {
    /// Calls f(row of y, its first element in a, in b) for each row.
    #[inline(never)]
    fn each_row<Y: Element>(&self, y: &[Cell<Y>], f: &mut dyn FnMut(&[Cell<Y>], usize, usize)) {
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

/// The elements x[start + (done + k) · step] of a row: where they lie, or gathered in `block`.
#[inline(never)] // shared by the kernels
fn operand<'a, T: Element>(
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

/// `name, "name" in JavaScript, X => Y: f;` for y = f(a, b) with a, b of type X.
#[macro_export]
macro_rules! binary {
    ($then:path $(, $more:tt)*) => {
        $then! {
            $($more)*
            add, "add", f32 => f32: |a, b| a + b;
            sub, "sub", f32 => f32: |a, b| a - b;
            mul, "mul", f32 => f32: |a, b| a * b;
            div, "div", f32 => f32: |a, b| a / b;
            pow, "pow", f32 => f32: pow4;
            maximum, "maximum", f32 => f32: F32x4::max;
            minimum, "minimum", f32 => f32: F32x4::min;
            eq, "eq", f32 => u8: |a, b| truth(a.eq(b));
            ne, "ne", f32 => u8: |a, b| truth(a.ne(b));
            lt, "lt", f32 => u8: |a, b| truth(a.lt(b));
            le, "le", f32 => u8: |a, b| truth(a.le(b));
            gt, "gt", f32 => u8: |a, b| truth(a.gt(b));
            ge, "ge", f32 => u8: |a, b| truth(a.ge(b));
            add_i32, "addI32", i32 => i32: |a, b| a + b;
            sub_i32, "subI32", i32 => i32: |a, b| a - b;
            mul_i32, "mulI32", i32 => i32: |a, b| a * b;
            maximum_i32, "maximumI32", i32 => i32: I32x4::max;
            minimum_i32, "minimumI32", i32 => i32: I32x4::min;
            eq_i32, "eqI32", i32 => u8: |a, b| truth(a.eq(b));
            ne_i32, "neI32", i32 => u8: |a, b| truth(!a.eq(b));
            lt_i32, "ltI32", i32 => u8: |a, b| truth(a.lt(b));
            le_i32, "leI32", i32 => u8: |a, b| truth(!a.gt(b));
            gt_i32, "gtI32", i32 => u8: |a, b| truth(a.gt(b));
            ge_i32, "geI32", i32 => u8: |a, b| truth(!a.lt(b));
        }
    };
}

/// A mask as 0 and 1.
#[inline(always)]
fn truth(mask: I32x4) -> I32x4 {
    mask.shr_unsigned(31)
}

#[inline(never)] // large, and called for several vectors in step
fn pow4(a: F32x4, b: F32x4) -> F32x4 {
    let (a, b) = (a.to_array(), b.to_array());
    F32x4::from_array(core::array::from_fn(|i| math::pow(a[i], b[i])))
}

macro_rules! kernels {
    ($($name:ident, $js:literal, $x:ty => $y:ty: $f:expr;)*) => {$(
        #[doc = $js]
        pub fn $name(a: &[Cell<$x>], b: &[Cell<$x>], y: &[Cell<$y>], geometry: Geometry) {
            broadcast(a, b, y, geometry, &Each::two::<$x, $x, $y>($f));
        }
    )*};
}

binary!(kernels);
