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
            pow, "pow", f32 => f32: math::pow;
            maximum, "maximum", f32 => f32: F32x4::max;
            minimum, "minimum", f32 => f32: F32x4::min;
            atan2, "atan2", f32 => f32: math::atan2;
            hypot, "hypot", f32 => f32: math::hypot;
            copysign, "copysign", f32 => f32: math::copysign;
            fmod, "fmod", f32 => f32: math::fmod4;
            remainder, "remainder", f32 => f32: math::remainder4;
            floor_divide, "floorDivide", f32 => f32: math::floor_divide4;
            eq, "eq", f32 => u8: |a, b| truth(a.eq(b));
            ne, "ne", f32 => u8: |a, b| truth(a.ne(b));
            lt, "lt", f32 => u8: |a, b| truth(a.lt(b));
            le, "le", f32 => u8: |a, b| truth(a.le(b));
            gt, "gt", f32 => u8: |a, b| truth(a.gt(b));
            ge, "ge", f32 => u8: |a, b| truth(a.ge(b));
            add_i32, "addI32", i32 => i32: |a, b| a + b;
            sub_i32, "subI32", i32 => i32: |a, b| a - b;
            mul_i32, "mulI32", i32 => i32: |a, b| a * b;
            div_i32, "divI32", i32 => i32: math::div_i32x4;
            fmod_i32, "fmodI32", i32 => i32: math::fmod_i32x4;
            remainder_i32, "remainderI32", i32 => i32: math::remainder_i32x4;
            floor_divide_i32, "floorDivideI32", i32 => i32: math::floor_divide_i32x4;
            bitwise_and_i32, "bitwiseAndI32", i32 => i32: |a, b| a & b;
            bitwise_or_i32, "bitwiseOrI32", i32 => i32: |a, b| a | b;
            bitwise_xor_i32, "bitwiseXorI32", i32 => i32: |a, b| a ^ b;
            bitwise_left_shift_i32, "bitwiseLeftShiftI32", i32 => i32: math::shift_left_i32x4;
            bitwise_right_shift_i32, "bitwiseRightShiftI32", i32 => i32: math::shift_right_i32x4;
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
