//! Exports of the tables of elementwise kernels.

use phyllo_kernels::{binary as broadcast, casts, elementwise as functions, plain};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::layout::geometry;
use crate::memory::slices;

macro_rules! export_functions {
    ($($name:ident / $grad:ident, $js:literal / $js_grad:literal, $saved:ident: $f:expr => $slope:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, n: usize, p: f32) {
            slices! { x: cells f32[n], y: in_place f32[n] }
            functions::$name(x, y, p);
        }

        #[cfg(feature = "train")]
        #[wasm_bindgen(js_name = $js_grad)]
        pub fn $grad(g: usize, saved: usize, gx: usize, n: usize, p: f32) {
            slices! { g: cells f32[n], saved: cells f32[n], gx: in_place f32[n] }
            functions::$grad(g, saved, gx, p);
        }
    )*};
}

phyllo_kernels::elementwise!(export_functions);

macro_rules! export_plain {
    ($($name:ident, $js:literal: $f:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, n: usize, _p: f32) {
            slices! { x: cells f32[n], y: in_place f32[n] }
            functions::$name(x, y);
        }
    )*};
}

plain!(export_plain);

macro_rules! export_casts {
    ($($name:ident, $js:literal, $x:ident => $y:ident: $f:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, n: usize) {
            slices! { x: cells $x[n], y: in_place $y[n] }
            functions::$name(x, y);
        }
    )*};
}

casts!(export_casts);

macro_rules! export_binary {
    ($($name:ident, $js:literal, $x:ident => $y:ident: $f:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            a: usize, b: usize, y: usize, n0: usize, n1: usize, n2: usize, n3: usize,
            a0: isize, a1: isize, a2: isize, a3: isize, b0: isize, b1: isize, b2: isize, b3: isize,
        ) {
            let n = [n0, n1, n2, n3];
            let (geometry, [of_a, of_b]) = geometry(n, [a0, a1, a2, a3], [b0, b1, b2, b3]);
            slices! { a: strided $x[&of_a], b: strided $x[&of_b], y: in_place $y[n0 * n1 * n2 * n3] }
            broadcast::$name(a, b, y, geometry);
        }
    )*};
}

phyllo_kernels::binary!(export_binary);

#[wasm_bindgen(js_name = "addInto")]
pub fn add_into(a: usize, b: usize, n: usize) {
    slices! { a: in_place f32[n], b: cells f32[n] }
    functions::add_into(a, b);
}

#[wasm_bindgen]
pub fn clamp(x: usize, y: usize, n: usize, lo: f32, hi: f32) {
    slices! { x: cells f32[n], y: in_place f32[n] }
    functions::clamp(x, y, lo, hi);
}

#[wasm_bindgen(js_name = "where")]
pub fn select(c: usize, a: usize, b: usize, y: usize, n: usize) {
    slices! { c: cells u8[n], a: cells i32[n], b: cells i32[n], y: in_place i32[n] }
    functions::select(c, a, b, y);
}
