//! What tests set and see. It is in the binaries that are published, on purpose: those are the ones to be tested, and it
//! costs a call a load and a branch.

use core::hint::black_box;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};

use wasm_bindgen::prelude::wasm_bindgen;

use super::pool::{Ticket, LEAST, POOL};

/// From how much work on a part is worth a thread (0: as measured), and how many turns threads dawdle at most, each before
/// a part and the caller before it takes its first: to try every cut, and every order.
#[wasm_bindgen(js_name = "tryThreads")]
pub fn try_threads(least: u32, delay: u32) {
    POOL.least.store(if least == 0 { LEAST } else { least }, SeqCst);
    POOL.delay.store(delay, SeqCst);
}

/// Spins for a time that looks random, where tests want it.
#[inline(always)]
pub fn dawdle(part: usize) {
    let delay = POOL.delay.load(Relaxed);
    if delay > 0 {
        let call = Ticket(POOL.ticket.0.load(Relaxed)).call();
        let hash = (call.wrapping_mul(0x9e37_79b9) ^ part as u32).wrapping_mul(0x85eb_ca6b);
        for turn in 0..hash.rotate_left(16) % delay {
            black_box(turn);
        }
    }
}

/// How many parts were computed by other threads than the caller, of calls that are over.
#[wasm_bindgen(js_name = "sharedParts")]
pub fn shared_parts() -> u32 {
    POOL.shared.load(Relaxed)
}

/// How many parts failed that other threads had taken.
#[wasm_bindgen(js_name = "failedParts")]
pub fn failed_parts() -> u32 {
    POOL.failures.load(Relaxed)
}

/// Counts the parts of a call that is over. Only the caller does.
#[inline(always)]
pub fn count_shared() {
    POOL.shared.store(POOL.shared.load(Relaxed).wrapping_add(POOL.done.0.load(Relaxed)), Relaxed);
}
