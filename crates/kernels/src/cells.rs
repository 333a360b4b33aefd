//! Dense loops whose output may be one of their inputs: slices of cells, which may alias, walked four lanes at a time.
//!
//! The last 1 to 3 elements go one by one through the same vector arithmetic, so that an element's bits never depend on
//! its place.

use core::cell::Cell;

use crate::simd::{F32x4, I32x4};

/// An element type, and the vector in which four of them are computed with.
pub trait Element: Copy {
    const ZERO: Self;
    type Vector: Copy;
    fn read(x: &[Cell<Self>; 4]) -> Self::Vector;
    fn write(v: Self::Vector, y: &[Cell<Self>; 4]);
    fn splat(x: Self) -> Self::Vector;
    /// Lane 0.
    fn first(v: Self::Vector) -> Self;
}

/// The four cells' values in place.
#[inline(always)]
fn values<T>(x: &[Cell<T>; 4]) -> *mut [T; 4] {
    x.as_ptr().cast::<[T; 4]>().cast_mut()
}

macro_rules! element {
    ($type:ty, $zero:literal, $vector:ident, $read:ident, $write:ident, $splat:expr) => {
        impl Element for $type {
            const ZERO: Self = $zero;
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
            #[inline(always)]
            fn first(v: $vector) -> Self {
                v.lane::<0>() as Self
            }
        }
    };
}

element!(f32, 0.0, F32x4, read, write, F32x4::splat);
element!(i32, 0, I32x4, read, write, I32x4::splat);
// Bytes are computed with as i32; lanes to write must be 0 to 255.
element!(u8, 0, I32x4, read_u8, write_u8, |x| I32x4::splat(i32::from(x)));

/// y[i] = f(x[i])
#[inline(always)]
pub fn map<X: Element, Y: Element>(x: &[Cell<X>], y: &[Cell<Y>], f: impl Fn(X::Vector) -> Y::Vector) {
    let (x, y) = (&x[..y.len()], y);
    let ((xs, x), (ys, y)) = (x.as_chunks::<4>(), y.as_chunks::<4>());
    for (x, y) in xs.iter().zip(ys) {
        Y::write(f(X::read(x)), y);
    }
    for (x, y) in x.iter().zip(y) {
        y.set(Y::first(f(X::splat(x.get()))));
    }
}

/// y[i] = f(a[i], b[i])
#[inline(always)]
pub fn zip<A: Element, B: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], y: &[Cell<Y>], f: impl Fn(A::Vector, B::Vector) -> Y::Vector,
) {
    let (a, b) = (&a[..y.len()], &b[..y.len()]);
    let ((xs, a), (zs, b), (ys, y)) = (a.as_chunks::<4>(), b.as_chunks::<4>(), y.as_chunks::<4>());
    for ((a, b), y) in xs.iter().zip(zs).zip(ys) {
        Y::write(f(A::read(a), B::read(b)), y);
    }
    for ((a, b), y) in a.iter().zip(b).zip(y) {
        y.set(Y::first(f(A::splat(a.get()), B::splat(b.get()))));
    }
}

/// y[i] = f(a[i], b[i], c[i])
#[inline(always)]
pub fn zip3<A: Element, B: Element, C: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], c: &[Cell<C>], y: &[Cell<Y>],
    f: impl Fn(A::Vector, B::Vector, C::Vector) -> Y::Vector,
) {
    let (a, b, c) = (&a[..y.len()], &b[..y.len()], &c[..y.len()]);
    let ((ps, a), (qs, b)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let ((rs, c), (ys, y)) = (c.as_chunks::<4>(), y.as_chunks::<4>());
    for (((a, b), c), y) in ps.iter().zip(qs).zip(rs).zip(ys) {
        Y::write(f(A::read(a), B::read(b), C::read(c)), y);
    }
    for (((a, b), c), y) in a.iter().zip(b).zip(c).zip(y) {
        y.set(Y::first(f(A::splat(a.get()), B::splat(b.get()), C::splat(c.get()))));
    }
}
