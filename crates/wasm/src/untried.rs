//! What stands for trials in binaries that read no plans: nothing.

#[inline(always)]
pub const fn running() -> bool {
    false
}

#[inline(always)]
pub const fn refused() -> bool {
    false
}

#[inline(always)]
pub const fn require(_: bool) {}

#[inline(always)]
pub fn size<const N: usize>(factors: [usize; N]) -> usize {
    factors.iter().fold(1, |product, n| product.wrapping_mul(*n))
}

#[inline(always)]
pub const fn elements(n: u64) -> usize {
    n as usize
}

#[inline(always)]
pub const fn work<const N: usize>(_: [usize; N]) {}

pub const fn input<T>(_: usize, _: usize) {}
pub const fn output<T>(_: usize, _: usize) {}
pub const fn cells<T>(_: usize, _: usize) {}
pub const fn optional_input<T>(_: usize, _: usize) {}
pub const fn optional_output<T>(_: usize, _: usize) {}
