//! The functions of the elementwise table in f64.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

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
pub fn tan(x: f64, _: f64) -> f64 {
    x.tan()
}
pub fn asin(x: f64, _: f64) -> f64 {
    x.asin()
}
pub fn acos(x: f64, _: f64) -> f64 {
    x.acos()
}
pub fn sinh(x: f64, _: f64) -> f64 {
    x.sinh()
}
pub fn cosh(x: f64, _: f64) -> f64 {
    x.cosh()
}
pub fn exp2(x: f64, _: f64) -> f64 {
    x.exp2()
}
pub fn log2(x: f64, _: f64) -> f64 {
    x.log2()
}
pub fn log10(x: f64, _: f64) -> f64 {
    x.log10()
}
pub fn asinh(x: f64, _: f64) -> f64 {
    libm::asinh(x)
}
pub fn acosh(x: f64, _: f64) -> f64 {
    if x < 1.0 {
        f64::NAN
    } else {
        libm::acosh(x)
    }
}
pub fn atanh(x: f64, _: f64) -> f64 {
    libm::atanh(x)
}
pub fn erfc(x: f64, _: f64) -> f64 {
    libm::erfc(x)
}
/// By Newton's iteration: of erf where it is steep, of ln erfc beyond.
pub fn erfinv(x: f64, _: f64) -> f64 {
    let a = x.abs();
    if a.is_nan() || a >= 1.0 {
        return if a == 1.0 { x * f64::INFINITY } else { f64::NAN };
    }
    let density = |y: f64| FRAC_2_SQRT_PI * (-y * y).exp();
    let mut y = a / FRAC_2_SQRT_PI;
    for _ in 0..12 {
        y -= if a < 0.5 {
            (libm::erf(y) - a) / density(y)
        } else {
            ((1.0 - a).ln() - libm::erfc(y).ln()) * libm::erfc(y) / density(y)
        };
    }
    y.copysign(x)
}
pub fn lgamma(x: f64, _: f64) -> f64 {
    if x == f64::NEG_INFINITY {
        return f64::INFINITY;
    }
    libm::lgamma(x)
}
/// ψ⁽ⁿ⁾ of the whole n in the parameter, by recurrence up to 30 and four terms of Stirling's series; here n = 0.
pub fn polygamma(x: f64, _: f64) -> f64 {
    if x <= 0.0 {
        // ψ(1 − x) − π cot πx
        let r = x - x.round();
        return if x == 0.0 {
            -x.signum() * f64::INFINITY
        } else if r == 0.0 || x.is_infinite() {
            f64::NAN
        } else {
            polygamma(1.0 - x, 0.0) - PI / (PI * r).tan()
        };
    }
    let (mut x, mut y) = (x, 0.0);
    while x < 30.0 {
        y -= 1.0 / x;
        x += 1.0;
    }
    let s = 1.0 / (x * x);
    y + x.ln() - 0.5 / x - s * (1.0 / 12.0 - s * (1.0 / 120.0 - s * (1.0 / 252.0 - s / 240.0)))
}
/// I₀ as a mean of e^(x cos t), scaled.
pub fn bessel_i(x: f64, _: f64) -> f64 {
    if !x.is_finite() {
        return x.abs();
    }
    // The trapezoidal rule converges faster than any power for periodic functions.
    let n = 40 + (6.0 * x.abs().min(1e4).sqrt()) as i32;
    let a = x.abs();
    let mean =
        (0..n).map(|k| (a * ((2.0 * PI * f64::from(k) / f64::from(n)).cos() - 1.0)).exp()).sum::<f64>() / f64::from(n);
    if a > 100.0 {
        f64::INFINITY
    } else {
        mean * a.exp()
    }
}
pub fn sinc(x: f64, _: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        let sign = if x.round() % 2.0 == 0.0 { 1.0 } else { -1.0 };
        sign * (PI * (x - x.round())).sin() / (PI * x)
    }
}
