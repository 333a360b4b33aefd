//! The matrix that every step multiplies by, packed once.

use core::ptr;

use crate::gemm::loops::{a_workspace, depths_at_once, multiply, NR};
use crate::gemm::micro::Output;
use crate::gemm::pack::{prepack, Packed, Strided};
use crate::gemm::rows::{combine_rows, dot_columns, STRIP};

/// W as the second factor [depth, lanes] of products of `rows` rows.
pub(super) struct Weights<'a> {
    w: &'a [f32],
    rows: usize,
    lanes: usize,
    depth: usize,
    /// W is stored as [lanes, depth].
    transposed: bool,
    /// Absent for a single row, which W is read in place for.
    packed: Option<Packed>,
    scratch: &'a mut [f32],
}

impl<'a> Weights<'a> {
    /// Numbers of workspace that one of these needs.
    pub fn workspace(rows: usize, lanes: usize, depth: usize) -> usize {
        if rows <= 1 {
            return lanes.min(STRIP);
        }
        lanes.next_multiple_of(NR) * depth + a_workspace(rows, depth)
    }

    /// W [depth, lanes], or [lanes, depth] if `transposed`; no size is 0.
    pub fn new(
        w: &'a [f32], rows: usize, lanes: usize, depth: usize, transposed: bool, workspace: &'a mut [f32],
    ) -> Self {
        assert!(lanes * depth <= w.len(), "W is too short");
        assert!(Self::workspace(rows, lanes, depth) <= workspace.len(), "the workspace is too short");
        if rows <= 1 {
            return Self { w, rows, lanes, depth, transposed, packed: None, scratch: workspace };
        }
        let (room, scratch) = workspace.split_at_mut(lanes.next_multiple_of(NR) * depth);
        let (lane, down) = if transposed { (depth, 1) } else { (1, lanes) };
        let source = Strided { at: w.as_ptr(), lane, depth: down };
        // SAFETY: the lengths have been compared above.
        let packed = unsafe { prepack::<NR>(&source, lanes, depth, depths_at_once(depth), room.as_mut_ptr()) };
        Self { w, rows, lanes, depth, transposed, packed: Some(packed), scratch }
    }

    /// y [rows, lanes] ← x [rows, depth] · W, plus y if `accumulate`.
    pub fn multiply(&mut self, x: &[f32], y: &mut [f32], accumulate: bool) {
        let (lanes, depth) = (self.lanes, self.depth);
        assert!(self.rows * depth <= x.len() && self.rows * lanes <= y.len(), "a step is too short");
        let out = Output { accumulate, ..Output::plain(y.as_mut_ptr(), lanes) };
        let (x, w, scratch) = (x.as_ptr(), self.w.as_ptr(), self.scratch.as_mut_ptr());
        // SAFETY: the lengths have been compared here and in `new`.
        unsafe {
            match &self.packed {
                Some(packed) => {
                    let rows = Strided { at: x, lane: depth, depth: 1 };
                    multiply(self.rows, lanes, depth, &rows, packed, &out, scratch, ptr::null_mut());
                }
                None if self.transposed => dot_columns(lanes, depth, x, w, depth, &out),
                None => combine_rows(lanes, depth, x, 1, w, lanes, &out, scratch),
            }
        }
    }
}
