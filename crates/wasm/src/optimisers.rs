//! Optimiser steps.

use phyllo_kernels::{optim, work};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::slices::{parts, slices};

type Hyper5 = [f64; 5];
type Hyper6 = [f64; 6];
type Hyper7 = [f64; 7];

#[wasm_bindgen]
pub fn sgd(w: usize, g: usize, v: usize, hyper: usize, n: usize, nesterov: u32) {
    parts! {
        n by 64, work work::each([n], 4.0);
        w: output f32[n], g: input f32[n], v: optional_output f32[n], hyper: input Hyper5[1]
        => optim::sgd(w, g, v, &hyper[0], nesterov != 0)
    }
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn adam(w: usize, g: usize, m: usize, v: usize, vmax: usize, hyper: usize, n: usize, decoupled: u32) {
    parts! {
        n by 64, work work::each([n], 12.0);
        w: output f32[n], g: input f32[n], m: output f32[n], v: output f32[n], vmax: optional_output f32[n],
        hyper: input Hyper6[1]
        => optim::adam(w, g, m, v, vmax, &hyper[0], decoupled != 0)
    }
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn nadam(w: usize, g: usize, m: usize, v: usize, product: usize, hyper: usize, n: usize, decoupled: u32) {
    parts! {
        n by 64, work work::each([n], 12.0);
        w: output f32[n], g: input f32[n], m: output f32[n], v: output f32[n], product: input f32[1], hyper: input Hyper7[1]
        => optim::nadam(w, g, m, v, product[0], &hyper[0], decoupled != 0)
    }
}

#[wasm_bindgen(js_name = "nadamProduct")]
pub fn nadam_product(product: usize, hyper: usize) {
    slices! { product: output f32[1], hyper: input Hyper7[1] }
    optim::nadam_product(&mut product[0], &hyper[0]);
}

#[wasm_bindgen]
pub fn radam(w: usize, g: usize, m: usize, v: usize, hyper: usize, n: usize, decoupled: u32) {
    parts! {
        n by 64, work work::each([n], 12.0);
        w: output f32[n], g: input f32[n], m: output f32[n], v: output f32[n], hyper: input Hyper6[1]
        => optim::radam(w, g, m, v, &hyper[0], decoupled != 0)
    }
}

#[wasm_bindgen(js_name = "sparseAdam")]
pub fn sparse_adam(w: usize, g: usize, m: usize, v: usize, hyper: usize, rows: usize, n: usize) {
    parts! {
        rows by 1, work work::each([rows, n], 4.0);
        w: output f32[rows * n], g: input f32[rows * n], m: output f32[rows * n], v: output f32[rows * n],
        hyper: input Hyper5[1]
        => optim::sparse_adam(w, g, m, v, &hyper[0], rows)
    }
}

#[wasm_bindgen]
pub fn rmsprop(w: usize, g: usize, v: usize, mean: usize, velocity: usize, hyper: usize, n: usize) {
    parts! {
        n by 64, work work::each([n], 12.0);
        w: output f32[n], g: input f32[n], v: output f32[n], mean: optional_output f32[n],
        velocity: optional_output f32[n], hyper: input Hyper6[1]
        => optim::rmsprop(w, g, v, mean, velocity, &hyper[0])
    }
}

#[wasm_bindgen]
pub fn adagrad(w: usize, g: usize, sum: usize, hyper: usize, n: usize) {
    parts! {
        n by 64, work work::each([n], 8.0);
        w: output f32[n], g: input f32[n], sum: output f32[n], hyper: input Hyper6[1]
        => optim::adagrad(w, g, sum, &hyper[0])
    }
}

#[wasm_bindgen]
pub fn adadelta(w: usize, g: usize, v: usize, u: usize, hyper: usize, n: usize) {
    parts! {
        n by 64, work work::each([n], 12.0);
        w: output f32[n], g: input f32[n], v: output f32[n], u: output f32[n], hyper: input Hyper5[1]
        => optim::adadelta(w, g, v, u, &hyper[0])
    }
}

#[wasm_bindgen]
pub fn adamax(w: usize, g: usize, m: usize, u: usize, hyper: usize, n: usize) {
    parts! {
        n by 64, work work::each([n], 8.0);
        w: output f32[n], g: input f32[n], m: output f32[n], u: output f32[n], hyper: input Hyper6[1]
        => optim::adamax(w, g, m, u, &hyper[0])
    }
}

#[wasm_bindgen]
pub fn rprop(w: usize, g: usize, previous: usize, size: usize, hyper: usize, n: usize) {
    parts! {
        n by 64, work work::each([n], 8.0);
        w: output f32[n], g: input f32[n], previous: output f32[n], size: output f32[n], hyper: input Hyper6[1]
        => optim::rprop(w, g, previous, size, &hyper[0])
    }
}

#[wasm_bindgen]
pub fn asgd(w: usize, g: usize, mean: usize, hyper: usize, n: usize) {
    parts! {
        n by 64, work work::each([n], 6.0);
        w: output f32[n], g: input f32[n], mean: output f32[n], hyper: input Hyper6[1]
        => optim::asgd(w, g, mean, &hyper[0])
    }
}

#[wasm_bindgen]
pub fn tick(hyper: usize, i: usize) {
    slices! { hyper: output f64[i + 1] }
    optim::tick(hyper, i);
}
