//! Blocks one on top of the other, for plans: what they are made of stays as long as they do.

use crate::{Memory, ALIGNMENT};

pub struct Stack<M> {
    memory: M,
    /// The first byte that is free, and the end of those that are.
    top: usize,
    end: usize,
}

impl<M: Memory> Stack<M> {
    pub const fn new(memory: M) -> Self {
        Self { memory, top: 0, end: 0 }
    }

    /// A block of at least `bytes` bytes, its contents undefined. None if memory cannot grow.
    pub fn take(&mut self, bytes: usize) -> Option<usize> {
        let bytes = bytes.checked_next_multiple_of(ALIGNMENT)?;
        if bytes > self.end - self.top || self.end == 0 {
            let (at, more) = self.memory.grow(bytes)?;
            if at != self.end {
                self.top = at;
            }
            self.end = at + more;
        }
        self.top += bytes;
        Some(self.top - bytes)
    }

    /// Frees what `take` returned. Only the block on top makes room.
    ///
    /// # Safety
    /// `at` came from `take` with the same `bytes`, and has not been freed since.
    pub unsafe fn release(&mut self, at: usize, bytes: usize) {
        if at + bytes.next_multiple_of(ALIGNMENT) == self.top {
            self.top = at;
        }
    }
}
