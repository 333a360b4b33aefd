//! What the standard library would bring: a panic handler, and an allocator that has nothing.

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;
use core::ptr::null_mut;

use crate::failure;

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    failure::panicked(info)
}

struct Nothing;

// SAFETY: it never returns memory, so none can be wrong.
unsafe impl GlobalAlloc for Nothing {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

/// wasm-bindgen asks for one.
#[global_allocator]
static NOTHING: Nothing = Nothing;
