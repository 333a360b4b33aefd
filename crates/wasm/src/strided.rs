//! The extents of strided operands, from their sizes and strides.

use phyllo_kernels::binary::Geometry;

use crate::dry_run;
use crate::extent::Extent;

/// The extent of an operand over an index space of n.
#[inline(never)]
pub fn extent(n: [usize; 4], strides: [isize; 4]) -> Extent {
    #[cfg(not(any(feature = "plans", feature = "checked")))]
    if let ([1, 1, 1, n], [_, _, _, 1]) = (n, strides) {
        return Extent { below: 0, len: n }; // most operands
    }
    let (mut below, mut above) = (0u64, 0u64);
    for (n, stride) in n.into_iter().zip(strides) {
        let reach = n.saturating_sub(1) as u64 * stride.unsigned_abs() as u64;
        let side = if stride < 0 { &mut below } else { &mut above };
        *side = side.saturating_add(reach);
    }
    let len = below.saturating_add(above).saturating_add(1);
    let [below, len] = if n.contains(&0) { [0; 2] } else { [below, len].map(dry_run::elements) };
    Extent {
        below,
        len,
        #[cfg(feature = "checked")]
        dense: n
            .into_iter()
            .zip(strides)
            .rev()
            .try_fold(1, |step, (n, stride)| (n == 1 || stride == step).then_some(step.wrapping_mul(n as isize)))
            .is_some(),
    }
}

/// The axis along which a call on strided operands is cut: the outermost that has several places.
pub fn axis(n: [usize; 4]) -> usize {
    n.iter().position(|&n| n > 1).unwrap_or(0)
}

/// The address of an operand so many places of a stride further.
pub fn step<T>(at: usize, places: usize, stride: isize) -> usize {
    at.wrapping_add_signed(places as isize * stride * size_of::<T>() as isize)
}

/// What a binary kernel is told of its operands a and b, and their extents.
#[inline(never)]
pub fn geometry(n: [usize; 4], a: [isize; 4], b: [isize; 4]) -> (Geometry, [Extent; 2]) {
    let extents = [a, b].map(|strides| extent(n, strides));
    (Geometry { n, a: (extents[0].below, a), b: (extents[1].below, b) }, extents)
}
