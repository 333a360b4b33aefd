//! A workspace, cut into pieces.

/// What is left of a workspace.
pub(super) struct Workspace<'a>(pub &'a mut [f32]);

impl<'a> Workspace<'a> {
    /// The next n numbers.
    pub fn floats(&mut self, n: usize) -> &'a mut [f32] {
        self.0.split_off_mut(..n).expect("the workspace is too short")
    }

    /// The next n words, as unsigned integers.
    pub fn offsets(&mut self, n: usize) -> &'a mut [u32] {
        let words = self.floats(n);
        // SAFETY: f32 and u32 have the same size and alignment, and every bit pattern is a value of both.
        unsafe { core::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), n) }
    }
}
