//! Gathering and scattering. x and y are seen as [outer, n, inner] and [outer, k, inner]; indices have been checked.

use core::cell::Cell;

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

/// y[at(i), j] += g[i, j] for k rows and W columns of `inner`: the sums of up to 64 rows are held in f64, and so is that of
/// a row which most of g belongs to.
fn add_many<const W: usize>(g: &[f32], y: &mut [f32], k: usize, inner: usize, at: impl Fn(usize) -> usize) {
    let mut rows = [usize::MAX; SLOTS];
    let mut sums = [[0.0; W]; SLOTS];
    let width = W.min(inner);
    let mut put = |row: usize, sum: &[f64; W]| {
        if row != usize::MAX {
            y[row * inner..][..width].iter_mut().zip(sum).for_each(|(y, sum)| *y += *sum as f32);
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
        sums[slot].iter_mut().zip(&g[i * inner..][..width]).for_each(|(sum, g)| *sum += f64::from(*g));
    }
    rows.iter().zip(&sums).for_each(|(row, sum)| put(*row, sum));
}

/// y = 0, then y[o, index[o, i, j], j] += g[o, i, j]
pub fn scatter_add(g: &[f32], index: &[i32], y: &mut [f32], [outer, n, k, inner]: [usize; 4]) {
    y[..outer * n * inner].fill(0.0);
    if k > FEW {
        for o in 0..outer {
            for j in 0..inner {
                let (first, index) = (o * k * inner + j, &index[o * k * inner + j..]);
                add_many::<1>(&g[first..], &mut y[o * n * inner + j..], k, inner, |i| index[i * inner] as usize);
            }
        }
        return;
    }
    for o in 0..outer {
        let y = &mut y[o * n * inner..(o + 1) * n * inner];
        for i in o * k..(o + 1) * k {
            let row = i * inner..(i + 1) * inner;
            for (j, (g, &at)) in g[row.clone()].iter().zip(&index[row]).enumerate() {
                y[at as usize * inner + j] += g;
            }
        }
    }
}

/// What `scatter` makes of an element of y and one of x that goes there.
pub const SET: u32 = 0;
pub const SUM: u32 = 1;
pub const PROD: u32 = 2;
pub const MAX: u32 = 3;

/// y[o, index[o, i, j], j] = f(y[o, index[o, i, j], j], x[o, i, j]), in the order of x
fn combine<T: Copy>(x: &[T], index: &[i32], y: &mut [T], [outer, n, k, inner]: [usize; 4], f: impl Fn(T, T) -> T) {
    for o in 0..outer {
        let y = &mut y[o * n * inner..(o + 1) * n * inner];
        for i in o * k..(o + 1) * k {
            let row = i * inner..(i + 1) * inner;
            for (j, (x, &at)) in x[row.clone()].iter().zip(&index[row]).enumerate() {
                let y = &mut y[at as usize * inner + j];
                *y = f(*y, *x);
            }
        }
    }
}

/// y[o, index[o, i, j], j] becomes x[o, i, j], or its sum, product, maximum or (beyond MAX) minimum with that. NaN is the
/// maximum and the minimum.
pub fn scatter(x: &[f32], index: &[i32], y: &mut [f32], sizes: [usize; 4], mode: u32) {
    combine(x, index, y, sizes, |y, x| match mode {
        SET => x,
        SUM => y + x,
        PROD => y * x,
        _ if x.is_nan() || (if mode == MAX { x > y } else { x < y }) => x,
        _ => y,
    });
}

/// As `scatter`; sums and products wrap around.
pub fn scatter_i32(x: &[i32], index: &[i32], y: &mut [i32], sizes: [usize; 4], mode: u32) {
    combine(x, index, y, sizes, |y, x| match mode {
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
pub fn index_add(g: &[f32], index: &[i32], y: &mut [f32], [outer, n, k, inner]: [usize; 4]) {
    y[..outer * n * inner].fill(0.0);
    if k > FEW {
        const COLUMNS: usize = 8;
        for o in 0..outer {
            for j in (0..inner).step_by(COLUMNS) {
                let (g, y) = (&g[o * k * inner + j..], &mut y[o * n * inner + j..]);
                let at = |i: usize| index[i] as usize;
                if inner - j < COLUMNS {
                    for j in 0..inner - j {
                        add_many::<1>(&g[j..], &mut y[j..], k, inner, at);
                    }
                } else {
                    add_many::<COLUMNS>(g, y, k, inner, at);
                }
            }
        }
        return;
    }
    for o in 0..outer {
        for (i, &at) in index[..k].iter().enumerate() {
            let (from, to) = (o * k + i, o * n + at as usize);
            let y = &mut y[to * inner..(to + 1) * inner];
            y.iter_mut().zip(&g[from * inner..(from + 1) * inner]).for_each(|(y, g)| *y += g);
        }
    }
}
