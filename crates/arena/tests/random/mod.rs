//! Memory to allocate from, and random sizes.

use phyllo_arena::Memory;

/// A stretch of native memory, handed out piece by piece; with `gap`, pieces do not touch.
pub struct Stretch {
    base: Vec<u128>,
    pub used: usize,
    gap: usize,
}

impl Stretch {
    pub fn new(bytes: usize, gap: usize) -> Self {
        Self { base: vec![0; bytes / 16], used: 0, gap }
    }
}

impl Memory for &mut Stretch {
    fn grow(&mut self, bytes: usize) -> Option<(usize, usize)> {
        let bytes = bytes.next_multiple_of(65536);
        let start = self.used + self.gap;
        if start + bytes > self.base.len() * 16 {
            return None;
        }
        self.used = start + bytes;
        Some((self.base.as_mut_ptr() as usize + start, bytes))
    }
}

/// Numbers that follow from a seed (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    /// Sizes of all magnitudes, often at the edges of classes.
    pub fn size(&mut self) -> usize {
        let bits = self.below(19);
        let base = 1usize << bits;
        match self.below(4) {
            0 => base,
            1 => base + 1,
            2 => base - 1,
            _ => base + self.below(base),
        }
    }
}
