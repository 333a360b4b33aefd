//! Elementwise functions: one table, from which come the kernels, their gradients, the exports and the tests.

use core::cell::Cell;

use crate::cells::{map, zip, zip3};
use crate::math::Math;
use crate::simd::{F32x4, I32x4};

/// `name / gradient, "name" / "gradient" in JavaScript, saved: f => f′;` for every differentiable function.
///
/// f takes the functions of [`Math`], x and the parameter p; f′ takes the same with `saved` in place of x: the input x
/// or the output y. The table hands itself to the macro that is named, with what else that is to receive.
#[macro_export]
macro_rules! elementwise {
    ($then:path $(, $more:tt)*) => {
        $then! {
            $($more)*
            abs / abs_grad, "abs" / "absGrad", x: |_, x, _| x.abs() => |m, x, _| m.sign(x);
            square / square_grad, "square" / "squareGrad", x: |_, x, _| x * x => |_, x, _| x + x;
            sqrt / sqrt_grad, "sqrt" / "sqrtGrad", y: |_, x, _| x.sqrt() => |m, y, _| m.half() / y;
            rsqrt / rsqrt_grad, "rsqrt" / "rsqrtGrad", y:
                |m, x, _| m.one() / x.sqrt() => |m, y, _| -(m.half() * y) * (y * y);
            reciprocal / reciprocal_grad, "reciprocal" / "reciprocalGrad", y:
                |m, x, _| m.one() / x => |_, y, _| -(y * y);
            exp / exp_grad, "exp" / "expGrad", y: |m, x, _| m.exp(x) => |_, y, _| y;
            expm1 / expm1_grad, "expm1" / "expm1Grad", y: |m, x, _| m.expm1(x) => |m, y, _| y + m.one();
            log / log_grad, "log" / "logGrad", x: |m, x, _| m.log(x) => |m, x, _| m.one() / x;
            log1p / log1p_grad, "log1p" / "log1pGrad", x:
                |m, x, _| m.log1p(x) => |m, x, _| m.one() / (m.one() + x);
            sin / sin_grad, "sin" / "sinGrad", x: |m, x, _| m.sin(x) => |m, x, _| m.cos(x);
            cos / cos_grad, "cos" / "cosGrad", x: |m, x, _| m.cos(x) => |m, x, _| -m.sin(x);
            tan / tan_grad, "tan" / "tanGrad", y: |m, x, _| m.tan(x) => |m, y, _| y.mul_add(y, m.one());
            asin / asin_grad, "asin" / "asinGrad", x:
                |m, x, _| m.asin(x) => |m, x, _| m.one() / ((m.one() - x) * (m.one() + x)).sqrt();
            acos / acos_grad, "acos" / "acosGrad", x:
                |m, x, _| m.acos(x) => |m, x, _| -m.one() / ((m.one() - x) * (m.one() + x)).sqrt();
            atan / atan_grad, "atan" / "atanGrad", x:
                |m, x, _| m.atan(x) => |m, x, _| m.one() / x.mul_add(x, m.one());
            sinh / sinh_grad, "sinh" / "sinhGrad", x: |m, x, _| m.sinh(x) => |m, x, _| m.cosh(x);
            cosh / cosh_grad, "cosh" / "coshGrad", x: |m, x, _| m.cosh(x) => |m, x, _| m.sinh(x);
            asinh / asinh_grad, "asinh" / "asinhGrad", x: |m, x, _| m.asinh(x) => |m, x, _| m.asinh_slope(x);
            acosh / acosh_grad, "acosh" / "acoshGrad", x:
                |m, x, _| m.acosh(x) => |m, x, _| m.one() / ((x - m.one()).sqrt() * (x + m.one()).sqrt());
            atanh / atanh_grad, "atanh" / "atanhGrad", x:
                |m, x, _| m.atanh(x) => |m, x, _| m.one() / ((m.one() - x) * (m.one() + x));
            exp2 / exp2_grad, "exp2" / "exp2Grad", y:
                |m, x, _| m.exp2(x) => |_, y, _| y * F32x4::splat(core::f32::consts::LN_2);
            log2 / log2_grad, "log2" / "log2Grad", x:
                |m, x, _| m.log2(x) => |_, x, _| F32x4::splat(core::f32::consts::LOG2_E) / x;
            log10 / log10_grad, "log10" / "log10Grad", x:
                |m, x, _| m.log10(x) => |_, x, _| F32x4::splat(core::f32::consts::LOG10_E) / x;
            erf / erf_grad, "erf" / "erfGrad", x: |m, x, _| m.erf(x) => |m, x, _| m.erf_slope(x);
            erfc / erfc_grad, "erfc" / "erfcGrad", x: |m, x, _| m.erfc(x) => |m, x, _| -m.erf_slope(x);
            erfinv / erfinv_grad, "erfinv" / "erfinvGrad", y: |m, x, _| m.erfinv(x) => |m, y, _| m.erfinv_slope(y);
            lgamma / lgamma_grad, "lgamma" / "lgammaGrad", x:
                |m, x, _| m.lgamma(x) => |m, x, _| m.polygamma(x, m.zero());
            polygamma / polygamma_grad, "polygamma" / "polygammaGrad", x:
                |m, x, p| m.polygamma(x, p) => |m, x, p| m.polygamma(x, p + m.one());
            bessel_i / bessel_i_grad, "besselI" / "besselIGrad", x:
                |m, x, p| m.bessel_i(x, p) => |m, x, p| m.bessel_i_slope(x, p);
            sinc / sinc_grad, "sinc" / "sincGrad", x: |m, x, _| m.sinc(x) => |m, x, _| m.sinc_slope(x);
            sigmoid / sigmoid_grad, "sigmoid" / "sigmoidGrad", y:
                |m, x, _| m.sigmoid(x) => |m, y, _| y * (m.one() - y);
            tanh / tanh_grad, "tanh" / "tanhGrad", y: |m, x, _| m.tanh(x) => |m, y, _| y.neg_mul_add(y, m.one());
            relu / relu_grad, "relu" / "reluGrad", y:
                |m, x, _| x.pmax(m.zero()) => |m, y, _| m.indicator(y.gt(m.zero()));
            leaky_relu / leaky_relu_grad, "leakyRelu" / "leakyReluGrad", x:
                |m, x, p| F32x4::select(x.gt(m.zero()), x, p * x)
                => |m, x, p| F32x4::select(x.gt(m.zero()), m.one(), p);
            elu / elu_grad, "elu" / "eluGrad", x:
                |m, x, p| F32x4::select(x.gt(m.zero()), x, p * m.expm1(x))
                => |m, x, p| F32x4::select(x.gt(m.zero()), m.one(), p * m.exp(x));
            gelu / gelu_grad, "gelu" / "geluGrad", x: |m, x, _| m.gelu(x) => |m, x, _| m.gelu_slope(x);
            gelu_tanh / gelu_tanh_grad, "geluTanh" / "geluTanhGrad", x:
                |m, x, _| m.gelu_tanh(x) => |m, x, _| m.gelu_tanh_slope(x);
            silu / silu_grad, "silu" / "siluGrad", x: |m, x, _| m.silu(x) => |m, x, _| {
                let s = m.sigmoid(x);
                (x * (m.one() - s)).mul_add(s, s)
            };
            softplus / softplus_grad, "softplus" / "softplusGrad", x:
                |m, x, _| m.softplus(x) => |m, x, _| m.sigmoid(x);
        }
    };
}

/// Tells the compiler what a closure takes, and leaves it a type of its own: as a pointer it would not be inlined.
#[inline(always)]
fn function<F: Fn(Math, F32x4, F32x4) -> F32x4>(f: F) -> F {
    f
}

macro_rules! kernels {
    ($($name:ident / $grad:ident, $js:literal / $js_grad:literal, $saved:ident: $f:expr => $slope:expr;)*) => {$(
        /// y = f(x)
        pub fn $name(x: &[Cell<f32>], y: &[Cell<f32>], p: f32) {
            let (m, p) = (Math::new(), F32x4::splat(p));
            let f = function($f);
            map(x, y, |x| f(m, x, p));
        }

        /// gx = g · f′
        pub fn $grad(g: &[Cell<f32>], $saved: &[Cell<f32>], gx: &[Cell<f32>], p: f32) {
            let (m, p) = (Math::new(), F32x4::splat(p));
            let slope = function($slope);
            zip(g, $saved, gx, |g, s| g * slope(m, s, p));
        }
    )*};
}

elementwise!(kernels);

/// `name, "name" in JavaScript: f;` for the functions that are linear or piecewise constant.
#[macro_export]
macro_rules! plain {
    ($then:path $(, $more:tt)*) => {
        $then! {
            $($more)*
            neg, "neg": |_, x, _| -x;
            sign, "sign": |m, x, _| m.sign(x);
            floor, "floor": |_, x, _| x.floor();
            ceil, "ceil": |_, x, _| x.ceil();
            round, "round": |_, x, _| x.round();
            trunc, "trunc": |_, x, _| x.trunc();
        }
    };
}

macro_rules! plain_kernels {
    ($($name:ident, $js:literal: $f:expr;)*) => {$(
        /// y = f(x)
        pub fn $name(x: &[Cell<f32>], y: &[Cell<f32>]) {
            let (m, f) = (Math::new(), function($f));
            map(x, y, |x| f(m, x, x));
        }
    )*};
}

plain!(plain_kernels);

/// `name, "name" in JavaScript, X => Y: f;` for the conversions between element types.
#[macro_export]
macro_rules! casts {
    ($then:path $(, $more:tt)*) => {
        $then! {
            $($more)*
            f32_to_i32, "f32ToI32", f32 => i32: |x| x.to_i32();
            f32_to_u8, "f32ToU8", f32 => u8: |x| x.to_i32().max(I32x4::splat(0)).min(I32x4::splat(255));
            f32_to_bool, "f32ToBool", f32 => u8: |x| x.ne(F32x4::zero()) & I32x4::splat(1);
            i32_to_f32, "i32ToF32", i32 => f32: |x| x.to_f32();
            i32_to_u8, "i32ToU8", i32 => u8: |x| x & I32x4::splat(255);
            i32_to_bool, "i32ToBool", i32 => u8: |x| !x.eq(I32x4::splat(0)) & I32x4::splat(1);
            u8_to_f32, "u8ToF32", u8 => f32: |x| x.to_f32();
            u8_to_i32, "u8ToI32", u8 => i32: |x| x;
            u8_to_bool, "u8ToBool", u8 => u8: |x| x.gt(I32x4::splat(0)) & I32x4::splat(1);
        }
    };
}

macro_rules! cast_kernels {
    ($($name:ident, $js:literal, $x:ty => $y:ty: $f:expr;)*) => {$(
        #[doc = $js]
        pub fn $name(x: &[Cell<$x>], y: &[Cell<$y>]) {
            map::<$x, $y>(x, y, $f);
        }
    )*};
}

casts!(cast_kernels);

/// a += b
pub fn add_into(a: &[Cell<f32>], b: &[Cell<f32>]) {
    zip(a, b, a, |a, b| a + b);
}

/// y = min(max(x, lo), hi); NaN stays NaN.
pub fn clamp(x: &[Cell<f32>], y: &[Cell<f32>], lo: f32, hi: f32) {
    let (lo, hi) = (F32x4::splat(lo), F32x4::splat(hi));
    map(x, y, |x: F32x4| x.pmax(lo).pmin(hi));
}

/// y = c ? a : b, for any elements of four bytes.
pub fn select(c: &[Cell<u8>], a: &[Cell<i32>], b: &[Cell<i32>], y: &[Cell<i32>]) {
    zip3(c, a, b, y, |c: I32x4, a, b| I32x4::select(c.gt(I32x4::splat(0)), a, b));
}
