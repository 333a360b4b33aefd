//! Conversions between element types against f64.

mod check;

use std::cell::Cell;

use check::{cells, Guarded};
use phyllo_kernels::casts;
use phyllo_kernels::elementwise as kernels;

/// Numbers of an element type, as f64.
trait Number: Copy + PartialEq + std::fmt::Debug + 'static {
    const EDGES: &'static [Self];
    fn from_bits(bits: u32) -> Self;
    fn f64(self) -> f64;
    /// Truncated and saturated, but from i32 to u8 the low byte.
    fn convert(x: f64, whole: bool) -> Self;
}

impl Number for f32 {
    const EDGES: &'static [f32] =
        &[0.0, -0.0, 0.9, -0.9, 255.9, 256.0, -1.5, 3e9, -3e9, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    fn from_bits(bits: u32) -> f32 {
        f32::from_bits(bits)
    }
    fn f64(self) -> f64 {
        self.into()
    }
    fn convert(x: f64, _: bool) -> f32 {
        x as f32
    }
}

impl Number for i32 {
    const EDGES: &'static [i32] = &[0, 1, -1, 255, 256, 257, i32::MAX, i32::MIN, 16_777_217];
    fn from_bits(bits: u32) -> i32 {
        bits as i32
    }
    fn f64(self) -> f64 {
        self.into()
    }
    fn convert(x: f64, _: bool) -> i32 {
        x as i32
    }
}

impl Number for u8 {
    const EDGES: &'static [u8] = &[0, 1, 127, 128, 255];
    fn from_bits(bits: u32) -> u8 {
        bits as u8
    }
    fn f64(self) -> f64 {
        self.into()
    }
    fn convert(x: f64, whole: bool) -> u8 {
        if whole {
            x as i64 as u8
        } else {
            x as u8
        }
    }
}

fn test_cast<X: Number, Y: Number>(name: &str, f: fn(&[Cell<X>], &[Cell<Y>]), whole: bool) {
    for n in (0..=9).chain([31, 100_000]) {
        let bits = (0..n as u32).map(|i| X::from_bits(i.wrapping_mul(2_654_435_761)));
        let mut x: Vec<X> = X::EDGES.iter().copied().chain(bits).take(n).collect();
        let guard = Y::convert(77.0, false);
        let mut y = Guarded::filled(n, guard, guard);
        f(cells(&mut x), cells(y.slice()));
        for (&x, &y) in x.iter().zip(y.check(name)) {
            let exact = if name.ends_with("bool") {
                Y::convert(f64::from(u8::from(x.f64() != 0.0)), false)
            } else {
                Y::convert(x.f64(), whole)
            };
            assert!(y == exact || y.f64().is_nan() && exact.f64().is_nan(), "{name}({x:?}) = {y:?}, not {exact:?}");
        }
    }
}

macro_rules! each_cast {
    ($($name:ident, $js:literal, $x:ty => $y:ty: $f:expr;)*) => {
        $(test_cast::<$x, $y>(stringify!($name), kernels::$name, stringify!($x) == "i32");)*
    };
}

#[test]
fn casts_truncate_and_saturate() {
    casts!(each_cast);
}
