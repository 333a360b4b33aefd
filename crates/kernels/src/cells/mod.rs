//! Loops over elements: y[i] = f(x[i]), and the same for two and three operands, dense or broadcast.
//!
//! y may be one of its operands, so all are slices of cells, which may alias. Four elements are computed at a time, as
//! one vector. The last one to three go through the same vector arithmetic, so that an element's bits do not depend on
//! its index.

use core::cell::Cell;
use core::slice;

use crate::simd::{F32x4, I32x4};

mod broadcast;
#[cfg(not(feature = "small"))]
mod inlined;
#[cfg(feature = "small")]
mod shared;

pub use broadcast::Geometry;
#[cfg(not(feature = "small"))]
pub use inlined::{broadcast, map, zip, zip3};
#[cfg(feature = "small")]
pub use shared::{broadcast, map, zip, zip3};

/// An element type, and the vector in which four of them are computed with.
pub trait Element: Copy {
    const ZERO: Self;
    /// Whether loops compute several vectors at a time, which is larger and faster.
    #[cfg(not(feature = "small"))]
    const FLOAT: bool;
    type Vector: Copy;
    fn read(x: &[Cell<Self>; 4]) -> Self::Vector;
    fn write(v: Self::Vector, y: &[Cell<Self>; 4]);
    fn splat(x: Self) -> Self::Vector;
    /// One to three elements, and zeros behind.
    fn read_few(x: &[Cell<Self>]) -> Self::Vector;
    /// As many lanes as y has elements, one to three.
    fn write_few(v: Self::Vector, y: &[Cell<Self>]);
}

/// Where the values of cells are, which may be written through it.
#[inline(always)]
pub(crate) fn address<T>(x: &[Cell<T>]) -> *mut T {
    x.as_ptr().cast::<T>().cast_mut()
}

/// Elements that nobody else uses, to write to.
#[allow(clippy::mut_from_ref)]
pub(crate) fn own<T>(x: &[Cell<T>]) -> &mut [T] {
    // SAFETY: the callers' contract; within one call, each is lent once at a time.
    unsafe { slice::from_raw_parts_mut(address(x), x.len()) }
}

/// The values of four cells.
#[inline(always)]
fn values<T>(x: &[Cell<T>; 4]) -> *mut [T; 4] {
    address(x).cast()
}

macro_rules! element {
    ($type:ty, $zero:literal, $float:literal, $vector:ident, $read:ident, $write:ident, $splat:expr) => {
        impl Element for $type {
            const ZERO: Self = $zero;
            #[cfg(not(feature = "small"))]
            const FLOAT: bool = $float;
            type Vector = $vector;
            #[inline(always)]
            fn read(x: &[Cell<Self>; 4]) -> $vector {
                // SAFETY: cells are laid out as their values, and no other reference to a value exists.
                $vector::$read(unsafe { &*values(x) })
            }
            #[inline(always)]
            fn write(v: $vector, y: &[Cell<Self>; 4]) {
                // SAFETY: as in `read`; a cell may be written through a shared reference.
                v.$write(unsafe { &mut *values(y) })
            }
            #[inline(always)]
            fn splat(x: Self) -> $vector {
                $splat(x)
            }
            #[inline(never)] // rare, and in every kernel
            fn read_few(x: &[Cell<Self>]) -> $vector {
                let at = |i: usize| x.get(i).map_or($zero, Cell::get);
                $vector::$read(&[at(0), at(1), at(2), 0 as Self])
            }
            #[inline(never)]
            fn write_few(v: $vector, y: &[Cell<Self>]) {
                let mut lanes = [$zero; 4];
                v.$write(&mut lanes);
                for (y, lane) in y.iter().zip(lanes) {
                    y.set(lane);
                }
            }
        }
    };
}

element!(f32, 0.0, true, F32x4, read, write, F32x4::splat);
element!(i32, 0, false, I32x4, read, write, I32x4::splat);
// Bytes are computed with as i32; lanes to write must be 0 to 255.
element!(u8, 0, false, I32x4, read_u8, write_u8, |x| I32x4::splat(i32::from(x)));
