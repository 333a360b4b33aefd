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

/// y = 0, then y[o, index[o, i, j], j] += g[o, i, j]
pub fn scatter_add(g: &[f32], index: &[i32], y: &mut [f32], [outer, n, k, inner]: [usize; 4]) {
    y[..outer * n * inner].fill(0.0);
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
    for o in 0..outer {
        for (i, &at) in index[..k].iter().enumerate() {
            let (from, to) = (o * k + i, o * n + at as usize);
            let y = &mut y[to * inner..(to + 1) * inner];
            y.iter_mut().zip(&g[from * inner..(from + 1) * inner]).for_each(|(y, g)| *y += g);
        }
    }
}
