//! Gathering and scattering.

use phyllo_kernels::index as kernels;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::slices::{parts, slices};

#[wasm_bindgen(js_name = "indexOutside")]
pub fn index_outside(index: usize, n: usize, size: i32) -> i32 {
    slices! { index: input i32[n] }
    kernels::index_outside(index, size)
}

#[wasm_bindgen]
pub fn gather(x: usize, index: usize, y: usize, outer: usize, n: usize, k: usize, inner: usize) {
    dry_run::require(n > 0 || outer == 0 || k == 0 || inner == 0);
    if outer == 1 {
        return parts! {
            k by 16, work 6 * k * inner;
            x: input i32[n * inner], index: input i32[k * inner], y: output i32[k * inner]
            => kernels::gather(x, index, y, [1, n, k, inner])
        };
    }
    parts! {
        outer by 1, work 6 * outer * k * inner;
        x: input i32[outer * n * inner], index: input i32[outer * k * inner], y: output i32[outer * k * inner]
        => kernels::gather(x, index, y, [outer, n, k, inner])
    }
}

#[wasm_bindgen(js_name = "scatterAdd")]
pub fn scatter_add(g: usize, index: usize, y: usize, outer: usize, n: usize, k: usize, inner: usize) {
    parts! {
        outer by 1, work 6 * outer * k * inner;
        g: input f32[outer * k * inner], index: input i32[outer * k * inner], y: output f32[outer * n * inner]
        => kernels::scatter_add(g, index, y, [outer, n, k, inner])
    }
}

macro_rules! export_scatter {
    ($($js:literal $name:ident $type:ident)*) => {$(
        #[cfg(feature = "train")]
        #[wasm_bindgen(js_name = $js)]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            x: usize,
            index: usize,
            y: usize,
            outer: usize,
            n: usize,
            k: usize,
            inner: usize,
            mode: u32,
        ) {
            parts! {
                outer by 1, work 6 * outer * k * inner;
                x: input $type[outer * k * inner],
                index: input i32[outer * k * inner],
                y: output $type[outer * n * inner]
                => kernels::$name(x, index, y, [outer, n, k, inner], mode)
            }
        }
    )*};
}

export_scatter! {
    "scatter" scatter f32
    "scatterI32" scatter_i32 i32
}

macro_rules! export_index_select {
    ($($js:literal $name:ident $type:ident)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, index: usize, y: usize, outer: usize, n: usize, k: usize, inner: usize) {
            dry_run::require(n > 0 || outer == 0 || k == 0 || inner == 0);
            if outer == 1 {
                return parts! {
                    k by 1, work 2 * k * inner;
                    x: cells $type[n * inner], index: input i32[k], y: output_cells $type[k * inner]
                    => kernels::index_select(x, index, y, [1, n, k, inner])
                };
            }
            parts! {
                outer by 1, work 2 * outer * k * inner;
                x: cells $type[outer * n * inner], index: input i32[k], y: output_cells $type[outer * k * inner]
                => kernels::index_select(x, index, y, [outer, n, k, inner])
            }
        }
    )*};
}

export_index_select! {
    "indexSelect" index_select i32
    "indexSelect8" index_select8 u8
}

#[wasm_bindgen(js_name = "indexAdd")]
pub fn index_add(g: usize, index: usize, y: usize, outer: usize, n: usize, k: usize, inner: usize) {
    parts! {
        outer by 1, work 3 * outer * k * inner;
        g: input f32[outer * k * inner], index: input i32[k], y: output f32[outer * n * inner]
        => kernels::index_add(g, index, y, [outer, n, k, inner])
    }
}
