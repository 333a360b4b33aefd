//! Optimiser steps: one pass over the parameters w, their gradients g and the optimiser's state.

mod adaptive;
mod moments;
mod signs;

use core::array::from_fn;

use crate::simd::F32x4;

pub use adaptive::{adadelta, adagrad, adamax, rmsprop};
pub use moments::{adam, nadam, nadam_product, radam, sparse_adam};
pub use signs::{asgd, rprop};

/// state[i] = f(g[i], state[i]) for N arrays at once.
#[inline(always)]
fn update<const N: usize>(g: &[f32], state: [&mut [f32]; N], f: impl Fn(F32x4, [F32x4; N]) -> [F32x4; N]) {
    let n = g.len();
    let state = state.map(|s| &mut s[..n]);
    let whole = n - n % 4;
    for i in (0..whole).step_by(4) {
        let y = f(F32x4::from_slice(&g[i..]), from_fn(|j| F32x4::from_slice(&state[j][i..])));
        for j in 0..N {
            y[j].write(state[j][i..].first_chunk_mut().expect("four elements"));
        }
    }
    if whole < n {
        let read = |s: &[f32]| F32x4::from_partial(&s[whole..], n - whole);
        let y = f(read(g), from_fn(|j| read(state[j])));
        for j in 0..N {
            y[j].write_partial(&mut state[j][whole..], n - whole);
        }
    }
}

/// βᵗ for a whole t ≥ 0.
fn power(beta: f64, t: f64) -> f64 {
    let (mut base, mut n, mut y) = (beta, t as u64, 1.0);
    while n > 0 {
        if n & 1 == 1 {
            y *= base;
        }
        base *= base;
        n >>= 1;
    }
    y
}

/// √x for x > 0: the root in f32, bettered by one step of Newton's iteration.
pub(crate) fn sqrt(x: f64) -> f64 {
    let y = f64::from(F32x4::splat(x as f32).sqrt().lane::<0>());
    0.5 * (y + x / y)
}

fn splat(x: f64) -> F32x4 {
    F32x4::splat(x as f32)
}

/// Stochastic gradient descent, with hyper = [lr, momentum, dampening, weightDecay, t], t counting this step:
///
/// d = g + weightDecay·w; v = t > 1 ? momentum·v + (1 − dampening)·d : d; w −= lr·(nesterov ? d + momentum·v : v).
/// Without v there is no momentum: w −= lr·d.
pub fn sgd(w: &mut [f32], g: &[f32], v: Option<&mut [f32]>, hyper: &[f64; 5], nesterov: bool) {
    let [lr, momentum, dampening, decay, t] = *hyper;
    let (lr, decay) = (splat(lr), splat(decay));
    let Some(v) = v else {
        update(g, [w], |g, [w]| [lr.neg_mul_add(w.mul_add(decay, g), w)]);
        return;
    };
    // At the first step v may hold anything: it is left out, not multiplied by 0.
    let first = t <= 1.0;
    let (add, momentum) = (splat(1.0 - dampening), splat(momentum));
    update(g, [w, v], |g, [w, v]| {
        let d = w.mul_add(decay, g);
        let v = if first { d } else { v.mul_add(momentum, d * add) };
        let direction = if nesterov { v.mul_add(momentum, d) } else { v };
        [lr.neg_mul_add(direction, w), v]
    });
}

/// hyper[i] += 1
pub fn tick(hyper: &mut [f64], i: usize) {
    hyper[i] += 1.0;
}
