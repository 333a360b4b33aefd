//! The matrix that every step multiplies by, packed once.

use core::ptr;

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
    /// Absent for a single row, which W is read in place for.
    packed: Option<Packed>,
    scratch: &'a mut [f32],
}

impl<'a> Weights<'a> {
    /// Numbers of workspace that one of these needs.
    pub fn workspace(rows: usize, columns: usize, depth: usize) -> usize {
        if rows <= 1 {
            return columns.min(STRIP);
        }
        columns.next_multiple_of(NR) * depth + a_workspace(rows, depth)
    }

    /// W [depth, columns], or [columns, depth] if `transposed`; no size is 0.
    pub fn new(
        w: &'a [f32], rows: usize, columns: usize, depth: usize, transposed: bool, workspace: &'a mut [f32],
    ) -> Self {
        assert!(columns * depth <= w.len(), "W is too short");
        assert!(Self::workspace(rows, columns, depth) <= workspace.len(), "the workspace is too short");
        if rows <= 1 {
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
    pub fn multiply(&mut self, x: &[f32], y: &mut [f32], accumulate: bool) {
        let (columns, depth) = (self.columns, self.depth);
        assert!(self.rows * depth <= x.len() && self.rows * columns <= y.len(), "a step is too short");
        let out = Output { accumulate, ..Output::plain(y.as_mut_ptr(), columns) };
        let (x, w, scratch) = (x.as_ptr(), self.w.as_ptr(), self.scratch.as_mut_ptr());
        // SAFETY: the lengths have been compared here and in `new`.
        unsafe {
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
}
