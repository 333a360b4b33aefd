//! Normalisation.

use phyllo_kernels::norm::{self, Norm};
use phyllo_kernels::work;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::slices::parts;

/// The elements of n of the groups that are `apart` in each of `outer`, from the first to the last.
fn some(outer: usize, n: usize, apart: usize, inner: usize) -> usize {
    let all = dry_run::size([outer, apart, inner]);
    if n == 0 {
        0
    } else {
        all.saturating_sub((apart - n) * inner)
    }
}

/// Groups of a part: columns in vectors.
fn grain(outer: usize, inner: usize) -> usize {
    if outer > 1 && inner == 1 {
        16
    } else {
        1
    }
}

/// Groups of one round of the weights.
fn rounds(inner: usize, size: usize, step: usize) -> usize {
    (size as u64 * step as u64 / inner.max(1) as u64).max(1) as usize
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn moments(x: usize, mean: usize, variance: usize, outer: usize, n: usize, inner: usize, centred: u32) {
    let apart = n;
    parts! {
        n from first by grain(outer, inner), work work::moments([outer, n, inner]), with [
            let s = Norm { outer, n, apart, inner, size: 1, step: 1 };
        ];
        x: input f32[some(outer, n, apart, inner)] at [first * inner], mean: output f64[n], variance: output f64[n]
        => norm::moments(&s, x, mean, variance, centred != 0)
    }
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
        return parts! {
            n by rounds(inner, size, step), work work::normalise([1, n, inner]);
            x: input f32[n * inner], mean: input f64[n], variance: input f64[n],
            w: optional_input f32[size], b: optional_input f32[size], y: output_cells f32[n * inner]
            => norm::normalise(&Norm { outer: 1, n, apart: n, inner, size, step }, x, mean, variance, w, b, y, eps)
        };
    }
    if inner == 1 && (size == n || w == 0 && b == 0) {
        let apart = n;
        return parts! {
            n from first by grain(outer, 1), work work::normalise([outer, n, 1]), with [
                let s = Norm { outer, n, apart, inner: 1, size: n, step };
            ];
            x: input f32[some(outer, n, apart, 1)] at [first], mean: input f64[n], variance: input f64[n],
            w: optional_input f32[n], b: optional_input f32[n],
            y: output_cells f32[some(outer, n, apart, 1)] at [first]
            => norm::normalise(&s, x, mean, variance, w, b, y, eps)
        };
    }
    parts! {
        outer by (if inner == 1 { outer } else { 1 }), work work::normalise([outer, n, inner]);
        x: input f32[outer * n * inner], mean: input f64[n], variance: input f64[n],
        w: optional_input f32[size], b: optional_input f32[size], y: output_cells f32[outer * n * inner]
        => norm::normalise(&Norm { outer, n, apart: n, inner, size, step }, x, mean, variance, w, b, y, eps)
    }
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "normaliseGrad")]
#[allow(clippy::too_many_arguments)]
pub fn normalise_grad(
    g: usize, x: usize, mean: usize, variance: usize, w: usize, gx: usize, gw: usize, gb: usize, outer: usize,
    n: usize, inner: usize, size: usize, step: usize, centred: u32, eps: f32,
) {
    if outer > 1 && size == n && step == inner {
        // A batch: of each group all of its elements, and one weight.
        let apart = n;
        return parts! {
            n from first by grain(outer, inner), work work::normalise_grad([outer, n, inner]), with [
                let s = Norm { outer, n, apart, inner, size: n, step };
            ];
            g: input f32[some(outer, n, apart, inner)] at [first * inner],
            x: input f32[some(outer, n, apart, inner)] at [first * inner],
            mean: input f64[n], variance: input f64[n], w: optional_input f32[n],
            gx: output_cells f32[some(outer, n, apart, inner)] at [first * inner],
            gw: optional_output f32[n], gb: optional_output f32[n]
            => norm::NormGrad { g, x, mean, variance, w, centred: centred != 0, eps }.run(&s, gx, gw.zip(gb))
        };
    }
    let affine = gw != 0 && gb != 0;
    #[cfg(feature = "threads")]
    if affine && outer == 1 && step == 1 && size == inner {
        // Rows: the gradient of each, and sums down the columns, which are cut otherwise.
        row_grads(g, x, mean, variance, w, gx, n, inner, centred != 0, eps);
        return column_grads(g, x, mean, variance, gw, gb, n, inner, eps);
    }
    let rounds = if affine { n.max(1) } else { rounds(inner, size, step) };
    if outer == 1 {
        return parts! {
            n by rounds, work work::normalise_grad([1, n, inner]), with [let s = Norm { outer, n, apart: n, inner, size, step };];
            g: input f32[n * inner], x: input f32[n * inner], mean: input f64[n], variance: input f64[n],
            w: optional_input f32[size], gx: output_cells f32[n * inner],
            gw: optional_output f32[size], gb: optional_output f32[size]
            => norm::NormGrad { g, x, mean, variance, w, centred: centred != 0, eps }.run(&s, gx, gw.zip(gb))
        };
    }
    crate::slices::slices! {
        g: input f32[outer * n * inner], x: input f32[outer * n * inner], mean: input f64[n], variance: input f64[n],
        w: optional_input f32[size], gx: output_cells f32[outer * n * inner],
        gw: optional_output f32[size], gb: optional_output f32[size],
    }
    let grad = norm::NormGrad { g, x, mean, variance, w, centred: centred != 0, eps };
    grad.run(&Norm { outer, n, apart: n, inner, size, step }, gx, gw.zip(gb));
}

#[cfg(feature = "threads")]
#[allow(clippy::too_many_arguments)]
fn row_grads(
    g: usize, x: usize, mean: usize, variance: usize, w: usize, gx: usize, n: usize, inner: usize, centred: bool,
    eps: f32,
) {
    parts! {
        n by 1, work work::normalise_grad([1, n, inner]), with [let s = Norm { outer: 1, n, apart: n, inner, size: inner, step: 1 };];
        g: input f32[n * inner], x: input f32[n * inner], mean: input f64[n], variance: input f64[n],
        w: optional_input f32[inner], gx: output_cells f32[n * inner]
        => norm::NormGrad { g, x, mean, variance, w, centred, eps }.rows(&s, gx)
    }
}

#[cfg(feature = "threads")]
#[allow(clippy::too_many_arguments)]
fn column_grads(
    g: usize, x: usize, mean: usize, variance: usize, gw: usize, gb: usize, n: usize, inner: usize, eps: f32,
) {
    let (s, columns) = (Norm { outer: 1, n, apart: n, inner, size: inner, step: 1 }, inner);
    parts! {
        columns from first by 16, work work::each([n, inner], 12.0);
        g: input f32[n * inner], x: input f32[n * inner], mean: input f64[n], variance: input f64[n],
        gw: output f32[columns], gb: output f32[columns]
        => norm::NormGrad { g, x, mean, variance, w: None, centred: true, eps }.weights(&s, gw, gb, first)
    }
}
