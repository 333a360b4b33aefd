//! Arithmetic and bitwise operators, lane by lane.

use core::arch::wasm32::*;
use core::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Sub};

use super::{F32x4, F64x4, I32x4};

macro_rules! operator {
    ($vector:ident, $($trait:ident $method:ident $instruction:ident),*) => {$(
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                Self($instruction(self.0, b.0))
            }
        }
    )*};
}

operator!(F32x4, Add add f32x4_add, Sub sub f32x4_sub, Mul mul f32x4_mul, Div div f32x4_div);
macro_rules! f64_operator {
    ($($trait:ident $method:ident $instruction:ident),*) => {$(
        impl $trait for F64x4 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                self.zip(b, |a, b| $instruction(a, b))
            }
        }
    )*};
}

f64_operator!(Add add f64x2_add, Sub sub f64x2_sub, Mul mul f64x2_mul, Div div f64x2_div);
operator!(I32x4, Add add i32x4_add, Sub sub i32x4_sub, Mul mul i32x4_mul);
operator!(I32x4, BitAnd bitand v128_and, BitOr bitor v128_or, BitXor bitxor v128_xor);
