//! Softmax and log-softmax along a dimension that is not the last, [outer, n, inner]: a lane for each column of n elements,
//! which lie `apart`. Four columns share their loads, and no sum crosses lanes. The sums are added one after the
//! other, so n is to be small: what calls this brings longer columns into rows.

use core::cell::Cell;

use crate::axis::Axis;
use crate::cells::own;
use crate::math::Math;
use crate::simd::F32x4;

/// Up to four columns side by side.
#[derive(Clone, Copy)]
struct Columns {
    first: usize,
    width: usize,
    n: usize,
    apart: usize,
}

impl Columns {
    /// The elements k of the columns.
    #[inline(always)]
    fn read(self, x: &[f32], k: usize) -> F32x4 {
        let x = &x[self.first + k * self.apart..];
        match x.first_chunk() {
            Some(x) if self.width == 4 => F32x4::read(x),
            _ => F32x4::from_partial(x, self.width),
        }
    }

    #[inline(always)]
    fn write(self, v: F32x4, y: &[Cell<f32>], k: usize) {
        let y = own(&y[self.first + k * self.apart..][..self.width]);
        match y.first_chunk_mut() {
            Some(y) => v.write(y),
            None => v.write_partial(y, self.width),
        }
    }

    #[inline(always)]
    fn read_back(self, y: &[Cell<f32>], k: usize) -> F32x4 {
        let y = own(&y[self.first + k * self.apart..][..self.width]);
        match y.first_chunk() {
            Some(y) => F32x4::read(y),
            None => F32x4::from_partial(y, self.width),
        }
    }

    /// Any number where there are NaNs, which the sum of exponentials brings out.
    #[inline(always)]
    fn largest(self, x: &[f32]) -> F32x4 {
        (0..self.n).fold(F32x4::splat(f32::NEG_INFINITY), |best, k| best.larger(self.read(x, k)))
    }
}

/// Calls f with all columns.
#[inline(always)]
fn each(&Axis { outer, inner, apart }: &Axis, n: usize, f: impl Fn(Columns)) {
    for o in 0..outer {
        for column in (0..inner).step_by(4) {
            f(Columns { first: o * n * apart + column, width: (inner - column).min(4), n, apart });
        }
    }
}

/// y = eˣ / Σ eˣ
pub fn softmax(axis: &Axis, n: usize, x: &[f32], y: &[Cell<f32>]) {
    let m = Math::new();
    each(axis, n, |c| {
        let largest = c.largest(x);
        let mut sum = F32x4::zero();
        for k in 0..c.n {
            let e = m.exp_scaled(c.read(x, k) - largest);
            sum = sum + e;
            c.write(e, y, k);
        }
        let scale = F32x4::splat(1.0) / sum;
        for k in 0..c.n {
            c.write(c.read_back(y, k) * scale, y, k);
        }
    });
}

/// A function of its own: with its constants and those of e^x in one loop, neither stays in registers.
#[inline(never)]
fn log(x: F32x4) -> F32x4 {
    Math::new().log(x)
}

/// y = x − ln Σ eˣ
pub fn log_softmax(axis: &Axis, n: usize, x: &[f32], y: &[Cell<f32>]) {
    let m = Math::new();
    each(axis, n, |c| {
        let largest = c.largest(x);
        let mut sum = F32x4::zero();
        for k in 0..c.n {
            sum = sum + m.exp_scaled(c.read(x, k) - largest);
        }
        let log = log(sum * m.exp_unscale());
        for k in 0..c.n {
            c.write((c.read(x, k) - largest) - log, y, k);
        }
    });
}

/// gx = y (g − Σ g y)
pub fn softmax_grad(axis: &Axis, n: usize, g: &[f32], y: &[f32], gx: &[Cell<f32>]) {
    each(axis, n, |c| {
        let dot = (0..c.n).fold(F32x4::zero(), |dot, k| dot + c.read(g, k) * c.read(y, k));
        for k in 0..c.n {
            c.write(c.read(y, k) * (c.read(g, k) - dot), gx, k);
        }
    });
}

/// gx = g − eʸ Σ g
pub fn log_softmax_grad(axis: &Axis, n: usize, g: &[f32], y: &[f32], gx: &[Cell<f32>]) {
    let m = Math::new();
    each(axis, n, |c| {
        let sum = (0..c.n).fold(F32x4::zero(), |sum, k| sum + c.read(g, k));
        for k in 0..c.n {
            c.write(m.exp(c.read(y, k)).neg_mul_add(sum, c.read(g, k)), gx, k);
        }
    });
}
