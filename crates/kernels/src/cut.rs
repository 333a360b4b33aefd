//! How a kernel's work is cut: by its outputs, so that each part has the bits that it has in the whole.

/// Whether kernels are compiled for parts, which lie in the operands of the whole at its strides. Where they are not, every
/// call is a whole, its strides follow from its sizes, and the code that tells a part from a whole is left out.
pub(crate) const PARTS: bool = cfg!(feature = "parts");

/// [0, n) of a dimension, in parts of whole grains.
#[derive(Clone, Copy, Debug)]
pub struct Cut<Dimension> {
    pub by: Dimension,
    pub n: usize,
    pub grain: usize,
    /// The time that the whole takes, in numbers that could be read or written once meanwhile.
    pub work: f32,
}
