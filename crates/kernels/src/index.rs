//! Gathering and scattering. x and y are seen as [outer, n, inner] and [outer, k, inner]; indices have been checked. What is
//! put or added somewhere may be some columns of these.

use core::cell::Cell;

use crate::axis::Axis;
use crate::cells::own;
use crate::copy::run;

/// The place of the first index outside [0, size), or −1.
pub fn index_outside(index: &[i32], size: i32) -> i32 {
    index.iter().position(|&i| i < 0 || i >= size).map_or(-1, |at| at as i32)
}

/// y[o, i, j] = x[o, index[o, i, j], j]
pub fn gather(x: &[i32], index: &[i32], y: &mut [i32], [outer, n, k, inner]: [usize; 4]) {
    for o in 0..outer {
        let x = &x[o * n * inner..(o + 1) * n * inner];
        for i in o * k..(o + 1) * k {
            let row = i * inner..(i + 1) * inner;
            for (j, (y, &at)) in y[row.clone()].iter_mut().zip(&index[row]).enumerate() {
                *y = x[at as usize * inner + j];
            }
        }
    }
}

/// Up to so many terms are added one by one. Rounding errors of more would grow with their number, if they meet in one sum.
const FEW: usize = 256;
/// Rows whose sums are held at a time.
const SLOTS: usize = 64;

/// y[at(i), j] += g[i, j] for k rows and W columns: the sums of up to 64 rows are held in f64, and so is that of
/// a row which most of g belongs to.
fn add_many<const W: usize>(g: &[f32], y: &[Cell<f32>], k: usize, apart: usize, at: impl Fn(usize) -> usize) {
    let mut rows = [usize::MAX; SLOTS];
    let mut sums = [[0.0; W]; SLOTS];
    let put = |row: usize, sum: &[f64; W]| {
        if row != usize::MAX {
            own(&y[row * apart..][..W]).iter_mut().zip(sum).for_each(|(y, sum)| *y += *sum as f32);
        }
    };
    for i in 0..k {
        let row = at(i);
        let slot = row % SLOTS;
        if rows[slot] != row {
            put(rows[slot], &sums[slot]);
            rows[slot] = row;
            sums[slot] = [0.0; W];
        }
        sums[slot].iter_mut().zip(&g[i * apart..][..W]).for_each(|(sum, g)| *sum += f64::from(*g));
    }
    rows.iter().zip(&sums).for_each(|(row, sum)| put(*row, sum));
}

/// y = 0, then y[o, index[o, i, j], j] += g[o, i, j]
pub fn scatter_add(axis: &Axis, [n, k]: [usize; 2], g: &[f32], index: &[i32], y: &[Cell<f32>]) {
    clear(axis, n, y);
    let Axis { outer, inner, apart } = *axis;
    if k <= FEW {
        return combine(axis, [n, k], g, index, y, |y, g| y + g);
    }
    for o in 0..outer {
        for j in 0..inner {
            let (first, index) = (o * k * apart + j, &index[o * k * apart + j..]);
            add_many::<1>(&g[first..], &y[o * n * apart + j..], k, apart, |i| index[i * apart] as usize);
        }
    }
}

/// y [outer, n, inner] = 0
fn clear(&Axis { outer, inner, apart }: &Axis, n: usize, y: &[Cell<f32>]) {
    if inner == apart {
        return own(&y[..outer * n * inner]).fill(0.0);
    }
    for i in 0..outer * n {
        own(&y[i * apart..][..inner]).fill(0.0);
    }
}

/// What `scatter` makes of an element of y and one of x that goes there.
pub const SET: u32 = 0;
pub const SUM: u32 = 1;
pub const PROD: u32 = 2;
pub const MAX: u32 = 3;

/// y[o, index[o, i, j], j] = f(y[o, index[o, i, j], j], x[o, i, j]), in the order of x
#[inline(always)]
fn combine<T: Copy>(
    &Axis { outer, inner, apart }: &Axis, [n, k]: [usize; 2], x: &[T], index: &[i32], y: &[Cell<T>],
    f: impl Fn(T, T) -> T,
) {
    for o in 0..outer {
        for i in o * k..(o + 1) * k {
            let row = i * apart..i * apart + inner;
            for (j, (x, &at)) in x[row.clone()].iter().zip(&index[row]).enumerate() {
                let y = &y[(o * n + at as usize) * apart + j];
                y.set(f(y.get(), *x));
            }
        }
    }
}

/// y[o, index[o, i, j], j] becomes x[o, i, j], or its sum, product, maximum or (beyond MAX) minimum with that. NaN is the
/// maximum and the minimum.
pub fn scatter(axis: &Axis, sizes: [usize; 2], x: &[f32], index: &[i32], y: &[Cell<f32>], mode: u32) {
    combine(axis, sizes, x, index, y, |y, x| match mode {
        SET => x,
        SUM => y + x,
        PROD => y * x,
        _ if x.is_nan() || (if mode == MAX { x > y } else { x < y }) => x,
        _ => y,
    });
}

/// As `scatter`; sums and products wrap around.
pub fn scatter_i32(axis: &Axis, sizes: [usize; 2], x: &[i32], index: &[i32], y: &[Cell<i32>], mode: u32) {
    combine(axis, sizes, x, index, y, |y, x| match mode {
        SET => x,
        SUM => y.wrapping_add(x),
        PROD => y.wrapping_mul(x),
        MAX => y.max(x),
        _ => y.min(x),
    });
}

/// y[o, i, :] = x[o, index[i], :]
pub fn index_select<T: Copy>(x: &[Cell<T>], index: &[i32], y: &[Cell<T>], [outer, n, k, inner]: [usize; 4]) {
    for o in 0..outer {
        for (i, &at) in index[..k].iter().enumerate() {
            let (from, to) = (o * n + at as usize, o * k + i);
            run(&x[from * inner..(from + 1) * inner], &y[to * inner..(to + 1) * inner]);
        }
    }
}

/// y = 0, then y[o, index[i], :] += g[o, i, :]
pub fn index_add(axis: &Axis, [n, k]: [usize; 2], g: &[f32], index: &[i32], y: &[Cell<f32>]) {
    clear(axis, n, y);
    let Axis { outer, inner, apart } = *axis;
    if k > FEW {
        const COLUMNS: usize = 8;
        for o in 0..outer {
            for j in (0..inner).step_by(COLUMNS) {
                let (g, y) = (&g[o * k * apart + j..], &y[o * n * apart + j..]);
                let at = |i: usize| index[i] as usize;
                if inner - j < COLUMNS {
                    for j in 0..inner - j {
                        add_many::<1>(&g[j..], &y[j..], k, apart, at);
                    }
                } else {
                    add_many::<COLUMNS>(g, y, k, apart, at);
                }
            }
        }
        return;
    }
    for o in 0..outer {
        for (i, &at) in index[..k].iter().enumerate() {
            let (from, to) = ((o * k + i) * apart, (o * n + at as usize) * apart);
            own(&y[to..to + inner]).iter_mut().zip(&g[from..from + inner]).for_each(|(y, g)| *y += g);
        }
    }
}
