//! Variates of distributions by rejection, in f64: each element has attempts of its own, and is a function of its key,
//! index and parameter.

use core::cell::Cell;

use crate::math::{exp64, ln64};
use crate::optim::sqrt;
use crate::random::{philox, Key};
use crate::simd::{F64x4, I32x4};

/// (word + ½) · 2⁻³²: 0 < u < 1.
fn unit(word: i32) -> f64 {
    (f64::from(word as u32) + 0.5) / 4_294_967_296.0
}

/// What f makes of the first attempt that it takes. The numbers of attempt t of element i are the words of the block
/// with the counter [i, t, count0, count1], t from 1.
fn first_taken(key: &Key, i: usize, f: impl Fn([f64; 4]) -> Option<f64>) -> f64 {
    let [k0, k1, count0, count1] = key.map(I32x4::splat);
    let keys = [k0.to_array()[0], k1.to_array()[0]];
    let mut t = I32x4::from_array([1, 2, 3, 4]);
    loop {
        let words = philox([I32x4::splat(i as i32), t, count0, count1], keys).map(I32x4::to_array);
        for lane in 0..4 {
            if let Some(y) = f(words.map(|word| unit(word[lane]))) {
                return y;
            }
        }
        t = t + I32x4::splat(4);
    }
}

fn ln(x: f64) -> f64 {
    ln64(F64x4::splat(x)).to_array()[0]
}

fn floor(x: f64) -> f64 {
    let y = x as i64 as f64;
    if y > x {
        y - 1.0
    } else {
        y
    }
}

/// y = f(i, parameter i), of elements from number `first` on.
fn fill(y: &[Cell<f32>], parameters: &[f32], first: usize, f: impl Fn(usize, f64) -> f64) {
    for (i, (y, &p)) in (first..).zip(y.iter().zip(parameters)) {
        y.set(f(i, p.into()) as f32);
    }
}

/// y = ln g, g from the gamma distribution of shape α > 0 and rate 1; NaN for other α. That of α + 1 (Marsaglia, Tsang
/// 2000, with normal numbers by Marsaglia's polar method), times u^(1/α).
pub fn gamma_log(key: &Key, alpha: &[f32], y: &[Cell<f32>], first: usize) {
    fill(y, alpha, first, |i, alpha| {
        if !(alpha > 0.0 && alpha < f64::INFINITY) {
            return f64::NAN;
        }
        let d = alpha + 2.0 / 3.0;
        let c = 1.0 / (3.0 * sqrt(d));
        first_taken(key, i, |[u, v, w, boost]| {
            let [u, v] = [2.0 * u - 1.0, 2.0 * v - 1.0];
            let s = u * u + v * v;
            if s >= 1.0 {
                return None;
            }
            let x = u * sqrt(-2.0 * ln(s) / s);
            let t = 1.0 + c * x;
            if t <= 0.0 {
                return None;
            }
            let t = t * t * t;
            (ln(w) < 0.5 * x * x + d * (1.0 - t + ln(t))).then(|| ln(d * t) + ln(boost) / alpha)
        })
    });
}

/// y from the Poisson distribution of a rate λ ≥ 0; NaN for others. Below 10 by inversion, from there on by PTRS (Hörmann
/// 1993).
pub fn poisson(key: &Key, rate: &[f32], y: &[Cell<f32>], first: usize) {
    fill(y, rate, first, |i, rate| match rate {
        0.0.. if rate < 10.0 => first_taken(key, i, |[u, v, ..]| Some(inverted(rate, u + (v - 0.5) / 4_294_967_296.0))),
        10.0.. if rate < 1e9 => {
            let b = 0.931 + 2.53 * sqrt(rate);
            let a = -0.059 + 0.024_83 * b;
            let scale = 1.1239 + 1.1328 / (b - 3.4);
            let squeeze = 0.9277 - 3.6224 / (b - 2.0);
            first_taken(key, i, |[u, v, ..]| {
                let u = u - 0.5;
                let us = 0.5 - u.abs();
                let k = floor((2.0 * a / us + b) * u + rate + 0.43);
                if us >= 0.07 && v <= squeeze {
                    return Some(k);
                }
                if k < 0.0 || (us < 0.013 && v > us) {
                    return None;
                }
                (ln(v * scale / (a / (us * us) + b)) <= k * ln(rate) - rate - ln_factorial(k)).then_some(k)
            })
        }
        _ => f64::NAN,
    });
}

/// The k up to which the probabilities of a Poisson distribution add up to u.
fn inverted(rate: f64, u: f64) -> f64 {
    let mut p = exp64(F64x4::splat(-rate)).to_array()[0];
    let (mut k, mut sum) = (0.0, p);
    while u > sum && k < 200.0 {
        k += 1.0;
        p *= rate / k;
        sum += p;
    }
    k
}

/// ln k!, by Stirling's series from 10 on.
fn ln_factorial(k: f64) -> f64 {
    if k < 10.0 {
        return ln((1..=k as u32).map(f64::from).product());
    }
    let r = 1.0 / (k * k);
    let series = (1.0 / 12.0 - r * (1.0 / 360.0 - r / 1260.0)) / k;
    (k + 0.5) * ln(k) - k + 0.5 * ln(core::f64::consts::TAU) + series
}
