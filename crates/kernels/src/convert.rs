//! Conversions to and from the element types that are stored and not computed with: f64, i64, i8 and the two floats of 16
//! bits, of which Rust sees the bits.

/// `name, "name" in JavaScript, X => Y: f;` for each conversion. Floats are rounded to nearest, ties to even; to integers
/// the fraction is cut off and what does not fit becomes the nearest that does, NaN 0.
#[macro_export]
macro_rules! conversions {
    ($then:path $(, $more:tt)*) => {
        $then! {
            $($more)*
            f64_to_f32, "f64ToF32", f64 => f32: |x| x as f32;
            f64_to_i32, "f64ToI32", f64 => i32: |x| x as i32;
            f64_to_i64, "f64ToI64", f64 => i64: |x| x as i64;
            f64_to_i8, "f64ToI8", f64 => i8: |x| x as i8;
            f64_to_u8, "f64ToU8", f64 => u8: |x| x as u8;
            f64_to_bool, "f64ToBool", f64 => u8: |x| u8::from(x != 0.0);
            f64_to_f16, "f64ToF16", f64 => u16: |x| $crate::convert::half($crate::convert::odd(x));
            f64_to_bf16, "f64ToBf16", f64 => u16: |x| $crate::convert::brain($crate::convert::odd(x));
            f32_to_f64, "f32ToF64", f32 => f64: f64::from;
            i32_to_f64, "i32ToF64", i32 => f64: f64::from;
            i64_to_f64, "i64ToF64", i64 => f64: |x| x as f64;
            i64_to_f32, "i64ToF32", i64 => f32: |x| x as f32;
            i64_to_i32, "i64ToI32", i64 => i32: |x| x.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
            f32_to_i64, "f32ToI64", f32 => i64: |x| x as i64;
            i32_to_i64, "i32ToI64", i32 => i64: i64::from;
            i8_to_i32, "i8ToI32", i8 => i32: i32::from;
            i32_to_i8, "i32ToI8", i32 => i8: |x| x.clamp(i8::MIN.into(), i8::MAX.into()) as i8;
            f16_to_f32, "f16ToF32", u16 => f32: $crate::convert::from_half;
            f32_to_f16, "f32ToF16", f32 => u16: $crate::convert::half;
            bf16_to_f32, "bf16ToF32", u16 => f32: |x| f32::from_bits(u32::from(x) << 16);
            f32_to_bf16, "f32ToBf16", f32 => u16: $crate::convert::brain;
        }
    };
}

macro_rules! kernels {
    ($($name:ident, $js:literal, $x:ty => $y:ty: $f:expr;)*) => {$(
        #[doc = $js]
        pub fn $name(x: &[$x], y: &mut [$y]) {
            map(x, y, $f);
        }
    )*};
}

conversions!(kernels);

#[inline(always)]
fn map<X: Copy, Y>(x: &[X], y: &mut [Y], f: impl Fn(X) -> Y) {
    for (x, y) in x.iter().zip(y) {
        *y = f(*x);
    }
}

const SIGN: u32 = 1 << 31;
const INFINITE: u32 = 0xff << 23;

/// IEEE 754 binary16 has 5 bits of exponent with bias 15 and 10 of fraction; f32 has 8 with bias 127, and 23.
const SHIFT: u32 = 23 - 10;
const REBIAS: u32 = 127 - 15;

/// The value of a binary16. Its exponent and fraction, read as an f32, are 2⁻¹¹² of it, subnormals too.
#[inline(always)]
pub fn from_half(x: u16) -> f32 {
    let x = u32::from(x);
    let magnitude = (x & 0x7fff) << SHIFT;
    let scaled = (f32::from_bits(magnitude) * f32::from_bits((127 + REBIAS) << 23)).to_bits();
    let bits = if x & 0x7c00 == 0x7c00 { magnitude | INFINITE } else { scaled };
    f32::from_bits(bits | (x & 0x8000) << 16)
}

/// The nearest binary16, of two the even one; NaN stays NaN.
#[inline(always)]
pub fn half(x: f32) -> u16 {
    let bits = x.to_bits();
    let magnitude = bits & !SIGN;
    // Below 2⁻¹⁴ halves are multiples of 2⁻²⁴, as is the last bit of floats around 1/2: the sum is rounded to one.
    let small = (f32::from_bits(magnitude) + 0.5).to_bits().wrapping_sub(0.5f32.to_bits());
    let normal = nearest(magnitude, SHIFT).wrapping_sub(REBIAS << 10);
    let finite = if magnitude < (127 - 14) << 23 { small } else { normal };
    // From halfway between the largest half and 2¹⁶ on.
    let infinite = if magnitude >= 65520f32.to_bits() { 0x7c00 } else { finite };
    let magnitude = if magnitude > INFINITE { 0x7e00 | magnitude >> SHIFT & 0x3ff } else { infinite };
    (magnitude | (bits & SIGN) >> 16) as u16
}

/// The nearest bfloat16 (the upper half of an f32), of two the even one; NaN stays NaN.
#[inline(always)]
pub fn brain(x: f32) -> u16 {
    let bits = x.to_bits();
    let rounded = nearest(bits, 16);
    (if bits & !SIGN > INFINITE { bits >> 16 | 0x40 } else { rounded }) as u16
}

/// x cut off to an f32, whose last bit is 1 where that was a loss. Rounded once more, to fewer bits, this gives what x
/// would (Boldo & Melquiond 2008); an f32 nearest to x may be a tie that x is not.
#[inline(always)]
pub fn odd(x: f64) -> f32 {
    let nearest = x as f32;
    let value = f64::from(nearest);
    if value == x || x.is_nan() {
        return nearest;
    }
    let away = u32::from(value.abs() > x.abs());
    f32::from_bits((nearest.to_bits() - away) | 1)
}

/// x / 2ⁿ rounded to the nearest whole number, of two the even one.
#[inline(always)]
fn nearest(x: u32, n: u32) -> u32 {
    x.wrapping_add((1 << (n - 1)) - 1 + (x >> n & 1)) >> n
}
