//! Work that is cut by its outputs: what parts write, one by one, against what the whole does.
#![allow(dead_code)] // every test file uses its own part

use crate::check::Guarded;

/// [0, n) in so many parts of whole grains, or as many as there are grains: where they begin, and how long they are.
pub fn parts(n: usize, grain: usize, count: usize) -> Vec<(usize, usize)> {
    let grains = n.div_ceil(grain);
    let count = count.min(grains);
    let start = |i: usize| (grains * i / count * grain).min(n);
    (0..count).map(|i| (start(i), start(i + 1) - start(i))).collect()
}

/// n elements from `first` on, or none, wherever they begin.
pub fn piece<T>(x: &[T], first: usize, n: usize) -> &[T] {
    if n == 0 {
        &[]
    } else {
        &x[first..][..n]
    }
}

/// The same to write.
pub fn piece_mut<T>(x: &mut [T], first: usize, n: usize) -> &mut [T] {
    if n == 0 {
        &mut []
    } else {
        &mut x[first..][..n]
    }
}

/// An output that is written part by part.
pub struct Pieces {
    before: Vec<f32>,
    output: Vec<f32>,
}

impl Pieces {
    /// An output in which nothing is written yet.
    pub fn new(n: usize) -> Self {
        Self::over(vec![f32::NAN; n])
    }

    /// An output in which something else is.
    pub fn over(before: Vec<f32>) -> Self {
        Self { output: before.clone(), before }
    }

    /// Runs a part on the output as it was before.
    ///
    /// # Panics
    /// If it writes where another part has, or outside.
    pub fn add(&mut self, what: &str, part: impl FnOnce(&mut [f32])) {
        let mut fresh = Guarded::new(self.before.len());
        fresh.slice().copy_from_slice(&self.before);
        part(fresh.slice());
        for (i, x) in fresh.check(what).iter().enumerate() {
            if x.to_bits() != self.before[i].to_bits() {
                assert_eq!(self.output[i].to_bits(), self.before[i].to_bits(), "{what}: two parts write element {i}");
                self.output[i] = *x;
            }
        }
    }

    /// That the parts have the bits of the whole.
    pub fn check(&self, whole: &[f32], what: &str) {
        assert_bits(&self.output, whole, what);
    }
}

/// That both have the same bits, but for the kind of a NaN.
pub fn assert_bits(y: &[f32], expected: &[f32], what: &str) {
    assert_eq!(y.len(), expected.len(), "{what}");
    for (i, (y, e)) in y.iter().zip(expected).enumerate() {
        assert!(y.to_bits() == e.to_bits() || y.is_nan() && e.is_nan(), "{what}: element {i} is {y}, not {e}");
    }
}
