//! Broadcasting kernels against one loop over the index space.

mod check;

use std::cell::Cell;

use check::{Guarded, Random};
use phyllo_kernels::binary as kernels;
use phyllo_kernels::binary;
use phyllo_kernels::binary::Geometry;
use phyllo_kernels::math;
use phyllo_kernels::simd::F32x4;

fn cells<T>(x: &mut [T]) -> &[Cell<T>] {
    Cell::from_mut(x).as_slice_of_cells()
}

/// Where a strided operand begins, so that all of it lies behind, and how long it is.
fn reach(n: [usize; 4], s: [isize; 4]) -> (usize, usize) {
    let ends = |sign: isize| (0..4).map(|i| (n[i].max(1) - 1) * (sign * s[i]).max(0) as usize).sum::<usize>();
    (ends(-1), ends(-1) + ends(1) + 1)
}

/// Calls f(place in y, in a, in b) all over the index space.
fn each(g: &Geometry, mut f: impl FnMut(usize, usize, usize)) {
    let mut o = 0;
    for i0 in 0..g.n[0] as isize {
        for i1 in 0..g.n[1] as isize {
            for i2 in 0..g.n[2] as isize {
                for i3 in 0..g.n[3] as isize {
                    let at = |(start, s): (usize, [isize; 4])| {
                        start.wrapping_add_signed(i0 * s[0] + i1 * s[1] + i2 * s[2] + i3 * s[3])
                    };
                    f(o, at(g.a), at(g.b));
                    o += 1;
                }
            }
        }
    }
}

/// Shapes and strides: dense, repeated rows, columns and scalars, transposed, backwards, random.
fn geometries(random: &mut Random) -> Vec<Geometry> {
    let mut all = Vec::new();
    for n3 in (0..=9).chain([31, 64, 65, 130]) {
        let row = n3 as isize;
        for (n, strides) in [
            ([1, 1, 1, n3], [[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, -1], [0, 0, 0, 3]]),
            ([1, 1, 3, n3], [[0, 0, row, 1], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 1, 3]]),
            ([2, 3, 2, n3], [[6 * row, 2 * row, row, 1], [0, row, 0, 1], [1, 2, 6, 12], [0, 0, 0, 0]]),
        ] {
            for sa in strides {
                for sb in strides {
                    let (a, b) = ((reach(n, sa).0, sa), (reach(n, sb).0, sb));
                    all.push(Geometry { n, a, b });
                }
            }
        }
    }
    for _ in 0..100 {
        let n = std::array::from_fn(|_| random.below(5));
        let mut strides = || std::array::from_fn(|_| random.below(13) as isize - 6);
        let (sa, sb) = (strides(), strides());
        all.push(Geometry { n, a: (reach(n, sa).0, sa), b: (reach(n, sb).0, sb) });
    }
    all
}

/// Numbers with ties, zeros of both signs and, among floats, infinities and NaN.
trait Number: Copy + PartialEq + std::fmt::Debug + 'static {
    fn any(random: &mut Random) -> Self;
    fn same(self, other: Self) -> bool;
    /// Within a few ulp, where no more is promised.
    fn near(self, _: Self) -> bool {
        false
    }
    fn guard() -> [Self; 2];
}

impl Number for f32 {
    fn any(random: &mut Random) -> f32 {
        const EDGES: [f32; 8] = [0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 2.0];
        if random.below(2) == 0 {
            EDGES[random.below(8)]
        } else {
            8.0 * random.number()
        }
    }
    fn same(self, other: f32) -> bool {
        self.to_bits() == other.to_bits() || self.is_nan() && other.is_nan()
    }
    fn near(self, other: f32) -> bool {
        (self - other).abs() <= 3.0 * f32::EPSILON * other.abs()
    }
    fn guard() -> [f32; 2] {
        [f32::NAN, 12345.678]
    }
}

impl Number for i32 {
    fn any(random: &mut Random) -> i32 {
        [0, 1, -1, 7, i32::MAX, i32::MIN, random.below(1000) as i32][random.below(7)]
    }
    fn same(self, other: i32) -> bool {
        self == other
    }
    fn guard() -> [i32; 2] {
        [-77, 12345]
    }
}

impl Number for u8 {
    fn any(random: &mut Random) -> u8 {
        random.below(2) as u8
    }
    fn same(self, other: u8) -> bool {
        self == other
    }
    fn guard() -> [u8; 2] {
        [77, 99]
    }
}

type Kernel<X, Y> = fn(&[Cell<X>], &[Cell<X>], &[Cell<Y>], Geometry);

fn test<X: Number, Y: Number>(name: &str, kernel: Kernel<X, Y>, exact: impl Fn(X, X) -> Y) {
    let mut random = Random::new(1);
    for g in geometries(&mut random) {
        let [mut a, mut b] =
            [g.a.1, g.b.1].map(|s| (0..reach(g.n, s).1).map(|_| X::any(&mut random)).collect::<Vec<X>>());
        let [fill, guard] = Y::guard();
        let mut y = Guarded::filled(g.n.iter().product(), fill, guard);
        kernel(cells(&mut a), cells(&mut b), cells(y.slice()), g);
        let y = y.check(name);
        each(&g, |o, i, j| {
            let exact = exact(a[i], b[j]);
            let close = name == "atan2" && y[o].near(exact);
            assert!(close || y[o].same(exact), "{name}({:?}, {:?}) = {:?}, not {exact:?}, in {g:?}", a[i], b[j], y[o]);
        });
    }
}

/// Of NaN and a number, NaN; of zeros, −0 is the smaller.
fn larger(a: f32, b: f32) -> f32 {
    match a.partial_cmp(&b) {
        None => f32::NAN,
        Some(std::cmp::Ordering::Equal) => {
            if a.is_sign_negative() {
                b
            } else {
                a
            }
        }
        Some(_) => a.max(b),
    }
}

/// ⌊a / b⌋ and the remainder that goes with it.
fn floored(a: f32, b: f32) -> (f32, f32) {
    let (r, q) = (a % b, a / b);
    if b == 0.0 || r.is_nan() {
        return (if b == 0.0 { q } else { r }, r);
    }
    if r != 0.0 && (r < 0.0) != (b < 0.0) {
        return (((a - r) / b - 1.0).round_ties_even(), r + b);
    }
    let whole = ((a - r) / b).round_ties_even();
    (if whole == 0.0 { 0f32.copysign(q) } else { whole }, r)
}

/// ⌊a / b⌋, where it is a number; else such that the remainder is 0.
fn quotient(a: i32, b: i32) -> f64 {
    if b == 0 {
        0.0
    } else {
        (f64::from(a) / f64::from(b)).floor()
    }
}

macro_rules! each_kernel {
    ($($name:ident, $js:literal, $x:ident => $y:ident: $f:expr;)*) => {$(
        #[test]
        fn $name() {
            let name = stringify!($name);
            each_kernel!(@ $x $y name, $name);
        }
    )*};
    (@ f32 f32 $name:ident, $kernel:ident) => {
        test::<f32, f32>($name, kernels::$kernel, |a, b| match $name {
            "add" => a + b,
            "sub" => a - b,
            "mul" => a * b,
            "div" => a / b,
            "pow" => f64::from(a).powf(f64::from(b)) as f32,
            "atan2" => f64::from(a).atan2(f64::from(b)) as f32,
            "hypot" => f64::from(a).hypot(f64::from(b)) as f32,
            "copysign" => a.copysign(b),
            "fmod" => a % b,
            "remainder" => floored(a, b).1,
            "floor_divide" => floored(a, b).0,
            "maximum" => larger(a, b),
            "minimum" => -larger(-a, -b),
            _ => panic!("no reference for {}", $name),
        });
    };
    (@ i32 i32 $name:ident, $kernel:ident) => {
        test::<i32, i32>($name, kernels::$kernel, |a, b| match $name {
            "add_i32" => a.wrapping_add(b),
            "sub_i32" => a.wrapping_sub(b),
            "mul_i32" => a.wrapping_mul(b),
            "div_i32" => a.checked_div(b).unwrap_or(if b == 0 { 0 } else { a }),
            "fmod_i32" => a.checked_rem(b).unwrap_or(0),
            "remainder_i32" if b == 0 => 0,
            "remainder_i32" => (f64::from(a) - f64::from(b) * quotient(a, b)) as i32,
            "floor_divide_i32" => quotient(a, b) as i64 as i32,
            "bitwise_and_i32" => a & b,
            "bitwise_or_i32" => a | b,
            "bitwise_xor_i32" => a ^ b,
            "bitwise_left_shift_i32" => u32::try_from(b).ok().and_then(|b| a.checked_shl(b)).unwrap_or(0),
            "bitwise_right_shift_i32" => {
                u32::try_from(b).ok().and_then(|b| a.checked_shr(b)).unwrap_or(if a < 0 { -1 } else { 0 })
            }
            "maximum_i32" => a.max(b),
            "minimum_i32" => a.min(b),
            _ => panic!("no reference for {}", $name),
        });
    };
    (@ $x:ident u8 $name:ident, $kernel:ident) => {
        test::<$x, u8>($name, kernels::$kernel, |a, b| {
            u8::from(match $name.trim_end_matches("_i32") {
                "eq" => a == b,
                "ne" => a != b,
                "lt" => a < b,
                "le" => a <= b,
                "gt" => a > b,
                "ge" => a >= b,
                _ => panic!("no reference for {}", $name),
            })
        });
    };
}

binary!(each_kernel);

#[test]
fn dense_kernels_work_in_place() {
    for n in 0..70 {
        let g = Geometry { n: [1, 1, 1, n], a: (0, [0, 0, 0, 1]), b: (0, [0, 0, 0, 1]) };
        let (mut a, mut b) = (Random::new(2).numbers(n), Random::new(3).numbers(n));
        let expected: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let in_place = cells(&mut a);
        kernels::sub(in_place, cells(&mut b), in_place, g);
        assert_eq!(a, expected);
    }
}

/// The power, which goes through f64, is right to the last bit but for halfway cases.
#[test]
fn powers_are_within_an_ulp() {
    let mut random = Random::new(4);
    let mut worst = 0.0_f64;
    for i in 0..400_000 {
        let a =
            if i % 2 == 0 { f32::from_bits(random.below(0x7f80_0000) as u32) } else { (3.0 * random.number()).exp() };
        let b = if i % 3 == 0 { 100.0 * random.number() } else { 4.0 * random.number() };
        let exact = f64::from(a).powf(f64::from(b));
        let y = math::pow(F32x4::splat(a), F32x4::splat(b)).lane::<0>();
        if exact as f32 == 0.0 || (exact as f32).is_infinite() || y.is_infinite() {
            assert!(y == exact as f32, "pow({a:e}, {b}) = {y:e}, not {exact:e}");
            continue;
        }
        let next = f32::from_bits((exact as f32).to_bits() + 1);
        let ulp = f64::from(next) - f64::from(exact as f32);
        let error = (f64::from(y) - exact).abs() / ulp;
        assert!(error <= 1.01, "pow({a:e}, {b}) = {y:e}, not {exact:e}");
        worst = worst.max(error);
    }
    println!("pow {worst:.2} ulp");
}
