//! Linear memory: what is allocated, what kernels work in, and how addresses become slices.

use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::{Cell, UnsafeCell};
use core::slice;

use phyllo_arena::Memory;
#[cfg(feature = "plans")]
use phyllo_arena::Stack as Arena;
#[cfg(not(feature = "plans"))]
use phyllo_arena::{Arena, Usage};
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(feature = "checked")]
use crate::checked;
use crate::layout::Extent;

const PAGE: usize = 65536;

/// The pages that `memory.grow` adds.
struct Pages;

impl Memory for Pages {
    fn grow(&mut self, bytes: usize) -> Option<(usize, usize)> {
        let pages = bytes.div_ceil(PAGE);
        // The last page stays unused, so that no block ends at 2³².
        if memory_size::<0>() + pages >= PAGE {
            return None;
        }
        match memory_grow::<0>(pages) {
            usize::MAX => None,
            before => Some((before * PAGE, pages * PAGE)),
        }
    }
}

struct State {
    arena: Arena<Pages>,
    /// The block that kernels work in, and its bytes.
    workspace: (usize, usize),
}

struct Global(UnsafeCell<State>);

// SAFETY: this module has one thread.
unsafe impl Sync for Global {}

static STATE: Global = Global(UnsafeCell::new(State { arena: Arena::new(Pages), workspace: (0, 0) }));

/// Runs `f` on the state; `f` calls nothing that comes back here.
fn with_state<T>(f: impl FnOnce(&mut State) -> T) -> T {
    // SAFETY: one thread, and no second reference while `f` runs.
    f(unsafe { &mut *STATE.0.get() })
}

/// The address of a block of at least `bytes` bytes, aligned to 16; 0 if memory cannot grow.
#[wasm_bindgen]
pub fn alloc(bytes: usize) -> usize {
    #[cfg(feature = "plans")]
    let at = with_state(|state| state.arena.take(bytes)).unwrap_or(0);
    #[cfg(not(feature = "plans"))]
    let at = with_state(|state| state.arena.alloc(bytes)).unwrap_or(0);
    #[cfg(feature = "checked")]
    checked::allocated(at, bytes);
    at
}

/// Gives back a block that was allocated with the same `bytes`.
#[cfg(not(feature = "plans"))]
#[wasm_bindgen]
pub fn free(at: usize, bytes: usize) {
    #[cfg(feature = "checked")]
    checked::freed(at, bytes);
    // SAFETY: the contract of the boundary; the checked binary asserts it.
    with_state(|state| unsafe { state.arena.free(at, bytes) });
}

#[cfg(not(feature = "plans"))]
fn usage() -> Usage {
    with_state(|state| state.arena.usage())
}

#[cfg(not(feature = "plans"))]
#[wasm_bindgen(js_name = "liveBytes")]
pub fn live_bytes() -> usize {
    usage().bytes
}

#[cfg(not(feature = "plans"))]
#[wasm_bindgen(js_name = "liveBlocks")]
pub fn live_blocks() -> usize {
    usage().blocks
}

#[cfg(not(feature = "plans"))]
#[wasm_bindgen(js_name = "peakBytes")]
pub fn peak_bytes() -> usize {
    usage().peak
}

#[cfg(not(feature = "plans"))]
#[wasm_bindgen(js_name = "resetPeak")]
pub fn reset_peak() {
    with_state(|state| state.arena.reset_peak());
}

/// Where the checked binary leaves the message of a panic: a length in four bytes, then so many of UTF-8. 0 in the
/// others, which trap without one. To be called before anything else.
#[wasm_bindgen(js_name = "panicMessage")]
pub fn panic_message() -> usize {
    #[cfg(feature = "checked")]
    return checked::keep_messages();
    #[cfg(not(feature = "checked"))]
    return 0;
}

/// A workspace of n elements, its contents undefined, until the next call.
///
/// # Panics
/// If memory cannot grow.
pub fn workspace<'a>(n: usize) -> &'a mut [f32] {
    if n == 0 {
        return &mut [];
    }
    let bytes = n.checked_mul(size_of::<f32>()).expect("a workspace that fits into memory");
    let at = with_state(|state| {
        let (at, size) = state.workspace;
        if size < bytes {
            if size > 0 {
                // SAFETY: this is the block as it was taken; the slice of the last call is gone.
                unsafe { state.arena.give(at, size) };
            }
            state.workspace = (0, 0);
            state.workspace = (state.arena.take(bytes).expect("memory for a workspace"), bytes);
        }
        state.workspace.0
    });
    // SAFETY: the block is the arena's, large enough, aligned, and used by the running kernel alone.
    unsafe { slice::from_raw_parts_mut(at as *mut f32, n) }
}

/// # Safety
/// This and the following: n elements from `at` on lie in a live block and are aligned, as the contract says; nothing
/// but the running kernel uses them, and what it writes is no other operand's unless both are cells. The checked binary
/// asserts it.
#[inline(always)]
pub unsafe fn input<'a, T>(at: usize, n: usize) -> &'a [T] {
    if n == 0 {
        return &[];
    }
    slice::from_raw_parts(at as *const T, n)
}

/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn output<'a, T>(at: usize, n: usize) -> &'a mut [T] {
    if n == 0 {
        return &mut [];
    }
    slice::from_raw_parts_mut(at as *mut T, n)
}

/// An input that an `in_place` output may be.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn cells<'a, T>(at: usize, n: usize) -> &'a [Cell<T>] {
    input(at, n)
}

/// An output that may be one of the `cells`, element for element.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn in_place<'a, T>(at: usize, n: usize) -> &'a [Cell<T>] {
    input(at, n)
}

/// An output that may be no other operand, whose kernel writes cells.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn output_cells<'a, T>(at: usize, n: usize) -> &'a [Cell<T>] {
    input(at, n)
}

/// Cells with strides, from the lowest to the highest.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn strided<'a, T>(at: usize, extent: &Extent) -> &'a [Cell<T>] {
    input(at.wrapping_sub(extent.below * size_of::<T>()), extent.len)
}

/// As `output_cells`, with strides.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn strided_output<'a, T>(at: usize, extent: &Extent) -> &'a [Cell<T>] {
    strided(at, extent)
}

/// An operand that is absent at address 0.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn optional_input<'a, T>(at: usize, n: usize) -> Option<&'a [T]> {
    (at != 0).then(|| input(at, n))
}

/// # Safety
/// As for `optional_input`.
#[inline(always)]
pub unsafe fn optional_output<'a, T>(at: usize, n: usize) -> Option<&'a mut [T]> {
    (at != 0).then(|| output(at, n))
}

/// Turns addresses into slices of the same names: `x: input f32[n]` and so on, by the functions above. After a
/// semicolon, `room = n` is a workspace. In a trial the function ends here, and the checked binary refuses here what
/// breaks the contract, so this comes once, with every operand.
macro_rules! slices {
    ($($name:ident: $kind:ident $type:ident[$($n:tt)+]),* $(,)? $(; $room:ident = $need:expr)?) => {
        #[cfg(feature = "plans")]
        if $crate::trial::running() {
            $($crate::trial::$kind::<$type>($name, $crate::memory::extent!($($n)+));)*
            // No memory is asked for afterwards.
            $(if !$crate::trial::refused() { $crate::memory::workspace($need); })?
            return Default::default();
        }
        #[cfg(feature = "checked")]
        $crate::checked::call(&[
            $($crate::checked::$kind::<$type>(stringify!($name), $name, $crate::memory::extent!($($n)+))),*
        ]);
        $(
            // SAFETY: an exported function is called as the contract says.
            let $name = unsafe { $crate::memory::$kind::<$type>($name, $crate::memory::extent!($($n)+)) };
        )*
        $(let $room = $crate::memory::workspace($need);)?
    };
}

/// How many elements: a product of sizes, or what finds it; or a strided operand's extent.
macro_rules! extent {
    ($first:tt $(* $more:tt)*) => { $crate::trial::size([$first $(, $more)*]) };
    ($n:expr) => { $n };
}

pub(crate) use {extent, slices};
