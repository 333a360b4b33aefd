//! Conversions of stored elements: 16-bit floats against their definition and a search among neighbours, integers
//! against checked conversions.

mod check;

use check::Random;
use phyllo_kernels::convert::*;

/// The value of a float of `fraction` bits and `exponent` bits, by the definition of IEEE 754.
fn value(word: u16, exponent: u32, fraction: u32) -> f64 {
    let sign = if word >> 15 == 1 { -1.0 } else { 1.0 };
    let e = i32::from(word >> fraction) & ((1 << exponent) - 1);
    let f = f64::from(word & ((1 << fraction) - 1)) / f64::from(1 << fraction);
    let bias = (1 << (exponent - 1)) - 1;
    match e {
        0 => sign * f * 2f64.powi(1 - bias),
        e if e == (1 << exponent) - 1 => {
            if f == 0.0 {
                sign * f64::INFINITY
            } else {
                f64::NAN
            }
        }
        e => sign * (1.0 + f) * 2f64.powi(e - bias),
    }
}

fn one<X, Y: Default + Copy>(f: impl Fn(&[X], &mut [Y]), x: X) -> Y {
    let mut y = [Y::default()];
    f(&[x], &mut y);
    y[0]
}

/// Checks `narrow` for x: none of the words beside it is nearer, and of two as near it is the even one. Beyond the
/// largest, what would come next stands for infinity.
fn check_nearest(x: f64, word: u16, exponent: u32, fraction: u32) {
    let infinity = ((1u16 << exponent) - 1) << fraction;
    if x.is_nan() {
        assert!(word & 0x7fff > infinity, "{x} gave {word:#x}");
        return;
    }
    assert_eq!(word >> 15 == 1, x.is_sign_negative(), "sign of {x}");
    let magnitude = word & 0x7fff;
    assert!(magnitude <= infinity, "{x} gave {word:#x}");
    let of = |word: u16| {
        if word == infinity {
            value(infinity - 1, exponent, fraction)
                + (value(infinity - 1, exponent, fraction) - value(infinity - 2, exponent, fraction))
        } else {
            value(word, exponent, fraction)
        }
    };
    let x = x.abs();
    if x == f64::INFINITY || magnitude == infinity {
        assert_eq!(magnitude, infinity, "{x} gave {word:#x}");
        assert!(x >= (of(infinity) + of(infinity - 1)) / 2.0, "{x} gave infinity");
        return;
    }
    let far = (x - of(magnitude)).abs();
    for beside in [magnitude.wrapping_sub(1), magnitude + 1] {
        if beside > infinity {
            continue;
        }
        let other = (x - of(beside)).abs();
        assert!(far < other || (far == other && magnitude & 1 == 0), "{x:e} gave {word:#x}, {beside:#x} is nearer");
    }
}

#[test]
fn every_word_of_sixteen_bits_has_its_value_and_comes_back() {
    for word in 0..=u16::MAX {
        for (wide, narrow, exponent, fraction) in [
            (f16_to_f32 as fn(&[u16], &mut [f32]), f32_to_f16 as fn(&[f32], &mut [u16]), 5, 10),
            (bf16_to_f32, f32_to_bf16, 8, 7),
        ] {
            let expected = value(word, exponent, fraction);
            let x = one(wide, word);
            if expected.is_nan() {
                assert!(x.is_nan() && value(one(narrow, x), exponent, fraction).is_nan(), "{word:#x}");
            } else {
                assert_eq!(f64::from(x).to_bits(), expected.to_bits(), "{word:#x}");
                assert_eq!(one(narrow, x), word);
            }
        }
    }
}

#[test]
fn floats_become_the_nearest_of_sixteen_bits() {
    let mut random = Random::new(16);
    let mut xs =
        vec![0.0, f32::INFINITY, f32::NAN, f32::from_bits(0x7f800001), f32::MAX, f32::MIN_POSITIVE, 65519.996, 65520.0];
    // Each half, each value halfway to the next, and the floats beside it.
    for word in 0..0x7c00u16 {
        let half = value(word, 5, 10) as f32;
        let tie = ((value(word, 5, 10) + value(word + 1, 5, 10)) / 2.0) as f32;
        for x in [half, tie] {
            xs.extend([x, f32::from_bits(x.to_bits() + 1), f32::from_bits(x.to_bits().saturating_sub(1))]);
        }
    }
    for word in 0..=0x7f80u32 {
        xs.extend([0x7fff, 0x8000, 0x8001].map(|low| f32::from_bits(word << 16 | low)));
    }
    for _ in 0..100_000 {
        xs.push(f32::from_bits((random.below(1 << 16) << 16 | random.below(1 << 16)) as u32));
    }
    for x in xs.into_iter().flat_map(|x| [x, -x]) {
        check_nearest(x.into(), one(f32_to_f16, x), 5, 10);
        check_nearest(x.into(), one(f32_to_bf16, x), 8, 7);
        // Beside it, where an f32 would be x.
        for x in [-1.0, 1.0].map(|sign| f64::from(x) * (1.0 + sign * 2f64.powi(-40))) {
            check_nearest(x, one(f64_to_f16, x), 5, 10);
            check_nearest(x, one(f64_to_bf16, x), 8, 7);
        }
    }
}

#[test]
fn integers_that_do_not_fit_become_the_nearest_that_do() {
    let numbers = [0, 1, -1, 126, 127, 128, -127, -128, -129, 1 << 24, (1 << 24) + 1];
    let wide =
        [i64::from(i32::MAX), 1 << 31, i64::from(i32::MIN), -(1 << 31) - 1, 1 << 53, (1 << 53) + 1, i64::MAX, i64::MIN];
    for x in numbers.into_iter().chain(wide) {
        let nearest = i32::try_from(x).unwrap_or(if x < 0 { i32::MIN } else { i32::MAX });
        assert_eq!(one(i64_to_i32, x), nearest);
        assert_eq!(one(i32_to_i64, nearest), i64::from(nearest));
        assert_eq!(one(i32_to_f64, nearest), f64::from(nearest));
        assert_eq!(i64::from(one(i32_to_i8, nearest)), i64::from(nearest).clamp(-128, 127));
        // Rounded by decimal digits.
        assert_eq!(one(i64_to_f32, x), x.to_string().parse::<f32>().unwrap());
        assert_eq!(one(i64_to_f64, x), x.to_string().parse::<f64>().unwrap());
    }
    for x in i8::MIN..=i8::MAX {
        assert_eq!(one(i8_to_i32, x).to_string(), x.to_string());
    }
    let cut = [
        (0.9, 0),
        (-0.9, 0),
        (-1.5, -1),
        (2147483648.0, 2147483648),
        (1e30, i64::MAX),
        (-1e30, i64::MIN),
        (f64::NAN, 0),
    ];
    for (x, whole) in cut {
        assert_eq!(one(f64_to_i64, x), whole);
        assert_eq!(one(f32_to_i64, x as f32), whole);
        assert_eq!(one(f64_to_i32, x), one(i64_to_i32, whole));
        assert_eq!(i64::from(one(f64_to_i8, x)), whole.clamp(-128, 127));
        assert_eq!(i64::from(one(f64_to_u8, x)), whole.clamp(0, 255));
        assert_eq!(one(f64_to_bool, x), 1);
    }
    assert_eq!(one(f64_to_i32, 16777217.0), 16777217);
    assert_eq!(one(f64_to_u8, 254.9999999999), 254);
    assert_eq!((one(f64_to_bool, 1e-300), one(f64_to_bool, -0.0)), (1, 0));
    assert_eq!(one(f64_to_f32, 1.0 + 2f64.powi(-24)), 1.0);
    assert_eq!(one(f64_to_f32, 1.0 + 3.0 * 2f64.powi(-24)), 1.0 + 2f32.powi(-22));
    assert_eq!(one(f32_to_f64, 0.1), f64::from(0.1f32));
}
