//! How a call is cut into parts: by its outputs, so that a part computes what it computes in the whole, and the result has
//! the same bits for any number of threads.

use crate::{memory, threads};

pub use threads::settle;

/// [0, n) in parts of whole grains.
#[derive(Clone, Copy)]
pub struct Division {
    n: usize,
    grain: usize,
    pub count: usize,
}

impl Division {
    /// As many parts as there are threads, grains, and shares of `work` that are worth one. This begins a call, and comes
    /// before its `rooms`.
    #[inline(always)]
    pub fn new(n: usize, grain: usize, work: f32) -> Self {
        Self { n, grain, count: Self::worth(n, grain, work) }
    }

    /// A function of its own: a hundred exports call it, and a call of one is little to that of an export.
    #[inline(never)]
    fn worth(n: usize, grain: usize, work: f32) -> usize {
        settle();
        let least = threads::least_work() as f32;
        if work < 2.0 * least {
            return 1;
        }
        let threads = threads::running_threads();
        if threads == 1 {
            threads::wish(work as u64);
            return 1;
        }
        threads.min(n.div_ceil(grain)).min((work / least) as usize).max(1)
    }

    fn start(&self, i: usize) -> usize {
        // Less than 2³² times less than 2⁶.
        let grains = self.n.div_ceil(self.grain) as u64 * i as u64 / self.count as u64;
        (grains as usize * self.grain).min(self.n)
    }

    /// Where part i begins, and how long it is.
    pub fn part(&self, i: usize) -> (usize, usize) {
        if self.count == 1 {
            return (0, self.n);
        }
        let start = self.start(i);
        (start, self.start(i + 1) - start)
    }
}

/// The rooms that parts work in, one after the other: where the first is, and how many numbers each has.
#[derive(Clone, Copy, Default)]
pub struct Rooms {
    pub at: usize,
    pub each: usize,
}

/// A room for each part, of as many numbers as `need` says by its start and length; if there is no room for all, one for
/// the whole, for the function of this path.
#[inline(always)]
pub fn rooms(division: Division, name: &str, need: impl Fn(usize, usize) -> usize) -> (Division, Rooms) {
    let need = |division: &Division, i: usize| {
        let (first, n) = division.part(i);
        need(first, n)
    };
    if division.count > 1 {
        let most = (0..division.count).fold(0, |most, i| need(&division, i).max(most));
        let each = most.next_multiple_of(16);
        if let Some(at) = each.checked_mul(division.count).and_then(memory::room) {
            return (division, Rooms { at, each });
        }
    }
    let division = Division { count: 1, ..division };
    let each = need(&division, 0);
    (division, Rooms { at: memory::workspace(name, each).as_ptr() as usize, each })
}

/// Calls `part` with the start and the length of each part of [0, n).
#[inline(always)]
pub fn each(n: usize, grain: usize, work: f32, part: impl Fn(usize, usize) + Sync) {
    threads::run(Division::new(n, grain, work), Rooms::default(), &|first: usize, n: usize, _: usize, _: usize| {
        part(first, n);
    });
}

/// The address of an operand of a part, `before` elements after that of the whole; one that is absent stays so.
#[inline(always)]
pub fn shifted<T>(at: usize, before: usize) -> usize {
    if at == 0 {
        0
    } else {
        at + before * size_of::<T>()
    }
}
