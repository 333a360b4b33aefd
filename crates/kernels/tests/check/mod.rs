//! What the tests of dense kernels share: numbers, guarded outputs, a comparison.
#![allow(dead_code)] // every test file uses its own part

use std::cell::Cell;

/// A number that no kernel computes.
const GUARD: f32 = 12345.678;
const MARGIN: usize = 16;

/// A small generator (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn word(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    /// In [−1, 1).
    pub fn number(&mut self) -> f32 {
        self.word() as i32 as f32 / 2147483648.0
    }

    pub fn numbers(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.number()).collect()
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.word() as usize % n
    }
}

/// A buffer with guards on both sides, filled with NaN.
pub struct Guarded<T> {
    all: Vec<T>,
    guard: T,
}

impl Guarded<f32> {
    pub fn new(n: usize) -> Self {
        Self::filled(n, f32::NAN, GUARD)
    }
}

impl<T: Copy + PartialEq + std::fmt::Debug> Guarded<T> {
    pub fn filled(n: usize, value: T, guard: T) -> Self {
        let mut all = vec![guard; n + 2 * MARGIN];
        all[MARGIN..MARGIN + n].fill(value);
        Self { all, guard }
    }

    pub fn slice(&mut self) -> &mut [T] {
        let end = self.all.len() - MARGIN;
        &mut self.all[MARGIN..end]
    }

    /// The contents.
    ///
    /// # Panics
    /// If a guard was overwritten.
    pub fn check(&self, what: &str) -> &[T] {
        let end = self.all.len() - MARGIN;
        let guards = self.all[..MARGIN].iter().chain(&self.all[end..]);
        assert!(guards.into_iter().all(|x| *x == self.guard), "{what}: wrote outside its output");
        &self.all[MARGIN..end]
    }
}

/// max |y − reference| ≤ `bound` · max(1, max |reference|), for sums of products of numbers in [−1, 1): below 1 the terms
/// have cancelled, and the error belongs to them.
pub fn assert_close(y: &[f32], reference: &[f64], bound: f64, what: &str) {
    assert_eq!(y.len(), reference.len(), "{what}");
    let scale = reference.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
    for (i, (&y, &r)) in y.iter().zip(reference).enumerate() {
        let error = (f64::from(y) - r).abs();
        assert!(error <= bound * scale, "{what}: element {i} is {y}, not {r}; off by {:e} of {scale}", error / scale);
    }
}

/// x [n, size] as [⌈n / 8⌉, size, 8], with `spare` in the lanes of no image.
pub fn lanes<T: Copy>(n: usize, size: usize, x: &[T], spare: T) -> Vec<T> {
    let mut y = vec![spare; n.div_ceil(8) * size * 8];
    for i in 0..n * size {
        y[(i / size / 8 * size + i % size) * 8 + i / size % 8] = x[i];
    }
    y
}

/// The inverse of [`lanes`].
pub fn images<T: Copy>(n: usize, size: usize, x: &[T]) -> Vec<T> {
    (0..n * size).map(|i| x[(i / size / 8 * size + i % size) * 8 + i / size % 8]).collect()
}

/// An array as kernels that work in place take it.
pub fn cells<T>(x: &mut [T]) -> &[Cell<T>] {
    Cell::from_mut(x).as_slice_of_cells()
}
