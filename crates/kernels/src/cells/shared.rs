//! The loops compiled once for all kernels, which hand them their function as a trait object: small binaries.

use core::cell::Cell;
use core::slice::from_ref;

use super::broadcast::{gathered, BLOCK};
use super::{Element, Geometry};

/// Up to four elements, and zeros behind.
#[inline(always)]
fn read<T: Element>(x: &[Cell<T>]) -> T::Vector {
    match x.first_chunk() {
        Some(x) => T::read(x),
        None => read_few(x),
    }
}

#[inline(never)] // rare, and in every kernel
fn read_few<T: Element>(x: &[Cell<T>]) -> T::Vector {
    let lanes = [const { Cell::new(T::ZERO) }; 4];
    for (lane, x) in lanes.iter().zip(x) {
        lane.set(x.get());
    }
    T::read(&lanes)
}

/// As many lanes as y has elements, at most four.
#[inline(always)]
fn write<T: Element>(v: T::Vector, y: &[Cell<T>]) {
    match y.first_chunk() {
        Some(y) => T::write(v, y),
        None => write_few(v, y),
    }
}

#[inline(never)]
fn write_few<T: Element>(v: T::Vector, y: &[Cell<T>]) {
    let lanes = [const { Cell::new(T::ZERO) }; 4];
    T::write(v, &lanes);
    for (lane, y) in lanes.iter().zip(y) {
        y.set(lane.get());
    }
}

/// Four elements, computed at once.
type Four<T> = [Cell<T>; 4];

/// Fewer elements, and zeros behind.
#[inline(always)]
fn filled<T: Element>(x: &[Cell<T>]) -> Four<T> {
    let four = [const { Cell::new(T::ZERO) }; 4];
    for (to, from) in four.iter().zip(x) {
        to.set(from.get());
    }
    four
}

/// The first of four elements.
#[inline(always)]
fn empty<T: Element>(four: &Four<T>, y: &[Cell<T>]) {
    for (from, to) in four.iter().zip(y) {
        to.set(from.get());
    }
}

/// A function of an element, applied to whole vectors. (One method, since the table of a `dyn Fn` has each three times.)
trait Map<X, Y> {
    fn run(&self, x: &[Four<X>], y: &[Four<Y>]);
}

/// A function of two elements, applied to whole vectors.
trait Zip<A, B, Y> {
    fn run(&self, a: &[Four<A>], b: &[Four<B>], y: &[Four<Y>]);
}

/// A function of vectors.
struct Each<F>(F);

impl<X: Element, Y: Element, F: Fn(X::Vector) -> Y::Vector> Map<X, Y> for Each<F> {
    fn run(&self, x: &[Four<X>], y: &[Four<Y>]) {
        for (x, y) in x.iter().zip(y) {
            Y::write(self.0(X::read(x)), y);
        }
    }
}

impl<A: Element, B: Element, Y: Element, F: Fn(A::Vector, B::Vector) -> Y::Vector> Zip<A, B, Y> for Each<F> {
    fn run(&self, a: &[Four<A>], b: &[Four<B>], y: &[Four<Y>]) {
        for ((a, b), y) in a.iter().zip(b).zip(y) {
            Y::write(self.0(A::read(a), B::read(b)), y);
        }
    }
}

/// y[i] = f(x[i])
#[inline(always)]
pub fn map<X: Element, Y: Element>(x: &[Cell<X>], y: &[Cell<Y>], f: impl Fn(X::Vector) -> Y::Vector) {
    map_all(x, y, &Each(f));
}

/// All whole vectors, and one with what is left.
#[inline(never)]
fn map_all<X: Element, Y: Element>(x: &[Cell<X>], y: &[Cell<Y>], f: &dyn Map<X, Y>) {
    let ((xs, x), (ys, y)) = (x[..y.len()].as_chunks(), y.as_chunks());
    f.run(xs, ys);
    if !y.is_empty() {
        let out = filled(&[]);
        f.run(&[filled(x)], from_ref(&out));
        empty(&out, y);
    }
}

/// y[i] = f(a[i], b[i])
#[inline(always)]
pub fn zip<A: Element, B: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], y: &[Cell<Y>], f: impl Fn(A::Vector, B::Vector) -> Y::Vector,
) {
    zip_all(a, b, y, &Each(f));
}

/// As [`map_all`].
#[inline(never)]
fn zip_all<A: Element, B: Element, Y: Element>(a: &[Cell<A>], b: &[Cell<B>], y: &[Cell<Y>], f: &dyn Zip<A, B, Y>) {
    let ((xs, a), (zs, b)) = (a[..y.len()].as_chunks(), b[..y.len()].as_chunks());
    let (ys, y) = y.as_chunks();
    f.run(xs, zs, ys);
    if !y.is_empty() {
        let out = filled(&[]);
        f.run(&[filled(a)], &[filled(b)], from_ref(&out));
        empty(&out, y);
    }
}

/// y[i] = f(a[i], b[i], c[i])
#[inline(always)]
pub fn zip3<A: Element, B: Element, C: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], c: &[Cell<C>], y: &[Cell<Y>],
    f: impl Fn(A::Vector, B::Vector, C::Vector) -> Y::Vector,
) {
    let (a, b, c) = (&a[..y.len()], &b[..y.len()], &c[..y.len()]);
    for (((a, b), c), y) in a.chunks(4).zip(b.chunks(4)).zip(c.chunks(4)).zip(y.chunks(4)) {
        write(f(read(a), read(b), read(c)), y);
    }
}

/// y = f(a, b) over the index space, row by row.
#[inline(always)]
pub fn broadcast<A: Element, B: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], y: &[Cell<Y>], geometry: Geometry, f: impl Fn(A::Vector, B::Vector) -> Y::Vector,
) {
    rows(a, b, y, geometry, &Each(f));
}

/// Of a row of y, where its first element is in a, and in b.
type RowFunction<'f, Y> = &'f mut dyn FnMut(&[Cell<Y>], usize, usize);

#[inline(never)]
fn rows<A: Element, B: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], y: &[Cell<Y>], geometry: Geometry, f: &dyn Zip<A, B, Y>,
) {
    if (geometry.a.1[3], geometry.b.1[3]) == (1, 1) {
        let row: RowFunction<Y> = &mut |y, i, j| zip_all(&a[i..], &b[j..], y, f);
        geometry.each_row(y, row);
    } else {
        strided_rows(a, b, y, geometry, f);
    }
}

/// The same where rows of a or b are not dense.
#[inline(never)] // its blocks are for those who need them
fn strided_rows<A: Element, B: Element, Y: Element>(
    a: &[Cell<A>], b: &[Cell<B>], y: &[Cell<Y>], geometry: Geometry, f: &dyn Zip<A, B, Y>,
) {
    let (x, z) = ([const { Cell::new(A::ZERO) }; BLOCK], [const { Cell::new(B::ZERO) }; BLOCK]);
    let (sa, sb) = (geometry.a.1[3], geometry.b.1[3]);
    let row: RowFunction<Y> = &mut |y, i, j| {
        for (k, y) in y.chunks(BLOCK).enumerate() {
            let a = gathered(a, i, sa, k * BLOCK, &x[..y.len()]);
            let b = gathered(b, j, sb, k * BLOCK, &z[..y.len()]);
            zip_all(a, b, y, f);
        }
    };
    geometry.each_row(y, row);
}
