//! An output of which several threads may write some images, filters or planes each.

use crate::cells::address;
use core::cell::Cell;

/// The output of a pass, or of a part of one. What lies between its planes is not written.
pub(super) struct Planes<'a>(&'a [Cell<f32>]);

impl<'a> Planes<'a> {
    pub fn new(y: &'a [Cell<f32>]) -> Self {
        Self(y)
    }

    pub fn cells(&self) -> &'a [Cell<f32>] {
        self.0
    }

    /// n numbers from `first` on, planes of one image.
    pub fn of(&mut self, first: usize, n: usize) -> &mut [f32] {
        let cells = &self.0[first..][..n];
        // SAFETY: cells may be written through a shared reference, and while a pass runs it alone uses those of its planes,
        // one slice of this at a time.
        unsafe { core::slice::from_raw_parts_mut(address(cells), n) }
    }
}

impl<'a> From<&'a mut [f32]> for Planes<'a> {
    fn from(y: &'a mut [f32]) -> Self {
        Self(Cell::from_mut(y).as_slice_of_cells())
    }
}
