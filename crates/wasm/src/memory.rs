//! Linear memory: what is allocated, and the workspace of kernels.

use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
#[cfg(not(feature = "plans"))]
use core::hint::black_box;
use core::mem;
use core::slice;

use phyllo_arena::Memory;
#[cfg(feature = "plans")]
use phyllo_arena::Stack as Arena;
#[cfg(not(feature = "plans"))]
use phyllo_arena::{Arena, Usage};
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(feature = "checked")]
use crate::checked;
use crate::failure;
#[cfg(not(feature = "plans"))]
use crate::parts;

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
    /// Where `alloc` has its frame when nothing is below, or 0.
    #[cfg(not(feature = "plans"))]
    frame: usize,
    /// Whether this is being changed. A call that is cut off leaves it so.
    #[cfg(not(feature = "plans"))]
    changing: bool,
}

struct Global(UnsafeCell<State>);

// SAFETY: only the thread that calls comes here. Binaries for several have others, which compute parts of its calls: these
// neither allocate nor ask for a workspace, nor does the one that starts them.
unsafe impl Sync for Global {}

static STATE: Global = Global(UnsafeCell::new(State {
    arena: Arena::new(Pages),
    workspace: (0, 0),
    #[cfg(not(feature = "plans"))]
    frame: 0,
    #[cfg(not(feature = "plans"))]
    changing: false,
}));

/// Runs `f` on the state; `f` calls nothing that comes back here.
#[cfg(feature = "plans")]
fn with_state<T>(f: impl FnOnce(&mut State) -> T) -> T {
    // SAFETY: of one thread, as above, and no second reference while `f` runs.
    f(unsafe { &mut *STATE.0.get() })
}

/// Runs `f` on the state; `f` calls nothing that comes back here. If an earlier one was cut off (the engine's own stack may
/// end anywhere), the state cannot be trusted.
#[cfg(not(feature = "plans"))]
fn with_state<T>(f: impl FnOnce(&mut State) -> T) -> T {
    // SAFETY: of one thread, as above, and no second reference while `f` runs.
    let state = unsafe { &mut *STATE.0.get() };
    assert!(!state.changing, "memory was left in the middle of a change, by a stack overflow: load the library anew");
    let changing = &raw mut state.changing;
    // SAFETY: a field of the state. Volatile, since the compiler does not know of calls that are cut off.
    unsafe { changing.write_volatile(true) };
    let result = f(state);
    unsafe { changing.write_volatile(false) };
    result
}

impl State {
    /// What `take` finds, for which the workspace makes room if there is none else.
    fn find(&mut self, take: impl Fn(&mut Arena<Pages>) -> Option<usize>) -> Option<usize> {
        take(&mut self.arena).or_else(|| {
            self.drop_workspace();
            take(&mut self.arena)
        })
    }

    fn drop_workspace(&mut self) {
        let (at, bytes) = mem::take(&mut self.workspace);
        if bytes > 0 {
            // SAFETY: this is the block as it was taken; the slice of the last kernel is gone.
            unsafe { self.arena.release(at, bytes) };
        }
    }

    /// The workspace, of `bytes` bytes at least.
    fn workspace(&mut self, bytes: usize) -> Option<usize> {
        if self.workspace.1 < bytes {
            self.drop_workspace();
            self.workspace = (self.arena.take(bytes)?, bytes);
        }
        Some(self.workspace.0)
    }
}

/// The address of a block of at least `bytes` bytes, aligned to 16; 0 if memory cannot grow.
#[cfg(feature = "plans")]
#[wasm_bindgen]
pub fn alloc(bytes: usize) -> usize {
    with_state(|state| state.find(|arena| arena.take(bytes))).unwrap_or(0)
}

/// The address of a block of at least `bytes` bytes, aligned to 16. 0 if memory cannot grow, or if `__stack_pointer` is
/// not where it was at the first call: a trap leaves its frames on the stack.
#[cfg(not(feature = "plans"))]
#[wasm_bindgen]
pub fn alloc(bytes: usize) -> usize {
    parts::settle();
    let here = 0u8;
    let frame = black_box(&here) as *const u8 as usize;
    let at = with_state(|state| {
        if state.frame == 0 {
            state.frame = frame;
        }
        if state.frame == frame {
            state.find(|arena| arena.alloc(bytes))
        } else {
            None
        }
    })
    .unwrap_or(0);
    #[cfg(feature = "checked")]
    checked::allocated(at, bytes);
    at
}

/// Frees a block that was allocated with the same `bytes`.
#[cfg(not(feature = "plans"))]
#[wasm_bindgen]
pub fn free(at: usize, bytes: usize) {
    parts::settle();
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

/// The address of a block of `bytes` bytes that stays in use and is not counted, if there is room.
#[cfg(feature = "threads")]
pub fn reserve(bytes: usize) -> Option<usize> {
    with_state(|state| state.find(|arena| arena.take(bytes)))
}

/// The address of a workspace of n elements, until the next call, if there is room.
#[cfg(feature = "threads")]
pub fn room(n: usize) -> Option<usize> {
    match n {
        0 => Some(0),
        _ => n.checked_mul(size_of::<f32>()).and_then(|bytes| with_state(|state| state.workspace(bytes))),
    }
}

/// A workspace of n elements, its contents undefined, until the next call, for the function of this path.
pub fn workspace<'a>(name: &str, n: usize) -> &'a mut [f32] {
    if n == 0 {
        return &mut [];
    }
    let bytes = n.checked_mul(size_of::<f32>());
    match bytes.and_then(|bytes| with_state(|state| state.workspace(bytes))) {
        // SAFETY: the block is the arena's, large enough, aligned, and used by the running kernel alone.
        Some(at) => unsafe { slice::from_raw_parts_mut(at as *mut f32, n) },
        None => failure::out_of_workspace(name, n),
    }
}
