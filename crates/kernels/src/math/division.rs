//! Division with a remainder, one lane at a time.

use crate::simd::{F32x4, I32x4};

/// a − b · trunc(a / b), which is exact; NaN where a is infinite or b is 0.
fn fmod(a: f32, b: f32) -> f32 {
    let (mut x, y) = (f64::from(a.abs()), f64::from(b.abs()));
    if !(y > 0.0 && x < f64::INFINITY) {
        return f32::NAN;
    }
    while x >= y {
        // y 2ᵏ goes into x fewer than 2²⁸ times, so that the multiple is exact.
        let k = ((x / y).to_bits() >> 52).saturating_sub(1023 + 27);
        let step = y * f64::from_bits((1023 + k) << 52);
        x -= (x / step) as i64 as f64 * step;
        if x < 0.0 {
            x += step; // the quotient was rounded up
        }
    }
    (x as f32).copysign(a)
}

/// What has the divisor's sign.
fn remainder(a: f32, b: f32) -> f32 {
    let r = fmod(a, b);
    if r != 0.0 && (r < 0.0) != (b < 0.0) {
        r + b
    } else {
        r
    }
}

/// ⌊a / b⌋ such that a = b ⌊a / b⌋ + remainder, as far as f32 goes.
fn floor_divide(a: f32, b: f32) -> f32 {
    let (r, quotient) = (fmod(a, b), a / b);
    if b == 0.0 {
        return quotient;
    }
    let down = if r != 0.0 && (r < 0.0) != (b < 0.0) { 1.0 } else { 0.0 };
    let q = F32x4::splat((a - r) / b - down).round().lane::<0>();
    if q == 0.0 {
        0f32.copysign(quotient)
    } else {
        q
    }
}

macro_rules! lanes {
    ($vector:ident $type:ty: $($name:ident $function:expr;)*) => {$(
        #[inline(never)] // large, and called for several vectors in step
        pub fn $name(a: $vector, b: $vector) -> $vector {
            let f: fn($type, $type) -> $type = $function;
            let (a, b) = (a.to_array(), b.to_array());
            $vector::from_array(core::array::from_fn(|i| f(a[i], b[i])))
        }
    )*};
}

lanes! { F32x4 f32: fmod4 fmod; remainder4 remainder; floor_divide4 floor_divide; }

fn fmod_i32(a: i32, b: i32) -> i32 {
    if b == 0 {
        0
    } else {
        a.wrapping_rem(b)
    }
}

fn remainder_i32(a: i32, b: i32) -> i32 {
    let r = fmod_i32(a, b);
    if r != 0 && (r ^ b) < 0 {
        r + b
    } else {
        r
    }
}

fn divide_i32(a: i32, b: i32) -> i32 {
    if b == 0 {
        0
    } else {
        a.wrapping_div(b)
    }
}

// Divided by 0: 0, and −2³¹ / −1 wraps around. Shifts beyond the width leave no bit but the sign's.
lanes! { I32x4 i32:
    div_i32x4 divide_i32;
    fmod_i32x4 fmod_i32;
    remainder_i32x4 remainder_i32;
    floor_divide_i32x4 |a, b| divide_i32(a, b) - i32::from(remainder_i32(a, b) != fmod_i32(a, b));
    shift_left_i32x4 |a, b| if (0..32).contains(&b) { a.wrapping_shl(b as u32) } else { 0 };
    shift_right_i32x4 |a, b| a >> if (0..32).contains(&b) { b } else { 31 };
}
