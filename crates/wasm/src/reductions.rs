//! Sums, extremes, softmax and cross-entropy.

use phyllo_kernels::axis::Axis;
use phyllo_kernels::{extremes, nrm2, reduce, softmax, work};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::slices::parts;

/// The elements of a tensor of this n along an axis, from the first to the last.
pub(crate) fn along(axis: &Axis, n: usize) -> usize {
    if cfg!(feature = "threads") {
        return axis.len(n);
    }
    dry_run::size([axis.outer, n, axis.inner])
}

/// The same of rows of r numbers.
fn rows(axis: &Axis, n: usize, r: usize) -> usize {
    if cfg!(feature = "threads") {
        return axis.len(n) * r;
    }
    dry_run::size([axis.outer, n, axis.inner, r])
}

#[wasm_bindgen]
pub fn sum(x: usize, y: usize, n0: usize, r0: usize, n1: usize, r1: usize, scale: f32) {
    let (sizes, outputs) = ([n0, r0, n1, r1], dry_run::size([n0, n1]));
    parts! {
        outputs from first by reduce::sum_grain(sizes), work work::sum(sizes);
        x: input f32[n0 * r0 * n1 * r1], y: output f32[outputs] => reduce::sum(x, y, sizes, scale, first)
    }
}

#[wasm_bindgen]
pub fn nrm2(x: usize, y: usize, n0: usize, r0: usize, n1: usize, r1: usize) {
    let axis = Axis::new(n0, n1);
    parts! {
        cut axis by cut(work::nrm2([n0, r0, n1, r1])), from start;
        x: input f32[rows(&axis, r0, r1)] + start.of(r0) * r1, y: output f32[along(&axis, 1)] + start.of(1)
        => nrm2::nrm2(&axis, [r0, r1], x, y)
    }
}

#[wasm_bindgen]
pub fn distances(a: usize, b: usize, y: usize, batch: usize, m: usize, n: usize, d: usize) {
    dry_run::work([batch, m, n, d]);
    if batch == 1 {
        parts! {
            m by 1, work work::distances([1, m, n, d]);
            a: input f32[m * d], b: input f32[n * d], y: output f32[m * n] => nrm2::distances(a, b, y, [1, m, n, d])
        }
    } else {
        parts! {
            batch by 1, work work::distances([batch, m, n, d]);
            a: input f32[batch * m * d], b: input f32[batch * n * d], y: output f32[batch * m * n]
            => nrm2::distances(a, b, y, [batch, m, n, d])
        }
    }
}

#[wasm_bindgen(js_name = "sumI32")]
pub fn sum_i32(x: usize, y: usize, n0: usize, r0: usize, n1: usize, r1: usize) {
    let axis = Axis::new(n0, n1);
    parts! {
        cut axis by cut(work::sum_i32([n0, r0, n1, r1])), from start;
        x: input i32[rows(&axis, r0, r1)] + start.of(r0) * r1, y: output i32[along(&axis, 1)] + start.of(1)
        => reduce::sum_i32(&axis, [r0, r1], x, y)
    }
}

macro_rules! export_extremes {
    ($($js:literal $name:ident $type:ident)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, at: usize, outer: usize, r: usize, inner: usize) {
            dry_run::require(r > 0 || outer == 0 || inner == 0);
            let axis = Axis::new(outer, inner);
            parts! {
                cut axis by cut(work::largest([outer, r, inner])), from start;
                x: input $type[along(&axis, r)] + start.of(r),
                y: optional_output $type[along(&axis, 1)] + start.of(1),
                at: optional_output i32[along(&axis, 1)] + start.of(1)
                => extremes::$name(&axis, r, x, y, at)
            }
        }
    )*};
}

export_extremes! {
    "max" max f32
    "min" min f32
    "maxI32" max_i32 i32
    "minI32" min_i32 i32
}

macro_rules! export_softmax {
    ($($js:literal $name:ident)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, outer: usize, n: usize, inner: usize) {
            let axis = Axis::new(outer, inner);
            parts! {
                cut axis by cut(work::softmax([outer, n, inner], work::EXPONENTIAL)), from start;
                x: input f32[along(&axis, n)] + start.of(n), y: output_cells f32[along(&axis, n)] + start.of(n)
                => softmax::$name(&axis, n, x, y)
            }
        }
    )*};
}

export_softmax! {
    "softmax" softmax
    "logSoftmax" log_softmax
}

macro_rules! export_softmax_grad {
    ($($js:literal $name:ident)*) => {$(
        #[cfg(feature = "train")]
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(g: usize, y: usize, gx: usize, outer: usize, n: usize, inner: usize) {
            let axis = Axis::new(outer, inner);
            parts! {
                cut axis by cut(work::softmax([outer, n, inner], work::WEIGHTED)), from start;
                g: input f32[along(&axis, n)] + start.of(n), y: input f32[along(&axis, n)] + start.of(n),
                gx: output_cells f32[along(&axis, n)] + start.of(n)
                => softmax::$name(&axis, n, g, y, gx)
            }
        }
    )*};
}

export_softmax_grad! {
    "softmaxGrad" softmax_grad
    "logSoftmaxGrad" log_softmax_grad
}

#[wasm_bindgen(js_name = "crossEntropy")]
pub fn cross_entropy(x: usize, target: usize, loss: usize, norm: usize, count: usize, n: usize) {
    parts! {
        count by 1, work work::softmax([count, n, 1], work::EXPONENTIAL);
        x: input f32[count * n], target: input i32[count], loss: output f32[count], norm: output f32[count * 2]
        => softmax::cross_entropy(x, target, loss, norm, n)
    }
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "crossEntropyGrad")]
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy_grad(
    g: usize, x: usize, target: usize, norm: usize, gx: usize, count: usize, n: usize, step: usize,
) {
    let one = count.min(1);
    parts! {
        count by 1, work work::softmax([count, n, 1], work::EXPONENTIAL), with [let gradients = if step == 0 { one } else { count };];
        g: input f32[gradients], x: input f32[count * n], target: input i32[count], norm: input f32[count * 2],
        gx: output f32[count * n]
        => softmax::cross_entropy_grad(g, x, target, norm, gx, n, step)
    }
}
