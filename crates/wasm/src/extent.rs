//! What a strided operand covers.

/// Where the elements of a strided operand lie: how many below its first, and how many from the lowest to the highest.
#[derive(Clone, Copy)]
pub struct Extent {
    pub below: usize,
    pub len: usize,
    /// Whether they follow each other in the order of their indices.
    #[cfg(feature = "checked")]
    pub dense: bool,
}
