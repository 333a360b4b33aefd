//! Strided operands, and moving data between layouts.

use core::cell::Cell;

use phyllo_kernels::binary::Geometry;
use phyllo_kernels::copy::{self, Transpose};
use phyllo_kernels::lanes::{self, LANES};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::memory::{cells, slices};
use crate::trial;

/// How far a strided operand reaches below its first element, and how many elements from the lowest to the highest.
fn extent(n: [usize; 4], strides: [isize; 4]) -> (usize, usize) {
    if n.contains(&0) {
        return (0, 0);
    }
    let (mut below, mut above) = (0u64, 0u64);
    for (n, stride) in n.into_iter().zip(strides) {
        let reach = (n - 1) as u64 * stride.unsigned_abs() as u64;
        let side = if stride < 0 { &mut below } else { &mut above };
        *side = side.saturating_add(reach);
    }
    (trial::elements(below), trial::elements(below.saturating_add(above).saturating_add(1)))
}

/// A strided operand, as cells, and the place of its first element among them.
///
/// # Safety
/// As the contract says of strided operands.
#[inline(always)]
unsafe fn strided<'a, T>(at: usize, n: [usize; 4], strides: [isize; 4]) -> (&'a [Cell<T>], usize) {
    let (below, len) = extent(n, strides);
    let at = at.wrapping_sub(below * size_of::<T>());
    if trial::running() {
        trial::cells::<T>(at, len);
        return (&[], 0);
    }
    (cells(at, len), below)
}

/// The operands of a binary kernel, from their addresses and strides.
pub fn geometry<'a, T>(
    n: [usize; 4], (a, sa): (usize, [isize; 4]), (b, sb): (usize, [isize; 4]),
) -> (&'a [Cell<T>], &'a [Cell<T>], Geometry) {
    // SAFETY: as the contract says of binary kernels.
    let ((a, a_start), (b, b_start)) = unsafe { (strided(a, n, sa), strided(b, n, sb)) };
    (a, b, Geometry { n, a: (a_start, sa), b: (b_start, sb) })
}

fn copy_strided<T: Transpose>(n: [usize; 4], (x, sx): (usize, [isize; 4]), (y, sy): (usize, [isize; 4])) {
    trial::work(n);
    // SAFETY: as the contract says of copies.
    let ((x, x_start), (y, y_start)) = unsafe { (strided::<T>(x, n, sx), strided::<T>(y, n, sy)) };
    if !trial::running() {
        copy::copy(x, y, n, (x_start, sx), (y_start, sy));
    }
}

macro_rules! export_copies {
    ($($name:ident $type:ty;)*) => {$(
        #[wasm_bindgen]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            x: usize, y: usize, n0: usize, n1: usize, n2: usize, n3: usize,
            x0: isize, x1: isize, x2: isize, x3: isize, y0: isize, y1: isize, y2: isize, y3: isize,
        ) {
            copy_strided::<$type>([n0, n1, n2, n3], (x, [x0, x1, x2, x3]), (y, [y0, y1, y2, y3]));
        }
    )*};
}

export_copies! {
    copy i32;
    copy8 u8;
}

#[wasm_bindgen]
pub fn fill(y: usize, n: usize, value: f32) {
    slices! { y: output f32[n] }
    copy::fill(y, value);
}

#[wasm_bindgen(js_name = "fillI32")]
pub fn fill_i32(y: usize, n: usize, value: i32) {
    slices! { y: output i32[n] }
    copy::fill(y, value);
}

#[wasm_bindgen]
pub fn fill8(y: usize, n: usize, value: u8) {
    slices! { y: output u8[n] }
    copy::fill(y, value);
}

/// The elements of n images in lanes.
fn in_lanes(n: usize, size: usize) -> usize {
    trial::size([n.div_ceil(LANES), size, LANES])
}

#[wasm_bindgen(js_name = "toLanes")]
pub fn to_lanes(x: usize, y: usize, n: usize, size: usize) {
    slices! { x: input f32[n * size], y: output f32[in_lanes(n, size)] }
    lanes::to_lanes(n, size, x, y);
}

#[wasm_bindgen(js_name = "fromLanes")]
pub fn from_lanes(x: usize, y: usize, n: usize, size: usize) {
    slices! { x: input f32[in_lanes(n, size)], y: output f32[n * size] }
    lanes::from_lanes(n, size, x, y);
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "sumLanes")]
pub fn sum_lanes(x: usize, y: usize, n: usize, c: usize, size: usize) {
    slices! { x: input f32[in_lanes(n, trial::size([c, size]))], y: output f32[c] }
    lanes::sum_lanes(n, c, size, x, y);
}
