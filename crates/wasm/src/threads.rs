//! Threads: instances of this module on one shared memory, which take parts of kernel calls.
//!
//! The thread that calls a kernel publishes its parts as a ticket, takes parts itself until none is left, and waits for
//! those that others took. Any thread may take any part: one that the system does not let run takes none, and so holds
//! nobody up. Both sides spin for a while before they wait, since waking a thread takes 5 to 23 µs and a turn of a spin
//! some ns.

use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32, memory_atomic_wait64};
use core::hint::{black_box, spin_loop};
use core::ptr::null_mut;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};

use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure;
use crate::parts::{Cut, Rooms};

/// The turns that a thread spins for another ticket before it waits: some 20 µs, so that it is there for the next kernel of
/// a step. With 2,000, LeNet-5 on two cores trains at 22,700 images a second instead of 41,500.
const IDLE_SPINS: u32 = 20_000;
/// The turns that the caller spins for parts that others have taken. Where another program has the other core, 20,000 cost
/// LeNet-5 a fifth; where it is free, 200 cost 3 %.
const JOIN_SPINS: u32 = 2_000;
/// The work of a part that is worth another thread, in numbers read or written once, some 0.1 ns each: a call and its
/// join take 0.2 µs where the thread spins.
const LEAST: u32 = 1 << 14;
/// The most threads, the caller among them.
pub const MOST: usize = 64;

/// Which part of which call is the next: the call's number, how many parts it has and how many have been taken, in one
/// word, so that a thread that comes late can take nothing of a later call.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ticket(u64);

impl Ticket {
    const fn new(call: u32, parts: u32) -> Self {
        Self((call as u64) << 32 | (parts as u64) << 16)
    }
    fn call(self) -> u32 {
        (self.0 >> 32) as u32
    }
    /// With none left.
    fn closed(self) -> Self {
        Self::new(self.call(), 0)
    }
    fn parts(self) -> u32 {
        (self.0 >> 16) as u16 as u32
    }
    fn taken(self) -> u32 {
        self.0 as u16 as u32
    }
    /// With one more taken, if there is one.
    fn next(self) -> Option<Self> {
        (self.taken() < self.parts()).then_some(Self(self.0 + 1))
    }
}

/// Computes the part of a call, whose operands are at an address, that begins somewhere and has a length, in a room at an
/// address for so many numbers.
type Part = unsafe fn(*const (), usize, usize, usize, usize);

/// A call: its parts, their rooms, and what computes one.
struct Call {
    cut: Cut,
    rooms: Rooms,
    part: Part,
    operands: *const (),
}

impl Call {
    /// Computes part i.
    ///
    /// # Safety
    /// The operands must live, and nobody compute the same part.
    unsafe fn compute(&self, i: usize) {
        let ((first, n), Rooms { at, each }) = (self.cut.part(i), self.rooms);
        (self.part)(self.operands, first, n, at + i * each * size_of::<f32>(), each);
    }
}

/// On a line of the cache of its own.
#[repr(align(64))]
struct Line<T>(T);

/// What a thread does.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum State {
    /// There is none, or it has ended.
    Absent,
    /// It spins for a ticket.
    Idle,
    /// It waits for a ticket.
    Waiting,
    /// It computes a part, or is about to take one.
    Busy,
}

struct Pool {
    ticket: Line<AtomicU64>,
    /// How many parts of the running call the other threads have finished.
    done: Line<AtomicU32>,
    /// The running call.
    call: Line<AtomicPtr<Call>>,
    /// Whether a call runs. One that is cut off by an exception leaves it so.
    running: AtomicU32,
    /// How many threads may take part, the caller among them.
    allowed: AtomicU32,
    /// How many threads run [`work`], and how many of them wait.
    present: AtomicU32,
    waiting: AtomicU32,
    /// [`LEAST`], and how many turns threads spin before a part, at random: for tests.
    least: AtomicU32,
    delay: AtomicU32,
    /// The work of calls that could have been cut.
    alone: AtomicU64,
    /// Whether the caller waits, and whether it may: the main thread of a page may not.
    joining: AtomicU32,
    may_wait: AtomicU32,
    /// Whether a part of the running call failed, and if by an assertion, the arguments of `panicked`.
    failed: AtomicU32,
    failure: [AtomicU32; 5],
    states: [AtomicU32; MOST],
}

static POOL: Pool = Pool {
    ticket: Line(AtomicU64::new(0)),
    done: Line(AtomicU32::new(0)),
    call: Line(AtomicPtr::new(null_mut())),
    running: AtomicU32::new(0),
    allowed: AtomicU32::new(1),
    present: AtomicU32::new(0),
    waiting: AtomicU32::new(0),
    least: AtomicU32::new(LEAST),
    delay: AtomicU32::new(0),
    alone: AtomicU64::new(0),
    joining: AtomicU32::new(0),
    may_wait: AtomicU32::new(1),
    failed: AtomicU32::new(0),
    failure: [const { AtomicU32::new(0) }; 5],
    states: [const { AtomicU32::new(0) }; MOST],
};

/// Added to `done` to wake the caller: more than there are parts.
const WAKE: u32 = 1 << 16;

fn set_state(thread: usize, state: State) -> u32 {
    POOL.states[thread].swap(state as u32, SeqCst)
}

/// The next part of the running call, and the call, unless there is none.
#[inline(always)]
fn take() -> Option<(usize, *const Call)> {
    let mut ticket = Ticket(POOL.ticket.0.load(SeqCst));
    loop {
        let next = ticket.next()?;
        // Of this ticket: its call was put there before, and no other can follow while a part is left.
        let call = POOL.call.0.load(Relaxed);
        match POOL.ticket.0.compare_exchange_weak(ticket.0, next.0, SeqCst, SeqCst) {
            Ok(_) => return Some((ticket.taken() as usize, call)),
            Err(now) => ticket = Ticket(now),
        }
    }
}

/// Spins, then waits, until there is a part to take.
fn await_ticket(thread: usize) {
    let left = || Ticket(POOL.ticket.0.load(SeqCst)).next().is_some();
    for _ in 0..IDLE_SPINS {
        if left() {
            return;
        }
        spin_loop();
    }
    set_state(thread, State::Waiting);
    POOL.waiting.fetch_add(1, SeqCst);
    loop {
        let ticket = Ticket(POOL.ticket.0.load(SeqCst));
        if ticket.next().is_some() {
            break;
        }
        // SAFETY: the address of a static.
        unsafe { memory_atomic_wait64(POOL.ticket.0.as_ptr().cast(), ticket.0 as i64, -1) };
    }
    POOL.waiting.fetch_sub(1, SeqCst);
}

/// Takes parts of calls, for ever. Threads are numbered from 1: the caller is 0.
#[wasm_bindgen]
pub fn work(thread: usize) {
    if set_state(thread, State::Idle) == State::Absent as u32 {
        POOL.present.fetch_add(1, SeqCst);
    }
    loop {
        await_ticket(thread);
        set_state(thread, State::Busy);
        while let Some((i, call)) = take() {
            dawdle(i);
            // SAFETY: the call and its operands live until all parts are done.
            unsafe { (*call).compute(i) };
            finish(1);
        }
        set_state(thread, State::Idle);
    }
}

/// Adds to what is done, and wakes the caller.
fn finish(n: u32) {
    POOL.done.0.fetch_add(n, SeqCst);
    if POOL.joining.load(SeqCst) != 0 {
        // SAFETY: the address of a static.
        unsafe { memory_atomic_notify(POOL.done.0.as_ptr().cast(), 1) };
    }
}

/// A thread's part failed: by an assertion, with the arguments of `panicked`, or else with zeros. It may `work` again.
#[wasm_bindgen(js_name = "partFailed")]
pub fn part_failed(thread: usize, file: u32, length: u32, line: u32, message: u32, message_length: u32) {
    if POOL.failed.swap(1, SeqCst) == 0 {
        for (slot, word) in POOL.failure.iter().zip([file, length, line, message, message_length]) {
            slot.store(word, SeqCst);
        }
    }
    set_state(thread, State::Idle);
    finish(WAKE);
}

/// A thread has ended, from whatever cause.
#[wasm_bindgen(js_name = "threadEnded")]
pub fn thread_ended(thread: usize) {
    let state = set_state(thread, State::Absent);
    if state == State::Absent as u32 {
        return;
    }
    POOL.present.fetch_sub(1, SeqCst);
    if state == State::Waiting as u32 {
        POOL.waiting.fetch_sub(1, SeqCst);
    }
    if state == State::Busy as u32 {
        POOL.failed.store(2, SeqCst);
        finish(WAKE);
    }
}

/// Lets n threads compute, the caller among them; whether the caller may wait.
#[wasm_bindgen(js_name = "allowThreads")]
pub fn allow_threads(n: u32, may_wait: u32) {
    POOL.allowed.store(n, SeqCst);
    POOL.may_wait.store(may_wait, SeqCst);
}

/// The work that a program has done, of calls that could be cut, before it is given threads: to start one takes 30 ms of a
/// core, and this some 15.
const LONG: u64 = 1 << 27;

/// Notes work that one thread does alone where there could be more, and asks for them once that was much.
#[cold]
pub fn wish(work: u64) {
    if POOL.allowed.load(Relaxed) > 1 {
        let before = POOL.alone.fetch_add(work, Relaxed);
        if before < LONG && before.saturating_add(work) >= LONG {
            failure::want_threads();
        }
    }
}

/// From how much work on a part is worth a thread, and how long threads dawdle before one: to try every cut, and every
/// order.
#[wasm_bindgen(js_name = "tryThreads")]
pub fn try_threads(least: u32, delay: u32) {
    POOL.least.store(if least == 0 { LEAST } else { least }, SeqCst);
    POOL.delay.store(delay, SeqCst);
}

#[inline(always)]
pub fn least_work() -> u64 {
    POOL.least.load(Relaxed).into()
}

/// Spins for a time that looks random, where tests want it.
#[inline(always)]
fn dawdle(part: usize) {
    let delay = POOL.delay.load(Relaxed);
    if delay > 0 {
        let call = Ticket(POOL.ticket.0.load(Relaxed)).call();
        let hash = (call.wrapping_mul(0x9e37_79b9) ^ part as u32).wrapping_mul(0x85eb_ca6b);
        for turn in 0..hash.rotate_left(16) % delay {
            black_box(turn);
        }
    }
}

/// How many threads compute, the caller among them.
#[wasm_bindgen(js_name = "runningThreads")]
pub fn running_threads() -> usize {
    POOL.allowed.load(Relaxed).min(POOL.present.load(Relaxed) + 1) as usize
}

/// Computes a call: alone, or part by part with all threads that are free. Returns when all is done.
#[inline(always)]
pub fn run<F: Fn(usize, usize, usize, usize) + Sync>(cut: Cut, rooms: Rooms, part: &F) {
    unsafe fn erased<F: Fn(usize, usize, usize, usize)>(f: *const (), first: usize, n: usize, room: usize, len: usize) {
        (*f.cast::<F>())(first, n, room, len);
    }
    join(&Call { cut, rooms, part: erased::<F>, operands: (part as *const F).cast() });
}

#[inline(never)]
fn join(call: &Call) {
    if call.cut.count == 1 {
        // SAFETY: `run` has the operands.
        return unsafe { call.compute(0) };
    }
    begin(call);
    let mut mine = 0;
    while let Some((i, _)) = take() {
        dawdle(i);
        // SAFETY: as above, and nobody else takes part i.
        unsafe { call.compute(i) };
        mine += 1;
    }
    end(call.cut.count - mine);
}

fn begin(call: &Call) {
    if POOL.running.load(Relaxed) != 0 {
        abandon();
    }
    POOL.running.store(1, Relaxed);
    POOL.call.0.store((call as *const Call).cast_mut(), Relaxed);
    POOL.done.0.store(0, Relaxed);
    let before = Ticket(POOL.ticket.0.load(Relaxed));
    let parts = call.cut.count as u32;
    POOL.ticket.0.store(Ticket::new(before.call().wrapping_add(1), parts).0, SeqCst);
    if POOL.waiting.load(SeqCst) > 0 {
        // SAFETY: the address of a static.
        unsafe { memory_atomic_notify(POOL.ticket.0.as_ptr().cast(), parts - 1) };
    }
}

/// Waits for n parts that others have taken.
fn end(n: usize) {
    await_others(|| POOL.done.0.load(SeqCst) == n as u32);
    POOL.running.store(0, Relaxed);
    let failed = POOL.failed.swap(0, SeqCst);
    if failed != 0 {
        failure::in_part(failed == 2, &[0, 1, 2, 3, 4].map(|i| POOL.failure[i].swap(0, SeqCst)));
    }
}

/// Ends a call that an exception cuts off: no more of it is taken, and what was taken is waited for. For the caller alone.
#[wasm_bindgen]
pub fn abandon() {
    if POOL.running.load(Relaxed) == 0 {
        return;
    }
    POOL.ticket.0.store(Ticket(POOL.ticket.0.load(SeqCst)).closed().0, SeqCst);
    await_others(nobody_computes);
    POOL.running.store(0, Relaxed);
    POOL.failed.store(0, SeqCst);
}

fn nobody_computes() -> bool {
    POOL.states.iter().all(|state| state.load(SeqCst) != State::Busy as u32)
}

/// Spins, then waits, until what is taken is done or, once a part has failed, given up.
fn await_others(done: impl Fn() -> bool) {
    let over = || done() || POOL.failed.load(SeqCst) != 0 && nobody_computes();
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
            // SAFETY: the address of a static. For 10 ms at most: who closes a ticket has nothing to be woken by.
            unsafe { memory_atomic_wait32(POOL.done.0.as_ptr().cast(), before as i32, 10_000_000) };
        }
        POOL.joining.store(0, SeqCst);
    }
}
