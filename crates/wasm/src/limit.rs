//! What a core can do at most.

use phyllo_kernels::limit;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::slices::slices;

const LEN: usize = limit::LEN;

#[wasm_bindgen(js_name = "multiplyAdds")]
pub fn multiply_adds(y: usize, turns: usize) {
    slices! { y: output f32[LEN] }
    limit::multiply_adds(y, turns);
}
