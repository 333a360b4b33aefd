//! Normalisation.

use phyllo_kernels::norm::{self, Norm};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::slices::{parts, slices};

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn moments(x: usize, mean: usize, variance: usize, outer: usize, n: usize, inner: usize, centred: u32) {
    if outer == 1 {
        return parts! {
            n by 1, work 4 * n * inner;
            x: input f32[n * inner], mean: output f64[n], variance: output f64[n]
            => norm::moments(x, mean, variance, [1, n, inner], centred != 0)
        };
    }
    slices! { x: input f32[outer * n * inner], mean: output f64[n], variance: output f64[n] }
    norm::moments(x, mean, variance, [outer, n, inner], centred != 0);
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn normalise(
    x: usize, mean: usize, variance: usize, w: usize, b: usize, y: usize, outer: usize, n: usize, inner: usize,
    size: usize, step: usize, eps: f32,
) {
    dry_run::require(step > 0 && size > 0 || outer == 0 || n == 0 || inner == 0);
    if w != 0 || b != 0 {
        // A row takes weights one after another, and whole groups of elements share one; of columns each has its own.
        let whole =
            inner.is_multiple_of(step.max(1)) && (size as u64 * step as u64).is_multiple_of(inner.max(1) as u64);
        dry_run::require(whole && (size >= n || inner != 1 || outer <= 1));
    }
    if outer == 1 {
        // Whole rounds of the weights.
        let rows = (size as u64 * step as u64 / inner.max(1) as u64).max(1) as usize;
        return parts! {
            n by rows, work 3 * n * inner;
            x: input f32[n * inner], mean: input f64[n], variance: input f64[n],
            w: optional_input f32[size], b: optional_input f32[size], y: output f32[n * inner]
            => norm::normalise(&Norm { outer: 1, n, inner, size, step }, x, mean, variance, w, b, y, eps)
        };
    }
    let columns = inner == 1;
    parts! {
        outer by (if columns { outer } else { 1 }), work 3 * outer * n * inner;
        x: input f32[outer * n * inner], mean: input f64[n], variance: input f64[n],
        w: optional_input f32[size], b: optional_input f32[size], y: output f32[outer * n * inner]
        => norm::normalise(&Norm { outer, n, inner, size, step }, x, mean, variance, w, b, y, eps)
    }
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "normaliseGrad")]
#[allow(clippy::too_many_arguments)]
pub fn normalise_grad(
    g: usize, x: usize, mean: usize, variance: usize, w: usize, gx: usize, gw: usize, gb: usize, outer: usize,
    n: usize, inner: usize, size: usize, step: usize, centred: u32, eps: f32,
) {
    slices! {
        g: input f32[outer * n * inner], x: input f32[outer * n * inner], mean: input f64[n], variance: input f64[n],
        w: optional_input f32[size], gx: output f32[outer * n * inner],
        gw: optional_output f32[size], gb: optional_output f32[size],
    }
    let grad = norm::NormGrad { g, x, mean, variance, w, centred: centred != 0, eps };
    grad.run(&Norm { outer, n, inner, size, step }, gx, gw.zip(gb));
}
