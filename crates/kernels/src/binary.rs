//! y = f(a, b) with broadcasting: y is dense, a and b have any strides.

use core::cell::Cell;

use crate::cells::broadcast;
pub use crate::cells::Geometry;
use crate::math;
use crate::simd::{F32x4, I32x4};

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
        #[cfg_attr(not(feature = "small"), inline(always))]
        pub fn $name(a: &[Cell<$x>], b: &[Cell<$x>], y: &[Cell<$y>], geometry: Geometry) {
            broadcast::<$x, $x, $y>(a, b, y, geometry, $f);
        }
    )*};
}

binary!(kernels);
