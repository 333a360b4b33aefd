//! Exports of the tables of elementwise kernels. The binaries for plan files and for threads share one
//! function for each kind of export, which keeps them small; in the others it is inlined.

use core::cell::Cell;

use phyllo_kernels::binary::Geometry;
use phyllo_kernels::{binary as broadcast, casts, elementwise as functions, plain, work};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::parts;
use crate::slices::{parts, slices_of_part};
use crate::strided::{axis, geometry, step};

/// Parts begin where lines of the cache do, and vectors.
const GRAIN: usize = 64;

type Map = fn(x: &[Cell<f32>], y: &[Cell<f32>], p: f32);

/// y = f(x), which takes so much beside reading and writing.
#[cfg_attr(any(feature = "plans", feature = "threads"), inline(never))]
#[cfg_attr(not(any(feature = "plans", feature = "threads")), inline(always))]
fn map(x: usize, y: usize, n: usize, p: f32, f: Map, cost: f32) {
    parts! { n by GRAIN, work work::each([n], 2.0 + cost); x: cells f32[n], y: in_place f32[n] => f(x, y, p) }
}

#[cfg(feature = "train")]
type MapGrad = fn(g: &[Cell<f32>], saved: &[Cell<f32>], gx: &[Cell<f32>], p: f32);

/// gx = g f′
#[cfg(feature = "train")]
#[cfg_attr(feature = "threads", inline(never))]
#[cfg_attr(not(feature = "threads"), inline(always))]
fn map_grad(g: usize, saved: usize, gx: usize, n: usize, p: f32, f: MapGrad, cost: f32) {
    parts! {
        n by GRAIN, work work::each([n], 3.0 + cost);
        g: cells f32[n], saved: cells f32[n], gx: in_place f32[n] => f(g, saved, gx, p)
    }
}

macro_rules! export_functions {
    ($($name:ident / $grad:ident, $js:literal / $js_grad:literal, $saved:ident: $f:expr => $slope:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, n: usize, p: f32) {
            map(x, y, n, p, functions::$name, const { work::function($js) });
        }

        #[cfg(feature = "train")]
        #[wasm_bindgen(js_name = $js_grad)]
        pub fn $grad(g: usize, saved: usize, gx: usize, n: usize, p: f32) {
            map_grad(g, saved, gx, n, p, functions::$grad, const { work::function($js_grad) });
        }
    )*};
}

phyllo_kernels::elementwise!(export_functions);

macro_rules! export_plain {
    ($($name:ident, $js:literal: $f:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, n: usize, p: f32) {
            map(x, y, n, p, |x, y, _| functions::$name(x, y), const { work::function($js) });
        }
    )*};
}

plain!(export_plain);

macro_rules! export_casts {
    ($($name:ident, $js:literal, $x:ident => $y:ident: $f:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, n: usize) {
            parts! { n by GRAIN, work work::each([n], 2.0); x: cells $x[n], y: in_place $y[n] => functions::$name(x, y) }
        }
    )*};
}

casts!(export_casts);

type Binary<X, Y> = fn(&[Cell<X>], &[Cell<X>], &[Cell<Y>], Geometry);

/// y = f(a, b)
#[cfg_attr(any(feature = "plans", feature = "threads"), inline(never))]
#[cfg_attr(not(any(feature = "plans", feature = "threads")), inline(always))]
fn zip<X, Y>(a: (usize, [isize; 4]), b: (usize, [isize; 4]), y: usize, n: [usize; 4], f: Binary<X, Y>, cost: f32) {
    // One row, dense or a scalar: most calls, of which small ones are to cost little.
    #[cfg(not(feature = "plans"))]
    if let [1, 1, 1, n] = n {
        let steps = if n == 1 { (1, 1) } else { (a.1[3], b.1[3]) };
        if let (1, 0 | 1) | (0, 1) = steps {
            let (a, b) = (a.0, b.0);
            let one = n.min(1);
            return parts! {
                n by GRAIN, work work::each([n], 3.0 + cost), with [
                    let of_a = if steps.0 == 0 { one } else { n };
                    let of_b = if steps.1 == 0 { one } else { n };
                ];
                a: cells X[of_a], b: cells X[of_b], y: in_place Y[n] => f(a, b, y, Geometry::row(n, steps))
            };
        }
    }
    strided(a, b, y, n, f, cost);
}

#[cfg_attr(feature = "plans", inline(always))]
#[cfg_attr(not(feature = "plans"), inline(never))]
fn strided<X, Y>(
    (a, sa): (usize, [isize; 4]), (b, sb): (usize, [isize; 4]), y: usize, n: [usize; 4], f: Binary<X, Y>, cost: f32,
) {
    let axis = axis(n);
    let row: usize = n[axis + 1..].iter().fold(1, |product, n| product.wrapping_mul(*n));
    parts::each(n[axis], 1, work::strided(n, [sa[3], sb[3]], 3.0 + cost), |start, length| {
        let mut n = n;
        n[axis] = length;
        let (a, b) = (step::<X>(a, start, sa[axis]), step::<X>(b, start, sb[axis]));
        let y = y + start * row * size_of::<Y>();
        let (geometry, [of_a, of_b]) = geometry(n, sa, sb);
        slices_of_part! { a: strided X[&of_a], b: strided X[&of_b], y: in_place Y[dry_run::size(n)] }
        f(a, b, y, geometry);
    });
}

macro_rules! export_binary {
    ($($name:ident, $js:literal, $x:ident => $y:ident: $f:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            a: usize, b: usize, y: usize, n0: usize, n1: usize, n2: usize, n3: usize,
            a0: isize, a1: isize, a2: isize, a3: isize, b0: isize, b1: isize, b2: isize, b3: isize,
        ) {
            let (a, b) = ((a, [a0, a1, a2, a3]), (b, [b0, b1, b2, b3]));
            zip::<$x, $y>(a, b, y, [n0, n1, n2, n3], broadcast::$name, const { work::binary($js) });
        }
    )*};
}

phyllo_kernels::binary!(export_binary);

#[wasm_bindgen(js_name = "addInto")]
pub fn add_into(a: usize, b: usize, n: usize) {
    parts! { n by GRAIN, work work::each([n], 3.0); a: in_place f32[n], b: cells f32[n] => functions::add_into(a, b) }
}

#[wasm_bindgen]
pub fn clamp(x: usize, y: usize, n: usize, lo: f32, hi: f32) {
    parts! { n by GRAIN, work work::each([n], 2.0); x: cells f32[n], y: in_place f32[n] => functions::clamp(x, y, lo, hi) }
}

#[wasm_bindgen(js_name = "where")]
pub fn select(c: usize, a: usize, b: usize, y: usize, n: usize) {
    parts! {
        n by GRAIN, work work::each([n], 4.0);
        c: cells u8[n], a: cells i32[n], b: cells i32[n], y: in_place i32[n] => functions::select(c, a, b, y)
    }
}
