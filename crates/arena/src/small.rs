//! Blocks of up to 4 KiB, in size classes.

use crate::large::Large;
use crate::Memory;

/// The largest class.
pub const MAX: usize = 4096;
/// 16, 32, 48, 64, then four classes for each doubling.
const CLASSES: usize = 28;
/// Classes are cut from pieces of this size, a few blocks of memory kept for each.
const CHUNK: usize = 32 * 1024;

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

/// Free lists: in each free block stands the address of the next, 0 at the end.
pub struct Small {
    free: [usize; CLASSES],
    /// What is left of each class's newest chunk.
    fresh: [(usize, usize); CLASSES],
}

impl Small {
    pub const fn new() -> Self {
        Self { free: [0; CLASSES], fresh: [(0, 0); CLASSES] }
    }

    #[inline]
    pub fn alloc(&mut self, class: usize, large: &mut Large, memory: &mut impl Memory) -> Option<usize> {
        let at = self.free[class];
        if at == 0 {
            return self.cut(class, large, memory);
        }
        // SAFETY: a free block belongs to this list alone, which wrote the address into it.
        self.free[class] = unsafe { (at as *const usize).read() };
        Some(at)
    }

    fn cut(&mut self, class: usize, large: &mut Large, memory: &mut impl Memory) -> Option<usize> {
        let size = size(class);
        let (at, end) = self.fresh[class];
        if at != 0 && end - at >= size {
            self.fresh[class] = (at + size, end);
            return Some(at);
        }
        let at = large.alloc(CHUNK, memory)?;
        self.fresh[class] = (at + size, at + CHUNK);
        Some(at)
    }

    /// # Safety
    /// `at` is a block of this class in use.
    #[inline]
    pub unsafe fn free(&mut self, at: usize, class: usize) {
        (at as *mut usize).write(self.free[class]);
        self.free[class] = at;
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
