//! Optimiser steps.

use phyllo_kernels::{optim, work};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::slices::{parts, slices};

type SgdHyper = [f64; 5];
type AdamHyper = [f64; 6];

#[wasm_bindgen]
pub fn sgd(w: usize, g: usize, v: usize, hyper: usize, n: usize, nesterov: u32) {
    parts! {
        n by 64, work work::each([n], 4.0);
        w: output f32[n], g: input f32[n], v: optional_output f32[n], hyper: input SgdHyper[1]
        => optim::sgd(w, g, v, &hyper[0], nesterov != 0)
    }
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn adam(w: usize, g: usize, m: usize, v: usize, vmax: usize, hyper: usize, n: usize, decoupled: u32) {
    parts! {
        n by 64, work work::each([n], 12.0);
        w: output f32[n], g: input f32[n], m: output f32[n], v: output f32[n], vmax: optional_output f32[n],
        hyper: input AdamHyper[1]
        => optim::adam(w, g, m, v, vmax, &hyper[0], decoupled != 0)
    }
}

#[wasm_bindgen]
pub fn tick(hyper: usize, i: usize) {
    slices! { hyper: output f64[i + 1] }
    optim::tick(hyper, i);
}
