//! The boundary: the only crate that exports, and the only place where an address becomes a slice.
//!
//! Numbers alone cross it: addresses in bytes, sizes and strides in elements, scalars. What each function computes is
//! said in phyllo-kernels; here stands how many elements of what type each address leads to.
#![cfg(target_arch = "wasm32")]
#![no_std]
// The compiler is stable, and RUSTC_BOOTSTRAP lets it: there is no other way to wait in WebAssembly.
#![cfg_attr(feature = "threads", feature(stdarch_wasm_atomic_wait))]

#[cfg(feature = "checked")]
extern crate std;

#[cfg(not(feature = "checked"))]
mod bare;

#[cfg(feature = "checked")]
mod checked;
mod convert;
mod convolutions;
#[cfg(feature = "train")]
mod dispatch;
#[cfg(feature = "plans")]
mod dry_run;
#[cfg(not(feature = "plans"))]
#[path = "dry_run_off.rs"]
mod dry_run;
mod elementwise;
mod extent;
mod failure;
mod indexing;
mod layout;
#[cfg(feature = "train")]
mod limit;
#[cfg(feature = "train")]
mod linalg;
mod memory;
mod norms;
#[cfg(feature = "train")]
mod optimisers;
mod order;
#[cfg(feature = "threads")]
mod parts;
#[cfg(not(feature = "threads"))]
#[path = "parts_off.rs"]
mod parts;
#[cfg(feature = "plans")]
mod plan;
mod pooling;
mod products;
mod randomness;
mod recurrent;
mod reductions;
mod slices;
mod strided;
#[cfg(feature = "threads")]
mod threads;
mod windows;
#[cfg(feature = "plans")]
mod words;
