//! Gathering and scattering.

use phyllo_kernels::axis::Axis;
use phyllo_kernels::{index as kernels, work};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::reductions::along;
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
            k by 16, work work::gather([1, k, inner]);
            x: input i32[n * inner], index: input i32[k * inner], y: output i32[k * inner]
            => kernels::gather(x, index, y, [1, n, k, inner])
        };
    }
    parts! {
        outer by 1, work work::gather([outer, k, inner]);
        x: input i32[outer * n * inner], index: input i32[outer * k * inner], y: output i32[outer * k * inner]
        => kernels::gather(x, index, y, [outer, n, k, inner])
    }
}

#[wasm_bindgen(js_name = "scatterAdd")]
pub fn scatter_add(g: usize, index: usize, y: usize, outer: usize, n: usize, k: usize, inner: usize) {
    let axis = Axis::new(outer, inner);
    parts! {
        cut axis by cut(work::scatter([outer, n, k, inner])), from start;
        g: input f32[along(&axis, k)] + start.of(k), index: input i32[along(&axis, k)] + start.of(k),
        y: output_cells f32[along(&axis, n)] + start.of(n)
        => kernels::scatter_add(&axis, [n, k], g, index, y)
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
            let axis = Axis::new(outer, inner);
            parts! {
                cut axis by cut(work::scatter([outer, 0, k, inner])), from start;
                x: input $type[along(&axis, k)] + start.of(k),
                index: input i32[along(&axis, k)] + start.of(k),
                y: output_cells $type[along(&axis, n)] + start.of(n)
                => kernels::$name(&axis, [n, k], x, index, y, mode)
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
                    k by 1, work work::index_select([1, k, inner]);
                    x: cells $type[n * inner], index: input i32[k], y: output_cells $type[k * inner]
                    => kernels::index_select(x, index, y, [1, n, k, inner])
                };
            }
            parts! {
                outer by 1, work work::index_select([outer, k, inner]);
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
    let axis = Axis::new(outer, inner);
    parts! {
        cut axis by cut(work::index_add([outer, n, k, inner])), from start;
        g: input f32[along(&axis, k)] + start.of(k), index: input i32[k], y: output_cells f32[along(&axis, n)] + start.of(n)
        => kernels::index_add(&axis, [n, k], g, index, y)
    }
}
