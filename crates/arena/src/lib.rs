//! An allocator over linear memory: bytes in, an address aligned to 16 out.
//!
//! Small blocks come from free lists of chunks, a few chunks for each size class, and classes stand a quarter or less
//! apart. Large blocks, chunks among them, are cut from and merged with their neighbours, and found by two-level
//! segregated fit (Masmano, Ripoll, Crespo, Real 2004). Both take a fixed number of steps, and where all blocks have been
//! given back, memory is one block again. The caller says at `free` what it asked for, so that small blocks need no
//! header.
#![no_std]

mod large;
mod small;
mod stack;

use large::Large;
use small::Small;

pub use stack::Stack;

/// Every block begins at a multiple of this.
pub const ALIGNMENT: usize = 16;

/// Where memory comes from.
pub trait Memory {
    /// At least `bytes` more bytes, aligned to 16 and used by nothing else: their address and number, or None. If they
    /// begin where the last ones ended, blocks may span both.
    fn grow(&mut self, bytes: usize) -> Option<(usize, usize)>;
}

/// What is allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Live bytes, as asked for.
    pub bytes: usize,
    /// Live blocks.
    pub blocks: usize,
    /// The most bytes there were at once.
    pub peak: usize,
}

pub struct Arena<M> {
    memory: M,
    small: Small,
    large: Large,
    usage: Usage,
}

impl<M: Memory> Arena<M> {
    pub const fn new(memory: M) -> Self {
        Self { memory, small: Small::new(), large: Large::new(), usage: Usage { bytes: 0, blocks: 0, peak: 0 } }
    }

    /// A block of at least `bytes` bytes, which may be 0; its contents are undefined. None if memory cannot grow.
    pub fn alloc(&mut self, bytes: usize) -> Option<usize> {
        let at = self.take(bytes)?;
        self.usage.bytes += bytes;
        self.usage.blocks += 1;
        self.usage.peak = self.usage.peak.max(self.usage.bytes);
        Some(at)
    }

    /// Frees a block.
    ///
    /// # Safety
    /// `at` came from `alloc` with the same `bytes`, and has not been freed since.
    pub unsafe fn free(&mut self, at: usize, bytes: usize) {
        self.release(at, bytes);
        self.usage.bytes -= bytes;
        self.usage.blocks -= 1;
    }

    /// As `alloc`, but not counted: for what is not the caller's, such as workspaces.
    #[inline(always)]
    pub fn take(&mut self, bytes: usize) -> Option<usize> {
        match small::class(bytes) {
            Some(class) => self.small.alloc(class, &mut self.large, &mut self.memory),
            None => self.take_large(bytes),
        }
    }

    #[cold]
    fn take_large(&mut self, bytes: usize) -> Option<usize> {
        if let Some(at) = self.large.alloc(bytes) {
            return Some(at);
        }
        // Before memory grows, and so seldom that small blocks do not feel it.
        self.small.trim(&mut self.large);
        if let Some(at) = self.large.alloc(bytes) {
            return Some(at);
        }
        self.large.grow(bytes, &mut self.memory)?;
        self.large.alloc(bytes)
    }

    /// Frees what `take` returned.
    ///
    /// # Safety
    /// As for `free`.
    #[inline(always)]
    pub unsafe fn release(&mut self, at: usize, bytes: usize) {
        match small::class(bytes) {
            Some(class) => self.small.free(at, class, &mut self.large),
            None => self.large.free(at),
        }
    }

    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The peak starts again from what is live.
    pub fn reset_peak(&mut self) {
        self.usage.peak = self.usage.bytes;
    }
}
