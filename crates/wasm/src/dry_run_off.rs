//! The functions of `dry_run.rs` for binaries that read no plans: they do nothing, or assert in the checked binary.

const CHECKED: bool = cfg!(feature = "checked");

#[inline(always)]
pub const fn running() -> bool {
    false
}

#[inline(always)]
pub fn require(fits: bool) {
    assert!(fits || !CHECKED, "sizes that do not go together");
}

#[inline(always)]
pub const fn require_absent(_: usize) {}

#[inline(always)]
pub fn full_only<T>(x: Option<T>) -> Option<T> {
    x
}

/// A product of sizes. What does not fit into memory becomes, in the checked binary, the largest number of elements.
#[inline(always)]
pub fn size<const N: usize>(factors: [usize; N]) -> usize {
    if CHECKED {
        return elements(factors.iter().fold(1, |product, &n| product.saturating_mul(n as u64)));
    }
    factors.iter().fold(1, |product, n| product.wrapping_mul(*n))
}

#[inline(always)]
pub fn elements(n: u64) -> usize {
    if CHECKED {
        return n.try_into().unwrap_or(usize::MAX);
    }
    n as usize
}

#[inline(always)]
pub const fn work<const N: usize>(_: [usize; N]) {}
