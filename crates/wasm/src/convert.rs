//! Conversions of stored elements, and copies of those that take two or eight bytes.

use phyllo_kernels::{conversions, convert};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::layout::export_copies;
use crate::slices::slices;

macro_rules! export_conversions {
    ($($name:ident, $js:literal, $x:ident => $y:ident: $f:expr;)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        pub fn $name(x: usize, y: usize, n: usize) {
            slices! { x: input $x[n], y: output $y[n] }
            convert::$name(x, y);
        }
    )*};
}

conversions!(export_conversions);

export_copies! {
    copy16 copy_few u16;
    copy64 copy_few u64;
}
