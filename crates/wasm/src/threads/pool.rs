//! What the threads share: the ticket of the running call, and who is there.

use core::ptr::null_mut;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};

use crate::parts::{Division, Rooms};

/// The work of a part that is worth another thread, in numbers read or written once, some 0.1 ns each: a call and its
/// join take 0.2 µs where the thread spins.
pub const LEAST: u32 = 1 << 14;
/// The most threads, the caller among them: as many as a word has bits.
pub const MOST: usize = u64::BITS as usize;

/// Which part of which call is the next: the call's number, how many parts it has and how many have been taken, in one
/// word, so that a thread that comes late can take nothing of a later call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub u64);

impl Ticket {
    pub const fn new(call: u32, parts: u32) -> Self {
        Self((call as u64) << 32 | (parts as u64) << 16)
    }
    pub fn call(self) -> u32 {
        (self.0 >> 32) as u32
    }
    /// With none left.
    pub fn closed(self) -> Self {
        Self::new(self.call(), 0)
    }
    fn parts(self) -> u32 {
        (self.0 >> 16) as u16 as u32
    }
    fn taken(self) -> u32 {
        self.0 as u16 as u32
    }
    /// With one more taken, if there is one.
    pub fn next(self) -> Option<Self> {
        (self.taken() < self.parts()).then_some(Self(self.0 + 1))
    }
}

/// Computes one part. Its arguments are the address of the call's operands, where the part begins and how long it is, and
/// the room that it works in: an address, and how many numbers.
pub type Part = unsafe fn(*const (), usize, usize, usize, usize);

/// A call: its parts, their rooms, and what computes one.
pub struct Call {
    pub division: Division,
    pub rooms: Rooms,
    pub part: Part,
    pub operands: *const (),
}

impl Call {
    /// Computes part i.
    ///
    /// # Safety
    /// The operands must live, and nobody compute the same part.
    pub unsafe fn compute(&self, i: usize) {
        let ((first, n), Rooms { at, each }) = (self.division.part(i), self.rooms);
        (self.part)(self.operands, first, n, at + i * each * size_of::<f32>(), each);
    }
}

/// On a line of the cache of its own.
#[repr(align(64))]
pub struct Line<T>(pub T);

/// Values of `failed`.
pub const NOTHING: u32 = 0;
/// A part failed by an assertion, or as a trap does.
pub const ASSERTION: u32 = 1;
/// A thread ended while it was busy.
pub const END: u32 = 2;

/// A thread may end at any instruction. So what others learn of it is a word or a bit of its own, which whoever sees it
/// end clears; no count depends on how far it came.
pub struct Pool {
    pub ticket: Line<AtomicU64>,
    /// How many parts of the running call the other threads have computed: nothing else is ever added to it.
    pub done: Line<AtomicU32>,
    /// The running call.
    pub call: Line<AtomicPtr<Call>>,
    /// Whether a call runs. One that is cut off by an exception leaves it so.
    pub running: AtomicU32,
    /// How many threads may take part, the caller among them.
    pub allowed: AtomicU32,
    /// Those that run `work`, and those of them that wait for a ticket: a bit for each.
    pub present: AtomicU64,
    pub waiting: AtomicU64,
    /// [`LEAST`], and for tests: how many turns threads dawdle before a part, how many parts others than the caller have
    /// computed, and how many of theirs failed.
    pub least: AtomicU32,
    pub delay: AtomicU32,
    pub shared: AtomicU32,
    pub failures: AtomicU32,
    /// The work of calls that could have been cut.
    pub alone: AtomicU64,
    /// Whether the caller waits, and whether it may: the main thread of a page may not.
    pub joining: AtomicU32,
    pub may_wait: AtomicU32,
    /// What went wrong since the running call began, and the arguments of `panicked` where that was an assertion.
    pub failed: AtomicU32,
    pub failure: [AtomicU32; 5],
    /// Whether each thread computes a part, or is about to take one.
    pub busy: [AtomicU32; MOST],
}

pub static POOL: Pool = Pool {
    ticket: Line(AtomicU64::new(0)),
    done: Line(AtomicU32::new(0)),
    call: Line(AtomicPtr::new(null_mut())),
    running: AtomicU32::new(0),
    allowed: AtomicU32::new(1),
    present: AtomicU64::new(0),
    waiting: AtomicU64::new(0),
    least: AtomicU32::new(LEAST),
    delay: AtomicU32::new(0),
    shared: AtomicU32::new(0),
    failures: AtomicU32::new(0),
    alone: AtomicU64::new(0),
    joining: AtomicU32::new(0),
    may_wait: AtomicU32::new(1),
    failed: AtomicU32::new(NOTHING),
    failure: [const { AtomicU32::new(0) }; 5],
    busy: [const { AtomicU32::new(0) }; MOST],
};

/// The next part of the running call, and the call, unless there is none.
#[inline(always)]
pub fn take() -> Option<(usize, *const Call)> {
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

/// Whether no thread but the caller computes. A part is taken by who is busy before, and until it has been counted.
pub fn nobody_computes() -> bool {
    POOL.busy.iter().all(|busy| busy.load(SeqCst) == 0)
}
