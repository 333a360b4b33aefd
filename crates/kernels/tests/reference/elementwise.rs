//! The functions of the elementwise table in f64.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

pub fn abs(x: f64, _: f64) -> f64 {
    x.abs()
}
pub fn square(x: f64, _: f64) -> f64 {
    x * x
}
pub fn sqrt(x: f64, _: f64) -> f64 {
    x.sqrt()
}
pub fn rsqrt(x: f64, _: f64) -> f64 {
    1.0 / x.sqrt()
}
pub fn reciprocal(x: f64, _: f64) -> f64 {
    1.0 / x
}
pub fn exp(x: f64, _: f64) -> f64 {
    x.exp()
}
pub fn expm1(x: f64, _: f64) -> f64 {
    x.exp_m1()
}
pub fn log(x: f64, _: f64) -> f64 {
    x.ln()
}
pub fn log1p(x: f64, _: f64) -> f64 {
    x.ln_1p()
}
pub fn sin(x: f64, _: f64) -> f64 {
    x.sin()
}
pub fn cos(x: f64, _: f64) -> f64 {
    x.cos()
}
pub fn atan(x: f64, _: f64) -> f64 {
    x.atan()
}
pub fn erf(x: f64, _: f64) -> f64 {
    libm::erf(x)
}
pub fn sigmoid(x: f64, _: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
pub fn tanh(x: f64, _: f64) -> f64 {
    x.tanh()
}
pub fn relu(x: f64, _: f64) -> f64 {
    if x < 0.0 {
        0.0
    } else {
        x
    }
}
pub fn leaky_relu(x: f64, p: f64) -> f64 {
    if x > 0.0 {
        x
    } else {
        p * x
    }
}
pub fn elu(x: f64, p: f64) -> f64 {
    if x > 0.0 {
        x
    } else {
        p * x.exp_m1()
    }
}
pub fn gelu(x: f64, _: f64) -> f64 {
    weigh(x, 0.5 * libm::erfc(-x * FRAC_1_SQRT_2))
}
pub fn gelu_tanh(x: f64, _: f64) -> f64 {
    weigh(x, sigmoid((8.0 / PI).sqrt() * (x + 0.044715 * x.powi(3)), 0.0))
}
pub fn silu(x: f64, _: f64) -> f64 {
    weigh(x, sigmoid(x, 0.0))
}
/// x · weight, and at −∞ its limit.
fn weigh(x: f64, weight: f64) -> f64 {
    if x == f64::NEG_INFINITY {
        -0.0
    } else {
        x * weight
    }
}
pub fn softplus(x: f64, _: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
