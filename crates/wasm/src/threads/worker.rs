//! What the threads do that take parts, and what is said of them.

use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait64};
use core::hint::spin_loop;
use core::sync::atomic::Ordering::SeqCst;

use wasm_bindgen::prelude::wasm_bindgen;

use super::pool::{take, Ticket, ASSERTION, END, MOST, NOTHING, POOL};
use super::trial::dawdle;

/// The turns that a thread spins for another ticket before it waits: some 20 µs, so that it is there for the next kernel of
/// a step. With 2,000, LeNet-5 on two cores trains at 22,700 images a second instead of 41,500.
const IDLE_SPINS: u32 = 20_000;

/// Its bit. Threads are numbered from 1, the caller being 0: other numbers are nobody's.
fn bit(thread: usize) -> Option<u64> {
    (1..MOST).contains(&thread).then(|| 1 << thread)
}

/// Spins, then waits, until there is a part to take.
fn await_ticket(bit: u64) {
    let left = || Ticket(POOL.ticket.0.load(SeqCst)).next().is_some();
    for _ in 0..IDLE_SPINS {
        if left() {
            return;
        }
        spin_loop();
    }
    POOL.waiting.fetch_or(bit, SeqCst);
    loop {
        let ticket = Ticket(POOL.ticket.0.load(SeqCst));
        if ticket.next().is_some() {
            break;
        }
        // SAFETY: the address of a static.
        unsafe { memory_atomic_wait64(POOL.ticket.0.as_ptr().cast(), ticket.0 as i64, -1) };
    }
    POOL.waiting.fetch_and(!bit, SeqCst);
}

/// Takes parts of calls, for ever; a number that is nobody's takes none, and comes back.
#[wasm_bindgen]
pub fn work(thread: usize) {
    let Some(bit) = bit(thread) else { return };
    POOL.present.fetch_or(bit, SeqCst);
    loop {
        await_ticket(bit);
        POOL.busy[thread].store(1, SeqCst);
        while let Some((i, call)) = take() {
            dawdle(i);
            // SAFETY: the call and its operands live until all parts are done.
            unsafe { (*call).compute(i) };
            POOL.done.0.fetch_add(1, SeqCst);
            wake_caller();
        }
        POOL.busy[thread].store(0, SeqCst);
    }
}

fn wake_caller() {
    if POOL.joining.load(SeqCst) != 0 {
        // SAFETY: the address of a static.
        unsafe { memory_atomic_notify(POOL.done.0.as_ptr().cast(), 1) };
    }
}

/// A thread's part failed: by an assertion, with the arguments of `panicked`, or else with zeros. It may `work` again.
#[wasm_bindgen(js_name = "partFailed")]
pub fn part_failed(thread: usize, file: u32, length: u32, line: u32, message: u32, message_length: u32) {
    if bit(thread).is_none() {
        return;
    }
    POOL.failures.fetch_add(1, SeqCst);
    if POOL.failed.swap(ASSERTION, SeqCst) != ASSERTION {
        for (slot, word) in POOL.failure.iter().zip([file, length, line, message, message_length]) {
            slot.store(word, SeqCst);
        }
    }
    rest(thread);
}

/// A thread has ended, from whatever cause. May be said again.
#[wasm_bindgen(js_name = "threadEnded")]
pub fn thread_ended(thread: usize) {
    let Some(bit) = bit(thread) else { return };
    if POOL.busy[thread].load(SeqCst) != 0 {
        // An assertion that does not hold says more.
        _ = POOL.failed.compare_exchange(NOTHING, END, SeqCst, SeqCst);
    }
    POOL.present.fetch_and(!bit, SeqCst);
    POOL.waiting.fetch_and(!bit, SeqCst);
    rest(thread);
}

/// Says that a thread computes no more. This comes last: the caller, who waits for it, then reads what failed.
fn rest(thread: usize) {
    POOL.busy[thread].store(0, SeqCst);
    wake_caller();
}
