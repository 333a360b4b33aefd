//! The stacks of threads. The caller's begins at address 0, below which there is nothing: to run over it is a trap. Theirs
//! lie among the tensors, each above a word by which tests see whether one was too small.

use core::ptr::{null_mut, NonNull};
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicPtr, AtomicU32};

use wasm_bindgen::prelude::wasm_bindgen;

use crate::memory;

/// What lies below a stack: the guard that was laid before, and above it, where a stack that grows downwards comes first, the
/// word.
#[repr(C, align(16))]
struct Guard {
    before: *mut Guard,
    word: AtomicU32,
}

const WORD: u32 = 0x5afe_57ac;

static LAST: AtomicPtr<Guard> = AtomicPtr::new(null_mut());

/// The address of `bytes` bytes that stay in use and are not counted, or 0: the stack of a thread.
#[wasm_bindgen]
pub fn reserve(bytes: usize) -> usize {
    let Some(at) = bytes.checked_add(size_of::<Guard>()).and_then(memory::reserve) else { return 0 };
    let guard = at as *mut Guard;
    // SAFETY: a block of this size and alignment that nobody else has.
    unsafe { guard.write(Guard { before: LAST.load(Relaxed), word: AtomicU32::new(WORD) }) };
    LAST.store(guard, Relaxed);
    at + size_of::<Guard>()
}

/// The address of a stack that was run over, or 0.
#[wasm_bindgen(js_name = "overrunStack")]
pub fn overrun_stack() -> usize {
    let mut at = LAST.load(Relaxed);
    while let Some(guard) = NonNull::new(at) {
        // SAFETY: laid by `reserve`; those before have been looked at, and are whole.
        let Guard { before, word } = unsafe { guard.as_ref() };
        if word.load(Relaxed) != WORD {
            return guard.as_ptr() as usize + size_of::<Guard>();
        }
        at = *before;
    }
    0
}
