//! Threads: instances of this module on one shared memory, which take parts of kernel calls.
//!
//! The thread that calls a kernel publishes its parts as a ticket, takes parts itself until none is left, and waits for
//! those that others took. Any thread may take any part: one that the system does not let run takes none, and so holds
//! nobody up. Both sides spin for a while before they wait, since waking a thread takes 5 to 23 µs and a turn of a spin
//! 1 ns.
//!
//! One thread calls, all others compute parts: a part calls nothing that is exported, so it neither allocates nor cuts its
//! work again. What is here and in `memory.rs` relies on that, and [`abandon`] asserts it.

mod pool;
mod stacks;
mod trial;
mod worker;

use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
use core::hint::{black_box, spin_loop};
use core::sync::atomic::Ordering::{Relaxed, SeqCst};

use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure;
use crate::parts::{Division, Rooms};
use pool::{nobody_computes, take, Call, Ticket, END, MOST, NOTHING, POOL};
use trial::{count_shared, dawdle};

/// The turns that the caller spins for parts that others have taken. Where another program has the other core, 20,000 cost
/// LeNet-5 a fifth; where it is free, 200 cost 3 %.
const JOIN_SPINS: u32 = 2_000;

/// Lets n threads compute, the caller among them; whether the caller may wait.
#[wasm_bindgen(js_name = "allowThreads")]
pub fn allow_threads(n: u32, may_wait: u32) {
    POOL.allowed.store(n.clamp(1, MOST as u32), SeqCst);
    POOL.may_wait.store(may_wait, SeqCst);
}

/// The work that a program has done, of calls that could be cut, before it is given threads: to start one takes some 40 ms
/// of a core, and this some 15.
const LONG: u64 = 1 << 27;

#[link(wasm_import_module = "phyllo")]
extern "C" {
    /// This program would gain by threads.
    #[link_name = "wantThreads"]
    fn want_threads();
}

/// Notes work that one thread does alone where there could be more, and asks for them once that was much.
#[cold]
pub fn wish(work: u64) {
    if POOL.allowed.load(Relaxed) > 1 {
        let before = POOL.alone.fetch_add(work, Relaxed);
        if before < LONG && before.saturating_add(work) >= LONG {
            // SAFETY: it comes back here, to `allow_threads` and to `reserve`, which may take the workspace away; the call
            // that wishes has none yet, since a `Division` is made before `rooms` are looked for.
            unsafe { want_threads() }
        }
    }
}

#[inline(always)]
pub fn least_work() -> u64 {
    POOL.least.load(Relaxed).into()
}

/// How many threads compute, the caller among them.
#[wasm_bindgen(js_name = "runningThreads")]
pub fn running_threads() -> usize {
    POOL.allowed.load(Relaxed).min(POOL.present.load(Relaxed).count_ones() + 1) as usize
}

/// Computes a call: alone, or part by part with all threads that are free. Returns when all is done.
#[inline(always)]
pub fn run<F: Fn(usize, usize, usize, usize) + Sync>(division: Division, rooms: Rooms, part: &F) {
    unsafe fn erased<F: Fn(usize, usize, usize, usize)>(f: *const (), first: usize, n: usize, room: usize, len: usize) {
        (*f.cast::<F>())(first, n, room, len);
    }
    join(&Call { division, rooms, part: erased::<F>, operands: (part as *const F).cast() });
}

#[inline(never)]
fn join(call: &Call) {
    let parts = call.division.count;
    if parts == 1 {
        // SAFETY: `run` has the operands.
        return unsafe { call.compute(0) };
    }
    begin(call);
    dawdle(parts);
    let mut mine = 0;
    while let Some((i, _)) = take() {
        dawdle(i);
        // SAFETY: as above, and nobody else takes part i.
        unsafe { call.compute(i) };
        mine += 1;
    }
    end(parts - mine);
}

/// Publishes a call. No other runs: who made its `Division` has seen to that.
fn begin(call: &Call) {
    POOL.running.store(1, Relaxed);
    POOL.call.0.store((call as *const Call).cast_mut(), Relaxed);
    POOL.done.0.store(0, Relaxed);
    // What failed since the last call is no failure of this one.
    POOL.failed.store(NOTHING, Relaxed);
    let before = Ticket(POOL.ticket.0.load(Relaxed));
    let parts = call.division.count as u32;
    POOL.ticket.0.store(Ticket::new(before.call().wrapping_add(1), parts).0, SeqCst);
    if POOL.waiting.load(SeqCst) != 0 {
        // SAFETY: the address of a static.
        unsafe { memory_atomic_notify(POOL.ticket.0.as_ptr().cast(), parts - 1) };
    }
}

/// Waits for n parts that others have taken.
fn end(n: usize) {
    let all = || POOL.done.0.load(SeqCst) == n as u32;
    await_others(all);
    POOL.running.store(0, Relaxed);
    count_shared();
    // If all parts are there, what failed was none of them: a thread may end after it has counted its part.
    if !all() {
        let ended = POOL.failed.load(SeqCst) == END;
        failure::in_part(ended, &[0, 1, 2, 3, 4].map(|i| POOL.failure[i].load(SeqCst)));
    }
}

/// To be called before anything that changes memory: a call that an exception has cut off, as where the engine's stack ends,
/// is still open, and threads would go on with it, on operands that its caller has given back.
#[inline(always)]
pub fn settle() {
    if POOL.running.load(Relaxed) != 0 {
        abandon();
    }
}

/// Ends a call that an exception has cut off: no more of it is taken, and what was taken is waited for. For the caller alone.
#[wasm_bindgen]
pub fn abandon() {
    if POOL.running.load(Relaxed) == 0 {
        return;
    }
    assert!(is_caller(), "a part of a call calls what is exported");
    POOL.ticket.0.store(Ticket(POOL.ticket.0.load(SeqCst)).closed().0, SeqCst);
    await_others(nobody_computes);
    POOL.running.store(0, Relaxed);
    count_shared();
}

/// Whether the calling thread runs this: its stack lies before the statics, those of the others after them.
fn is_caller() -> bool {
    let here = 0u8;
    black_box(&raw const here).addr() < (&raw const POOL).addr()
}

/// Spins, then waits, until what is taken is done or, once something has failed, given up.
fn await_others(done: impl Fn() -> bool) {
    let over = || done() || POOL.failed.load(SeqCst) != NOTHING && nobody_computes();
    let may_wait = POOL.may_wait.load(Relaxed) != 0;
    let mut turns = 0;
    while !over() {
        turns += 1;
        if turns < JOIN_SPINS || !may_wait {
            spin_loop();
            continue;
        }
        POOL.joining.store(1, SeqCst);
        let before = POOL.done.0.load(SeqCst);
        if !over() {
            // SAFETY: the address of a static. For 10 ms at most: that a thread rests changes nothing here.
            unsafe { memory_atomic_wait32(POOL.done.0.as_ptr().cast(), before as i32, 10_000_000) };
        }
        POOL.joining.store(0, SeqCst);
    }
}
