//! Arithmetic and bitwise operators, lane by lane.

use core::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Sub};

use super::{F32x4, F64x4, I32x4};

macro_rules! operator {
    ($vector:ident, $($trait:ident $method:ident $function:expr),*) => {$(
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                self.zip(b, $function)
            }
        }
    )*};
}

operator!(F32x4, Add add f32::add, Sub sub f32::sub, Mul mul f32::mul, Div div f32::div);
operator!(F64x4, Add add f64::add, Sub sub f64::sub, Mul mul f64::mul, Div div f64::div);
operator!(I32x4, Add add i32::wrapping_add, Sub sub i32::wrapping_sub, Mul mul i32::wrapping_mul);
operator!(I32x4, BitAnd bitand i32::bitand, BitOr bitor i32::bitor, BitXor bitxor i32::bitxor);
