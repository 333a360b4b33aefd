//! The boundary: the only crate that exports, the only place where an address becomes a slice.

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of the contract between the binary and the TypeScript above it.
#[wasm_bindgen]
pub fn version() -> u32 {
    1
}
