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

    pub fn alloc(&mut self, bytes: usize, memory: &mut impl Memory) -> Option<usize> {
        let size = round(bytes)?;
        let block = match self.find(size) {
            Some(block) => block,
            None => {
                self.grow(size, memory)?;
                self.find(size)?
            }
        };
        self.remove(block);
        let rest = block.size() - size;
        if rest >= HEADER + SMALLEST {
            block.set(size, false);
            let free = block.after();
            free.set_before(block.0);
            self.insert(free, rest - HEADER);
        } else {
            block.set(block.size(), false);
        }
        Some(block.0 + HEADER)
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

    /// Gets memory for a block of `size`: an eighth more than there is, if possible, so that growth stays rare.
    fn grow(&mut self, size: usize, memory: &mut impl Memory) -> Option<()> {
        // With a header and an end mark.
        let need = size.checked_add(2 * HEADER)?;
        let more = need.max(GROWTH).max(self.total / 8);
        let (start, bytes) = memory.grow(more).or_else(|| memory.grow(need))?;
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
