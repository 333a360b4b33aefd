//! How a kernel's work is cut: by its outputs, so that each part has the bits that it has in the whole.

/// Whether kernels compute parts of a whole where these lie. Without, what tells a part from the whole costs nothing.
pub(crate) const PARTS: bool = cfg!(feature = "parts");

/// [0, n) of a dimension, in parts of whole grains.
#[derive(Clone, Copy, Debug)]
pub struct Cut<Dimension> {
    pub by: Dimension,
    pub n: usize,
    pub grain: usize,
    /// What all of it takes, as so many numbers would that are read or written once.
    pub work: u64,
}
