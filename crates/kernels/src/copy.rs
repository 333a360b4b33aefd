//! Filling, and copying between any two layouts of one index space.

use core::cell::Cell;

use crate::cells::Element;
use crate::simd::F32x4;

/// y = value
pub fn fill<T: Copy>(y: &mut [T], value: T) {
    y.fill(value);
}

/// y = x for a run of adjacent elements. Cells, which may alias, keep the compiler from making this a `memory.copy`:
/// that took 1.4 ns an element, where this loop takes 0.1, when y lay a little above x modulo 4 KiB, as tensors of equal
/// sizes do (V8 11.3 on an AMD EPYC).
#[inline(always)]
pub(crate) fn run<T: Copy>(x: &[Cell<T>], y: &[Cell<T>]) {
    let ((xs, x), (ys, y)) = (x[..y.len()].as_chunks::<16>(), y.as_chunks::<16>());
    for (x, y) in xs.iter().zip(ys) {
        let values = x.each_ref().map(Cell::get);
        for (y, value) in y.iter().zip(values) {
            y.set(value);
        }
    }
    for (x, y) in x.iter().zip(y) {
        y.set(x.get());
    }
}

/// One axis of the index space: its length, and the strides of x and y along it.
#[derive(Clone, Copy)]
struct Axis {
    n: usize,
    x: isize,
    y: isize,
}

/// Elements that blocks of can be transposed in registers.
pub trait Transpose: Element {
    /// y[j, i] = x[i, j] for i, j < 4; rows are sx and sy apart.
    #[inline(always)]
    fn transpose(x: &[Cell<Self>], sx: usize, y: &[Cell<Self>], sy: usize) {
        for i in 0..4 {
            for j in 0..4 {
                y[j * sy + i].set(x[i * sx + j].get());
            }
        }
    }
}

impl Transpose for i32 {
    #[inline(always)]
    fn transpose(x: &[Cell<i32>], sx: usize, y: &[Cell<i32>], sy: usize) {
        let row = |i: usize| i32::read(x[i * sx..].first_chunk().expect("a row of four")).as_f32();
        let columns = F32x4::transpose([row(0), row(1), row(2), row(3)]).map(F32x4::bits);
        for (j, column) in columns.into_iter().enumerate() {
            i32::write(column, y[j * sy..].first_chunk().expect("a row of four"));
        }
    }
}

impl Transpose for u8 {}

/// y = x over an index space of n: `x_start`, `y_start` are where index 0 lies, `sx`, `sy` the strides.
///
/// Axes are first put in the order of y's strides and merged where both layouts allow. What remains is a loop over rows
/// that are contiguous in both, over planes that one layout holds transposed, or over single elements.
pub fn copy<T: Transpose>(
    x: &[Cell<T>], y: &[Cell<T>], n: [usize; 4], (x_start, sx): (usize, [isize; 4]), (y_start, sy): (usize, [isize; 4]),
) {
    if let (false, [1, 1, 1, n], 1, 1) = (cfg!(feature = "small"), n, sx[3], sy[3]) {
        run(&x[x_start..], &y[y_start..y_start + n]);
        return;
    }
    if n.contains(&0) {
        return;
    }
    let mut axes: [Axis; 4] = core::array::from_fn(|i| Axis { n: n[i], x: sx[i], y: sy[i] });
    sort(&mut axes);
    merge(&mut axes);
    let [outer @ .., inner] = axes;
    if inner.x == 1 && inner.y == 1 {
        for_each(outer, x_start, y_start, |i, j| run(&x[i..], &y[j..j + inner.n]));
        return;
    }
    if inner.x == 0 && inner.y == 1 {
        for_each(outer, x_start, y_start, |i, j| y[j..j + inner.n].iter().for_each(|y| y.set(x[i].get())));
        return;
    }
    let unit = outer.iter().position(|axis| axis.n > 1 && axis.x == 1);
    match unit {
        Some(unit) if inner.y == 1 && inner.x > 0 && outer[unit].y > 0 => {
            let columns = outer[unit];
            let mut rest = outer;
            rest[unit] = Axis { n: 1, x: 0, y: 0 };
            for_each(rest, x_start, y_start, |i, j| {
                transpose(&x[i..], inner.x as usize, &y[j..], columns.y as usize, inner.n, columns.n);
            });
        }
        _ => one_by_one(axes, x, y, x_start, y_start),
    }
}

/// [`copy`] in less code, for what is seldom copied.
pub fn copy_few<T: Copy>(
    x: &[Cell<T>], y: &[Cell<T>], n: [usize; 4], (x_start, sx): (usize, [isize; 4]), (y_start, sy): (usize, [isize; 4]),
) {
    one_by_one(core::array::from_fn(|i| Axis { n: n[i], x: sx[i], y: sy[i] }), x, y, x_start, y_start);
}

#[inline(always)]
fn one_by_one<T: Copy>([outer @ .., inner]: [Axis; 4], x: &[Cell<T>], y: &[Cell<T>], x_start: usize, y_start: usize) {
    for_each(outer, x_start, y_start, |i, j| {
        for k in 0..inner.n as isize {
            y[j.wrapping_add_signed(k * inner.y)].set(x[i.wrapping_add_signed(k * inner.x)].get());
        }
    });
}

/// By |stride of y|, the largest first; axes of length 1 count as largest.
fn sort(axes: &mut [Axis; 4]) {
    let key = |axis: &Axis| if axis.n == 1 { usize::MAX } else { axis.y.unsigned_abs() };
    for i in 1..4 {
        for j in (1..=i).rev() {
            if key(&axes[j - 1]) < key(&axes[j]) {
                axes.swap(j - 1, j);
            }
        }
    }
}

/// Joins neighbouring axes along which both layouts go on evenly, into the inner one.
fn merge(axes: &mut [Axis; 4]) {
    for i in (0..3).rev() {
        for j in (0..=i).rev() {
            let (outer, inner) = (axes[j], axes[i + 1]);
            let steps = inner.n as isize;
            if outer.n == 1 {
                continue;
            }
            if outer.x != inner.x * steps || outer.y != inner.y * steps {
                break;
            }
            axes[i + 1].n *= outer.n;
            axes[j].n = 1;
        }
    }
}

#[inline(always)]
fn for_each(axes: [Axis; 3], x_start: usize, y_start: usize, mut f: impl FnMut(usize, usize)) {
    let [a, b, c] = axes;
    for i in 0..a.n as isize {
        for j in 0..b.n as isize {
            for k in 0..c.n as isize {
                f(
                    x_start.wrapping_add_signed(i * a.x + j * b.x + k * c.x),
                    y_start.wrapping_add_signed(i * a.y + j * b.y + k * c.y),
                );
            }
        }
    }
}

/// y[j, i] = x[i, j] for i < m, j < n, in tiles that stay in the cache, and these in blocks of 4 × 4.
fn transpose<T: Transpose>(x: &[Cell<T>], sx: usize, y: &[Cell<T>], sy: usize, m: usize, n: usize) {
    const TILE: usize = 32;
    for i0 in (0..m).step_by(TILE) {
        let i1 = (i0 + TILE).min(m);
        for j0 in (0..n).step_by(TILE) {
            let j1 = (j0 + TILE).min(n);
            let (i4, j4) = (i1 - (i1 - i0) % 4, j1 - (j1 - j0) % 4);
            for i in (i0..i4).step_by(4) {
                for j in (j0..j4).step_by(4) {
                    T::transpose(&x[i * sx + j..], sx, &y[j * sy + i..], sy);
                }
                for j in j4..j1 {
                    for i in i..i + 4 {
                        y[j * sy + i].set(x[i * sx + j].get());
                    }
                }
            }
            for i in i4..i1 {
                for j in j0..j1 {
                    y[j * sy + i].set(x[i * sx + j].get());
                }
            }
        }
    }
}
