//! Conversions of stored elements, and copies of those that take two or eight bytes.

use phyllo_kernels::convert;
#[cfg(feature = "train")]
use phyllo_kernels::{conversions, work};
#[cfg(feature = "train")]
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(feature = "train")]
use crate::layout::export_copies;
#[cfg(feature = "train")]
use crate::slices::parts;
#[cfg(not(feature = "train"))]
use crate::slices::slices;

/// The one that plans call: what normalises reads its statistics in f64.
#[cfg(not(feature = "train"))]
pub fn f32_to_f64(x: usize, y: usize, n: usize) {
    slices! { x: input f32[n], y: output f64[n] }
    convert::f32_to_f64(x, y);
}

#[cfg(feature = "train")]
macro_rules! export_conversions {
    ($($name:ident, $js:literal, $x:ident => $y:ident: $f:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, n: usize) {
            parts! {
                n by 64, work work::each([n], 2.0 + const { work::conversion($js) });
                x: input $x[n], y: output $y[n] => convert::$name(x, y)
            }
        }
    )*};
}

#[cfg(feature = "train")]
conversions!(export_conversions);

#[cfg(feature = "train")]
export_copies! {
    copy16 copy_few u16;
    copy64 copy_few u64;
}
