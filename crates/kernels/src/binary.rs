//! y = f(a, b) with broadcasting: y is dense, a and b have any strides.

use core::cell::Cell;

use crate::cells::{map, zip, Element};
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

/// y = f(a, b) over the index space, row by row.
#[inline(always)]
fn broadcast<A: Element, B: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], y: &[Cell<Y>], geometry: Geometry, f: impl Fn(A::Vector, B::Vector) -> Y::Vector,
) {
    let Geometry { n: [n0, n1, n2, n], a: (a_start, sa), b: (b_start, sb) } = geometry;
    if n0 * n1 * n2 * n == 0 {
        return;
    }
    let mut rows = y[..n0 * n1 * n2 * n].chunks_exact(n);
    for i0 in 0..n0 as isize {
        for i1 in 0..n1 as isize {
            for i2 in 0..n2 as isize {
                let at = |start: usize, s: [isize; 4]| start.wrapping_add_signed(i0 * s[0] + i1 * s[1] + i2 * s[2]);
                let (Some(y), i, j) = (rows.next(), at(a_start, sa), at(b_start, sb)) else { return };
                match (sa[3], sb[3]) {
                    (1, 1) => zip(&a[i..], &b[j..], y, &f),
                    (1, 0) => {
                        let b = B::splat(b[j].get());
                        map(&a[i..], y, |a| f(a, b));
                    }
                    (0, 1) => {
                        let a = A::splat(a[i].get());
                        map(&b[j..], y, |b| f(a, b));
                    }
                    (step_a, step_b) => {
                        // Otherwise both are gathered, so many elements at a time.
                        const BLOCK: usize = 64;
                        let (x, z) = ([const { Cell::new(A::ZERO) }; BLOCK], [const { Cell::new(B::ZERO) }; BLOCK]);
                        for (k, y) in y.chunks(BLOCK).enumerate() {
                            let start = |i: usize, step: isize| i.wrapping_add_signed((k * BLOCK) as isize * step);
                            gather(a, start(i, step_a), step_a, &x[..y.len()]);
                            gather(b, start(j, step_b), step_b, &z[..y.len()]);
                            zip(&x, &z, y, &f);
                        }
                    }
                }
            }
        }
    }
}

/// y[k] = x[start + k · step]
#[inline(never)]
fn gather<T: Element>(x: &[Cell<T>], start: usize, step: isize, y: &[Cell<T>]) {
    for (k, y) in y.iter().enumerate() {
        y.set(x[start.wrapping_add_signed(k as isize * step)].get());
    }
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

fn pow4(a: F32x4, b: F32x4) -> F32x4 {
    let (a, b) = (a.to_array(), b.to_array());
    F32x4::from_array(core::array::from_fn(|i| math::pow(a[i], b[i])))
}

macro_rules! kernels {
    ($($name:ident, $js:literal, $x:ty => $y:ty: $f:expr;)*) => {$(
        #[doc = $js]
        pub fn $name(a: &[Cell<$x>], b: &[Cell<$x>], y: &[Cell<$y>], geometry: Geometry) {
            broadcast::<$x, $x, $y>(a, b, y, geometry, $f);
        }
    )*};
}

binary!(kernels);
