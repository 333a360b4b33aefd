//! Sorted rows and running sums.

use phyllo_kernels::axis::Axis;
use phyllo_kernels::{sort, work};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::reductions::along;
use crate::slices::parts;

macro_rules! export_topk {
    ($($js:literal $name:ident $type:ident)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, at: usize, rows: usize, n: usize, k: usize, descending: u32) {
            dry_run::require(k <= n);
            dry_run::work([rows, n, 32]); // n log k
            parts! {
                rows by 1, work work::each([rows, n], 64.0);
                x: input $type[rows * n], y: output $type[rows * k], at: output i32[rows * k];
                room = sort::topk_workspace(n, k)
                => sort::topk(x, y, at, [rows, n, k], descending != 0, room)
            }
        }
    )*};
}

export_topk! {
    "topk" topk f32
    "topkI32" topk_i32 i32
}

macro_rules! export_cumsum {
    ($($js:literal $name:ident $type:ident)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, outer: usize, n: usize, inner: usize, backwards: u32) {
            let axis = Axis::new(outer, inner);
            parts! {
                cut axis by cut(work::cumsum([outer, n, inner])), from start;
                x: input $type[along(&axis, n)] + start.of(n), y: output_cells $type[along(&axis, n)] + start.of(n)
                => sort::cumsum(&axis, n, x, y, backwards != 0)
            }
        }
    )*};
}

export_cumsum! {
    "cumsum" cumsum f32
    "cumsumI32" cumsum_i32 i32
}
