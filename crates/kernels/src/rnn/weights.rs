//! The matrix that every step multiplies by, packed once.

use core::ptr;

use super::Sequence;
use crate::gemm::loops::{a_workspace, depths_at_once, multiply, NR};
use crate::gemm::micro::Output;
use crate::gemm::pack::{prepack, Packed, Strided};
use crate::gemm::rows::{combine_rows, dot_columns, STRIP};

/// W as the second factor [depth, columns] of products of `rows` rows.
pub(super) struct Weights<'a> {
    w: &'a [f32],
    rows: usize,
    columns: usize,
    depth: usize,
    /// W is stored as [columns, depth].
    transposed: bool,
    /// Absent where the batch has a single row, which W is read in place for: to other bits than a tile's.
    packed: Option<Packed>,
    scratch: &'a mut [f32],
}

impl<'a> Weights<'a> {
    /// Numbers of workspace that one of these needs.
    pub fn workspace(s: &Sequence, columns: usize, depth: usize) -> usize {
        if s.apart() <= 1 {
            return columns.min(STRIP);
        }
        columns.next_multiple_of(NR) * depth + a_workspace(s.batch, depth)
    }

    /// W [depth, columns], or [columns, depth] if `transposed`; no size is 0.
    pub fn new(
        w: &'a [f32], s: &Sequence, columns: usize, depth: usize, transposed: bool, workspace: &'a mut [f32],
    ) -> Self {
        let rows = s.batch;
        assert!(columns * depth <= w.len(), "W is too short");
        assert!(Self::workspace(s, columns, depth) <= workspace.len(), "the workspace is too short");
        if s.apart() <= 1 {
            return Self { w, rows, columns, depth, transposed, packed: None, scratch: workspace };
        }
        let (room, scratch) = workspace.split_at_mut(columns.next_multiple_of(NR) * depth);
        let (row, down) = if transposed { (depth, 1) } else { (1, columns) };
        let source = Strided { at: w.as_ptr(), row, depth: down };
        // SAFETY: the lengths have been compared above.
        let packed = unsafe { prepack::<NR>(&source, columns, depth, depths_at_once(depth), room.as_mut_ptr()) };
        Self { w, rows, columns, depth, transposed, packed: Some(packed), scratch }
    }

    /// y [rows, columns] ← x [rows, depth] · W, plus y if `accumulate`.
    ///
    /// # Safety
    /// x and y must be that long, and apart.
    pub unsafe fn multiply(&mut self, x: *const f32, y: *mut f32, accumulate: bool) {
        let (columns, depth) = (self.columns, self.depth);
        let out = Output { accumulate, ..Output::plain(y, columns) };
        let (w, scratch) = (self.w.as_ptr(), self.scratch.as_mut_ptr());
        match &self.packed {
            Some(packed) => {
                let rows = Strided { at: x, row: depth, depth: 1 };
                multiply(self.rows, columns, depth, &rows, packed, &out, scratch, ptr::null_mut());
            }
            None if self.transposed => dot_columns(columns, depth, x, w, depth, &out),
            None => combine_rows(columns, depth, x, 1, w, columns, &out, scratch),
        }
    }
}
