//! The boundary: the only crate that exports, and the only place where an address becomes a slice.
//!
//! Numbers alone cross it: addresses in bytes, sizes and strides in elements, scalars. What each function computes is
//! said in phyllo-kernels; here stands how many elements of what type each address leads to.
#![cfg(target_arch = "wasm32")]

mod elementwise;
mod indexing;
mod layout;
mod memory;
mod norms;
#[cfg(feature = "train")]
mod optimisers;
mod order;
mod products;
mod randomness;
mod recurrent;
mod reductions;
