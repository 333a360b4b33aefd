//! Which pixel of its window a maximum is: the number of its tap, which backward passes read.

use crate::simd::I32x4;

/// Whether the binary keeps the argmax of each window, which backward passes read.
pub(super) const ARGMAX: bool = !cfg!(feature = "small");

/// The number of a tap in its window, row by row: u8 for windows of at most 256 taps, or i32.
pub trait Tap: Copy {
    fn new(tap: usize) -> Self;
    fn number(self) -> usize;
    /// The same taps, if they are bytes.
    fn bytes(at: &mut [Self]) -> Option<&mut [u8]>;
    /// Four adjacent taps.
    fn write4(taps: I32x4, at: &mut [Self; 4]);
    fn read4(at: &[Self; 4]) -> I32x4;
}

impl Tap for u8 {
    #[inline(always)]
    fn bytes(at: &mut [Self]) -> Option<&mut [u8]> {
        Some(at)
    }

    #[inline(always)]
    fn new(tap: usize) -> Self {
        tap as u8
    }

    #[inline(always)]
    fn number(self) -> usize {
        usize::from(self)
    }

    #[inline(always)]
    fn write4(taps: I32x4, at: &mut [Self; 4]) {
        taps.write_u8(at);
    }

    #[inline(always)]
    fn read4(at: &[Self; 4]) -> I32x4 {
        I32x4::read_u8(at)
    }
}

impl Tap for i32 {
    #[inline(always)]
    fn bytes(_: &mut [Self]) -> Option<&mut [u8]> {
        None
    }

    #[inline(always)]
    fn new(tap: usize) -> Self {
        tap as i32
    }

    #[inline(always)]
    fn number(self) -> usize {
        self as usize
    }

    #[inline(always)]
    fn write4(taps: I32x4, at: &mut [Self; 4]) {
        taps.write(at);
    }

    #[inline(always)]
    fn read4(at: &[Self; 4]) -> I32x4 {
        I32x4::read(at)
    }
}
