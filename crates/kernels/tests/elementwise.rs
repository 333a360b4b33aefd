//! Elementwise functions against f64: the error in ulp over the whole range of f32, the edges, gradients against
//! differences, sizes around the vector width, in place.

mod check;
#[path = "reference/elementwise.rs"]
mod exact;

use std::cell::Cell;
use std::num::FpCategory;

use check::{cells, Guarded, Random};
use phyllo_kernels::elementwise as kernels;
use phyllo_kernels::{elementwise, plain};

/// The parameter that the tests give: a power of two, so that it adds no error of its own.
const P: f32 = 0.25;

/// The distance of two neighbouring f32 at x.
fn ulp(x: f64) -> f64 {
    let exponent = match (x as f32).classify() {
        FpCategory::Normal => ((x as f32).to_bits() >> 23 & 0xff) as i32 - 127,
        _ => -126,
    };
    2f64.powi(exponent - 23)
}

/// The error of y in ulp; 0 where both are NaN, or ∞ with the same sign; ∞ where only one is.
fn error(y: f32, exact: f64) -> f64 {
    if y.is_nan() || exact.is_nan() {
        return if y.is_nan() && exact.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if y.is_infinite() || (exact as f32).is_infinite() {
        let near = y == exact as f32 || (exact.abs() - f64::from(f32::MAX)).abs() < 4.0 * ulp(f64::from(f32::MAX));
        return if near { 0.0 } else { f64::INFINITY };
    }
    (f64::from(y) - exact).abs() / ulp(exact)
}

/// Bit patterns of all magnitudes and both signs, and as many again of 2⁻¹² to 2⁸.
fn points() -> Vec<f32> {
    let everywhere = (0..=u32::MAX).step_by(4099).map(f32::from_bits);
    let near =
        |sign: u32| ((127 - 12) << 23..(127 + 8) << 23).step_by(331).map(move |bits| f32::from_bits(bits | sign));
    everywhere.chain(near(0)).chain(near(1 << 31)).collect()
}

const EDGES: [f32; 10] =
    [0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN, f32::MIN_POSITIVE];

/// Asserts the largest error over `x`, and prints where it is.
fn assert_ulp(name: &str, x: &[f32], y: &[f32], exact: impl Fn(f64) -> f64, bound: f64) {
    let errors = x.iter().zip(y).map(|(&x, &y)| (error(y, exact(f64::from(x))), x, y));
    let (worst, at, y) = errors.max_by(|a, b| a.0.total_cmp(&b.0)).expect("points");
    println!("{name:12} {worst:5.2} ulp at {at:e}");
    assert!(worst <= bound, "{name}({at:e}) = {y:e}, not {:e}: {worst} ulp", exact(f64::from(at)));
}

type Function = fn(&[Cell<f32>], &[Cell<f32>], f32);

/// What is promised of each function, in ulp.
fn bound(name: &str) -> f64 {
    match name {
        "abs" | "relu" => 0.0,
        "square" | "sqrt" | "reciprocal" | "leaky_relu" => 0.5,
        "rsqrt" | "log" | "exp" => 1.5,
        _ => 4.0,
    }
}

macro_rules! each_function {
    (
        $call:ident
        $($name:ident / $grad:ident, $js:literal / $js_grad:literal, $saved:ident: $f:expr => $slope:expr;)*
    ) => {
        $($call(stringify!($name), kernels::$name, exact::$name);)*
    };
}

macro_rules! each_gradient {
    (
        $call:ident
        $($name:ident / $grad:ident, $js:literal / $js_grad:literal, $saved:ident: $f:expr => $slope:expr;)*
    ) => {
        $($call(stringify!($name), kernels::$name, kernels::$grad, stringify!($saved) == "y", exact::$name);)*
    };
}

#[test]
fn errors_stay_within_their_bounds() {
    let mut x = points();
    let mut y = vec![0.0; x.len()];
    let mut test = |name: &str, f: Function, exact: fn(f64, f64) -> f64| {
        f(cells(&mut x), cells(&mut y), P);
        assert_ulp(name, &x, &y, |x| exact(x, f64::from(P)), bound(name));
    };
    elementwise!(each_function, test);
}

#[test]
fn edges_are_exact() {
    let test = |name: &str, f: Function, exact: fn(f64, f64) -> f64| {
        let (mut x, mut y) = (EDGES, [0.0; EDGES.len()]);
        f(cells(&mut x), cells(&mut y), P);
        for (x, y) in x.into_iter().zip(y) {
            let exact = exact(f64::from(x), f64::from(P)) as f32;
            assert!(error(y, f64::from(exact)) <= 1.0, "{name}({x:e}) = {y:e}, not {exact:e}");
            assert!(exact != 0.0 || y.to_bits() == exact.to_bits(), "{name}({x:e}) = {y:?}, not {exact:?}");
        }
    };
    elementwise!(each_function, test);
}

/// Every size around the vector width: the same bits as alone, nothing written beside, in place as apart.
#[test]
fn sizes_do_not_matter() {
    let mut random = Random::new(1);
    let mut test = |name: &str, f: Function, _: fn(f64, f64) -> f64| {
        for n in (0..=9).chain([31, 32, 33]) {
            let mut x: Vec<f32> = random.numbers(n).iter().map(|x| 4.0 * x).collect();
            let mut y = Guarded::new(n);
            f(cells(&mut x), cells(y.slice()), P);
            let y = y.check(name);
            for i in 0..n {
                let mut alone = [0.0];
                f(cells(&mut [x[i]]), cells(&mut alone), P);
                assert_eq!(y[i].to_bits(), alone[0].to_bits(), "{name}: element {i} of {n}");
            }
            let in_place = cells(&mut x);
            f(in_place, in_place, P);
            assert!(x.iter().zip(y).all(|(x, y)| x.to_bits() == y.to_bits()), "{name} in place");
        }
    };
    elementwise!(each_function, test);
}

type Gradient = fn(&[Cell<f32>], &[Cell<f32>], &[Cell<f32>], f32);

#[test]
fn gradients_match_differences() {
    let mut random = Random::new(2);
    let mut test = |name: &str, f: Function, grad: Gradient, saves_y: bool, exact: fn(f64, f64) -> f64| {
        let positive = matches!(
            name,
            "sqrt" | "rsqrt" | "log" | "log1p" | "log2" | "log10" | "reciprocal" | "acosh" | "lgamma" | "polygamma"
        );
        let bounded = matches!(name, "asin" | "acos" | "atanh" | "erfinv");
        let n = 1003;
        let (mut x, mut g) = (random.numbers(n), random.numbers(n));
        for x in &mut x {
            *x *= 6.0;
            // Away from the poles, and from the kink at 0.
            *x = if positive { x.abs() + 0.2 } else { *x + 0.01f32.copysign(*x) };
            match name {
                "acosh" => *x += 1.0,
                "tan" => *x *= 0.15,
                _ if bounded => *x *= 0.12,
                _ => {}
            }
        }
        let mut y = vec![0.0; n];
        f(cells(&mut x), cells(&mut y), P);
        let mut gx = Guarded::new(n);
        grad(cells(&mut g), cells(if saves_y { &mut y } else { &mut x }), cells(gx.slice()), P);
        for (i, &gx) in gx.check(name).iter().enumerate() {
            let f = |h: f64| exact(f64::from(x[i]) + h, f64::from(P));
            // Differences of two widths, extrapolated: the error goes with h⁴.
            let h = 2e-3;
            let difference = |h: f64| (f(h) - f(-h)) / (2.0 * h);
            let slope = (4.0 * difference(h / 2.0) - difference(h)) / 3.0;
            let expected = f64::from(g[i]) * slope;
            assert!(
                (f64::from(gx) - expected).abs() <= 1e-6 * (1.0 + slope.abs()),
                "{name}′({}) · {} = {gx}, not {expected}",
                x[i],
                g[i]
            );
        }
        let in_place = cells(&mut g);
        grad(in_place, cells(if saves_y { &mut y } else { &mut x }), in_place, P);
        assert_eq!(g, gx.check(name), "{name} in place");
    };
    elementwise!(each_gradient, test);
}

#[test]
fn gradients_are_finite_far_out() {
    let test = |name: &str, _: Function, grad: Gradient, saves_y: bool, _: fn(f64, f64) -> f64| {
        let unbounded = ["square", "log1p", "asin", "acos", "sinh", "cosh", "acosh", "lgamma", "polygamma", "bessel_i"];
        if saves_y || unbounded.contains(&name) {
            return;
        }
        let (mut g, mut x, mut gx) = ([1.0; 4], [1e30, -1e30, 200.0, -200.0], [0.0; 4]);
        grad(cells(&mut g), cells(&mut x), cells(&mut gx), P);
        assert!(gx.iter().all(|gx| gx.is_finite() && gx.abs() <= 1.0), "{name}: {gx:?}");
    };
    elementwise!(each_gradient, test);
}

macro_rules! each_plain {
    ($call:ident $($name:ident, $js:literal: $f:expr;)*) => { $($call(stringify!($name), kernels::$name);)* };
}

#[test]
fn plain_functions_are_exact() {
    let test = |name: &str, f: fn(&[Cell<f32>], &[Cell<f32>])| {
        let mut x = points();
        x.extend(EDGES);
        x.extend([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 8388607.5]);
        let mut y = Guarded::new(x.len());
        f(cells(&mut x), cells(y.slice()));
        for (&x, &y) in x.iter().zip(y.check(name)) {
            let exact = match name {
                "neg" => -x,
                "sign" => {
                    if x == 0.0 || x.is_nan() {
                        x
                    } else {
                        x.signum()
                    }
                }
                "floor" => x.floor(),
                "ceil" => x.ceil(),
                "round" => x.round_ties_even(),
                "trunc" => x.trunc(),
                _ => panic!("no reference for {name}"),
            };
            assert!(y.to_bits() == exact.to_bits() || y.is_nan() && exact.is_nan(), "{name}({x:e}) = {y:e}");
        }
    };
    plain!(each_plain, test);
}

#[test]
fn clamp_keeps_nan_and_select_chooses_by_bytes() {
    for n in 0..=9 {
        let mut x: Vec<f32> = [f32::NAN, -2.0, -1.0, 0.5, 1.0, 2.0, f32::INFINITY, f32::NEG_INFINITY, 0.0][..n].into();
        let mut y = Guarded::new(n);
        kernels::clamp(cells(&mut x), cells(y.slice()), -1.0, 1.0);
        for (x, y) in x.iter().zip(y.check("clamp")) {
            assert!(*y == x.clamp(-1.0, 1.0) || x.is_nan() && y.is_nan());
        }
        let mut c: Vec<u8> = (0..n as u8).map(|i| if i % 3 == 0 { 0 } else { 85 * (i % 4) }).collect();
        let (mut a, mut b): (Vec<i32>, Vec<i32>) = (0..n as i32).map(|i| (i, -1 - i)).unzip();
        let mut y = Guarded::filled(n, 9999, 1234);
        kernels::select(cells(&mut c), cells(&mut a), cells(&mut b), cells(y.slice()));
        for (i, &y) in y.check("where").iter().enumerate() {
            assert_eq!(y, if c[i] != 0 { a[i] } else { b[i] });
        }
        kernels::add_into(cells(&mut x), cells(&mut vec![1.0; n]));
        assert!(n < 2 || x[1] == -1.0);
    }
}
