//! Blocks of up to 4 KiB, in size classes.
//!
//! Each class cuts its blocks from chunks of its own. A chunk begins at a multiple of its size, so that the address of a
//! block leads to it, and counts its live blocks: one without any goes back to the large allocator, unless it is the
//! only such chunk of its class, which stays so that turns of alloc and free at the edge of a chunk cost nothing.

use core::mem::size_of;

use crate::large::{Large, CHUNK, CHUNK_BYTES, CHUNK_ROOM};
use crate::{Memory, ALIGNMENT};

/// The largest class.
pub const MAX: usize = 4096;
/// 16, 32, 48, 64, then four classes for each doubling.
const CLASSES: usize = 28;
/// So many blocks are linked at once into a free list that ran empty, while the chunk has some left.
const BATCH: usize = 8;

/// The class of a size, or None if it is large.
#[inline(always)]
pub fn class(bytes: usize) -> Option<usize> {
    match bytes {
        0..=16 => Some(0),
        17..=64 => Some((bytes - 1) / 16),
        65..=MAX => {
            // With 2^(b−1) < bytes ≤ 2^b, the steps are 2^(b−3).
            let last = bytes - 1;
            let step = last.ilog2() - 2;
            Some((step as usize - 4) * 4 + (last >> step))
        }
        _ => None,
    }
}

/// The size of a class's blocks.
#[inline(always)]
fn size(class: usize) -> usize {
    if class < 4 {
        (class + 1) * 16
    } else {
        let step = (class - 4) / 4 + 4;
        ((class - 4) % 4 + 5) << step
    }
}

/// Stands at the beginning of a chunk.
struct Chunk {
    /// A free block, in which stands the address of the next one; 0 at the end. The chunk is in its class's list just
    /// where this is not 0.
    free: usize,
    live: usize,
    /// From here on, no block has been used yet.
    fresh: usize,
    /// Neighbours in the list of the class, or 0.
    next: usize,
    previous: usize,
}

/// What a chunk keeps for its header.
const HEADER: usize = size_of::<Chunk>().next_multiple_of(ALIGNMENT);

/// The chunk of a block.
#[inline(always)]
fn chunk_of(at: usize) -> *mut Chunk {
    (at & !(CHUNK - 1)) as *mut Chunk
}

/// By class, addresses of chunks, or 0.
pub struct Small {
    /// The first chunk that has a free block.
    first: [usize; CLASSES],
    /// The chunk that was last seen without live blocks: it may have some by now, but has not been given back.
    spare: [usize; CLASSES],
}

// SAFETY, for all of the following: addresses in `Small`, in headers and in free blocks lead to headers and free blocks
// of chunks that this allocator has, and nothing else uses these.
impl Small {
    pub const fn new() -> Self {
        Self { first: [0; CLASSES], spare: [0; CLASSES] }
    }

    #[inline(always)]
    pub fn alloc(&mut self, class: usize, large: &mut Large, memory: &mut impl Memory) -> Option<usize> {
        let mut chunk = self.first[class] as *mut Chunk;
        if chunk.is_null() {
            chunk = self.add(class, large, memory)?;
        }
        unsafe {
            let at = (*chunk).free;
            let next = (at as *const usize).read();
            (*chunk).free = next;
            (*chunk).live += 1;
            if next == 0 {
                self.refill(chunk, class);
            }
            Some(at)
        }
    }

    /// # Safety
    /// `at` is a block of this class in use.
    #[inline(always)]
    pub unsafe fn free(&mut self, at: usize, class: usize, large: &mut Large) {
        let chunk = chunk_of(at);
        let next = (*chunk).free;
        (at as *mut usize).write(next);
        (*chunk).free = at;
        (*chunk).live -= 1;
        if next == 0 {
            self.link(chunk, class);
        }
        if (*chunk).live == 0 && self.spare[class] != chunk as usize {
            self.emptied(chunk, class, large);
        }
    }

    /// Gives back every chunk without live blocks, so that their memory serves other sizes.
    #[cold]
    pub fn trim(&mut self, large: &mut Large) {
        for class in 0..CLASSES {
            let spare = self.spare[class] as *mut Chunk;
            if !spare.is_null() && unsafe { (*spare).live } == 0 {
                self.release(spare, class, large);
            }
            self.spare[class] = 0;
        }
    }

    /// Adds a chunk to a class that has no free block.
    #[cold]
    fn add(&mut self, class: usize, large: &mut Large, memory: &mut impl Memory) -> Option<*mut Chunk> {
        let found = large.chunk().or_else(|| {
            self.trim(large);
            large.chunk()
        });
        let at = match found {
            Some(at) => at,
            None => {
                large.grow(CHUNK_ROOM, memory)?;
                large.chunk()?
            }
        };
        let chunk = at as *mut Chunk;
        unsafe {
            chunk.write(Chunk { free: 0, live: 0, fresh: at + HEADER, next: 0, previous: 0 });
            self.link(chunk, class);
            self.refill(chunk, class);
        }
        Some(chunk)
    }

    /// Links fresh blocks into the list of a chunk that has run out of free ones, or takes it from the list of its class.
    #[cold]
    unsafe fn refill(&mut self, chunk: *mut Chunk, class: usize) {
        let size = size(class);
        let end = chunk as usize + CHUNK_BYTES;
        for _ in 0..BATCH {
            let at = (*chunk).fresh;
            if end - at < size {
                break;
            }
            (at as *mut usize).write((*chunk).free);
            (*chunk).free = at;
            (*chunk).fresh = at + size;
        }
        if (*chunk).free == 0 {
            self.unlink(chunk, class);
        }
    }

    /// Keeps a chunk that has just lost its last live block, or gives it back if another one without any is kept.
    #[cold]
    unsafe fn emptied(&mut self, chunk: *mut Chunk, class: usize, large: &mut Large) {
        let spare = self.spare[class] as *mut Chunk;
        if spare.is_null() || (*spare).live > 0 {
            self.spare[class] = chunk as usize;
        } else {
            self.release(chunk, class, large);
        }
    }

    fn release(&mut self, chunk: *mut Chunk, class: usize, large: &mut Large) {
        unsafe {
            self.unlink(chunk, class);
            large.free(chunk as usize);
        }
    }

    unsafe fn link(&mut self, chunk: *mut Chunk, class: usize) {
        let next = self.first[class];
        (*chunk).next = next;
        (*chunk).previous = 0;
        if next != 0 {
            (*(next as *mut Chunk)).previous = chunk as usize;
        }
        self.first[class] = chunk as usize;
    }

    unsafe fn unlink(&mut self, chunk: *mut Chunk, class: usize) {
        let Chunk { next, previous, .. } = *chunk;
        if next != 0 {
            (*(next as *mut Chunk)).previous = previous;
        }
        if previous != 0 {
            (*(previous as *mut Chunk)).next = next;
        } else {
            self.first[class] = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_their_sizes_and_waste_a_quarter_at_most() {
        for bytes in 0..=MAX {
            let class = class(bytes).expect("small");
            assert!(class < CLASSES);
            let size = size(class);
            assert!(size >= bytes && size.is_multiple_of(16), "{bytes} in {size}");
            assert!(size <= 16 || size - bytes < 16 || (size - bytes) * 4 <= size, "{bytes} in {size}");
            assert!(class == 0 || self::size(class - 1) < bytes, "{bytes} fits a smaller class than {size}");
        }
        assert_eq!(class(MAX + 1), None);
        assert_eq!(size(CLASSES - 1), MAX);
    }
}
