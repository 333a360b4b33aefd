//! Blocks of more than 4 KiB, and the chunks that small ones are cut from.
//!
//! Memory is a run of blocks, each behind a header that tells its size and the size of the one before it, so that a
//! block given back merges with free neighbours. A block of size 0 in use ends each run.

use core::mem::size_of;

use crate::Memory;

/// Free blocks are binned by ⌊log₂ size⌋ and the next 3 bits.
const STEPS: u32 = 8;
const SHIFT: u32 = STEPS.trailing_zeros();
const LEVELS: usize = usize::BITS as usize;
/// As much is asked for at least when memory grows.
const GROWTH: usize = 1 << 20;
/// No free block is smaller than this: what would be left is given with the block.
const SMALLEST: usize = 1024;

/// Stands before each block, in the 16 bytes that keep it aligned.
#[repr(C)]
struct Header {
    /// The block's bytes, without the header; the lowest bit: free.
    size: usize,
    /// The block before, or 0 if this is the first of its run.
    before: usize,
}

/// Stands in a free block: its neighbours in its bin, by address of their headers, or 0.
#[repr(C)]
struct Links {
    next: usize,
    previous: usize,
}

const HEADER: usize = 16;
const FREE: usize = 1;

/// Chunks begin at multiples of this. Next to each other they leave just the room of a header between them.
pub const CHUNK: usize = 64 * 1024;
/// The bytes of a chunk.
pub const CHUNK_BYTES: usize = CHUNK - HEADER;
/// A chunk is found in every free block of this size, wherever it begins.
pub const CHUNK_ROOM: usize = 2 * CHUNK + HEADER + SMALLEST;
const _: () = assert!(size_of::<Header>() <= HEADER);

/// A block, by the address of its header. All of them lie in memory that was given to this allocator, and between runs
/// of its functions every header is in order.
#[derive(Clone, Copy, PartialEq)]
struct Block(usize);

impl Block {
    fn header(self) -> *mut Header {
        self.0 as *mut Header
    }
    fn links(self) -> *mut Links {
        (self.0 + HEADER) as *mut Links
    }
    fn size(self) -> usize {
        // SAFETY: this and the following: the header of a block is readable and writable, see `Block`.
        unsafe { (*self.header()).size & !FREE }
    }
    fn is_free(self) -> bool {
        unsafe { (*self.header()).size & FREE != 0 }
    }
    fn set(self, size: usize, free: bool) {
        unsafe { (*self.header()).size = size | usize::from(free) }
    }
    fn set_before(self, before: usize) {
        unsafe { (*self.header()).before = before }
    }
    fn before(self) -> Option<Block> {
        let before = unsafe { (*self.header()).before };
        (before != 0).then_some(Block(before))
    }
    fn after(self) -> Block {
        Block(self.0 + HEADER + self.size())
    }
}

pub struct Large {
    /// Bit l: some bin of level l holds a block.
    levels: usize,
    /// Bit s: bin s of the level does.
    steps: [u8; LEVELS],
    bins: [[usize; STEPS as usize]; LEVELS],
    /// The end mark of the newest run, or 0.
    end: usize,
    /// All memory that was given.
    total: usize,
}

/// The bin of a block of this size.
fn bin(size: usize) -> (usize, usize) {
    let level = size.ilog2();
    (level as usize, (size >> (level - SHIFT)) & (STEPS as usize - 1))
}

/// The least size in the bin of a block of this size.
fn floor(size: usize) -> usize {
    let shift = size.ilog2() - SHIFT;
    size >> shift << shift
}

/// The least size in the next bin.
fn above(size: usize) -> usize {
    floor(size) + (1 << (size.ilog2() - SHIFT))
}

/// The size to give for `bytes`: the next lower end of a bin, at most an eighth more, so that the same request finds
/// the block again.
fn round(bytes: usize) -> Option<usize> {
    let step = 1 << (bytes.ilog2() - SHIFT);
    bytes.checked_next_multiple_of(step)
}

impl Large {
    pub const fn new() -> Self {
        Self { levels: 0, steps: [0; LEVELS], bins: [[0; STEPS as usize]; LEVELS], end: 0, total: 0 }
    }

    /// A block of what is free, or None.
    pub fn alloc(&mut self, bytes: usize) -> Option<usize> {
        let size = round(bytes)?;
        let block = self.find(size)?;
        self.remove(block);
        self.cut(block, size);
        Some(block.0 + HEADER)
    }

    /// A block of `CHUNK_BYTES` bytes of what is free, at a multiple of `CHUNK`, or None.
    pub fn chunk(&mut self) -> Option<usize> {
        // A bin holds blocks of different sizes and places, so the first of each is tried.
        let mut size = floor(CHUNK_BYTES);
        loop {
            let block = self.find(size)?;
            let at = block.0 + HEADER;
            let aligned = at.next_multiple_of(CHUNK);
            // What lies before the chunk becomes a block of its own.
            let before = match aligned - at {
                0 => 0,
                before if before >= HEADER + SMALLEST => before,
                before => before + CHUNK,
            };
            if before + CHUNK_BYTES <= block.size() {
                self.remove(block);
                let all = block.size();
                let chunk = Block(block.0 + before);
                if before > 0 {
                    chunk.set_before(block.0);
                    chunk.set(all - before, false);
                    self.insert(block, before - HEADER);
                    chunk.after().set_before(chunk.0);
                }
                self.cut(chunk, CHUNK_BYTES);
                return Some(chunk.0 + HEADER);
            }
            size = above(block.size());
        }
    }

    /// Takes so many bytes of a block that is in no bin; what is left over becomes a free block.
    #[inline]
    fn cut(&mut self, block: Block, size: usize) {
        let rest = block.size() - size;
        if rest >= HEADER + SMALLEST {
            block.set(size, false);
            let free = block.after();
            free.set_before(block.0);
            self.insert(free, rest - HEADER);
        } else {
            block.set(block.size(), false);
        }
    }

    /// # Safety
    /// `at` is a large block in use.
    pub unsafe fn free(&mut self, at: usize) {
        let mut block = Block(at - HEADER);
        let mut size = block.size();
        let after = block.after();
        if after.is_free() {
            self.remove(after);
            size += HEADER + after.size();
        }
        if let Some(before) = block.before().filter(|before| before.is_free()) {
            self.remove(before);
            size += HEADER + before.size();
            block = before;
        }
        self.insert(block, size);
    }

    /// A free block of at least `size` bytes, a bin's lower end: the first of the smallest bin from there on.
    fn find(&self, size: usize) -> Option<Block> {
        let (level, step) = bin(size);
        let steps = self.steps[level] & (u8::MAX << step);
        let (level, steps) = if steps != 0 {
            (level, steps)
        } else {
            let levels = self.levels & usize::MAX.checked_shl(level as u32 + 1)?;
            if levels == 0 {
                return None;
            }
            let level = levels.trailing_zeros() as usize;
            (level, self.steps[level])
        };
        Some(Block(self.bins[level][steps.trailing_zeros() as usize]))
    }

    /// Gets memory for a block of `bytes`: an eighth more than there is, if possible, so that growth stays rare.
    /// What it gets may still be too little: then memory has not gone on where it ended.
    pub fn grow(&mut self, bytes: usize, memory: &mut impl Memory) -> Option<()> {
        // With a header and an end mark.
        let need = round(bytes)?.checked_add(2 * HEADER)?;
        let more = need.max(GROWTH).max(self.total / 8);
        // What is free at the end of the newest run is part of the block, if memory goes on from there.
        let missing = need.saturating_sub(self.tail()).max(2 * HEADER);
        let (start, bytes) = memory.grow(more).or_else(|| memory.grow(need)).or_else(|| memory.grow(missing))?;
        self.total += bytes;
        let last = start + bytes - HEADER;
        let joined = self.end != 0 && start == self.end + HEADER;
        let block = if joined { Block(self.end) } else { Block(start) };
        if !joined {
            block.set_before(0);
        }
        let size = last - block.0 - HEADER;
        block.set(size, false);
        let end = Block(last);
        end.set(0, false);
        end.set_before(block.0);
        self.end = last;
        // SAFETY: the new block is in order and in use.
        unsafe { self.free(block.0 + HEADER) };
        Some(())
    }

    /// The free bytes at the end of the newest run, with their header.
    fn tail(&self) -> usize {
        let last = if self.end == 0 { None } else { Block(self.end).before() };
        last.filter(|block| block.is_free()).map_or(0, |block| HEADER + block.size())
    }

    #[inline]
    fn insert(&mut self, block: Block, size: usize) {
        block.set(size, true);
        block.after().set_before(block.0);
        let (level, step) = bin(size);
        let head = self.bins[level][step];
        // SAFETY: a free block holds at least its links, and so does the head of a bin.
        unsafe {
            *block.links() = Links { next: head, previous: 0 };
            if head != 0 {
                (*Block(head).links()).previous = block.0;
            }
        }
        self.bins[level][step] = block.0;
        self.steps[level] |= 1 << step;
        self.levels |= 1 << level;
    }

    #[inline]
    fn remove(&mut self, block: Block) {
        // SAFETY: the block is free, so its links and those that they lead to are in order.
        let Links { next, previous } = unsafe { block.links().read() };
        if next != 0 {
            unsafe { (*Block(next).links()).previous = previous };
        }
        if previous != 0 {
            unsafe { (*Block(previous).links()).next = next };
            return;
        }
        let (level, step) = bin(block.size());
        self.bins[level][step] = next;
        if next == 0 {
            self.steps[level] &= !(1 << step);
            if self.steps[level] == 0 {
                self.levels &= !(1 << level);
            }
        }
    }
}
