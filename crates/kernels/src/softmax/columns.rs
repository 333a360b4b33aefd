//! Softmax and log-softmax along a dimension that is not the last, [outer, n, inner]: a lane for each column of n elements,
//! which lie `inner` apart. Four columns share their loads, and no sum crosses lanes. The sums are added one after the
//! other, so n is to be small: what calls this brings longer columns into rows.

use crate::math::Math;
use crate::simd::F32x4;

/// Up to four columns side by side.
#[derive(Clone, Copy)]
struct Columns {
    first: usize,
    width: usize,
    n: usize,
    inner: usize,
}

impl Columns {
    /// The elements k of the columns.
    #[inline(always)]
    fn read(self, x: &[f32], k: usize) -> F32x4 {
        let x = &x[self.first + k * self.inner..];
        match x.first_chunk() {
            Some(x) if self.width == 4 => F32x4::read(x),
            _ => F32x4::from_partial(x, self.width),
        }
    }

    #[inline(always)]
    fn write(self, v: F32x4, y: &mut [f32], k: usize) {
        let y = &mut y[self.first + k * self.inner..];
        match y.first_chunk_mut() {
            Some(y) if self.width == 4 => v.write(y),
            _ => v.write_partial(y, self.width),
        }
    }

    /// Any number where there are NaNs, which the sum of exponentials brings out.
    #[inline(always)]
    fn largest(self, x: &[f32]) -> F32x4 {
        (0..self.n).fold(F32x4::splat(f32::NEG_INFINITY), |best, k| best.larger(self.read(x, k)))
    }
}

/// Calls f with all columns of [outer, n, inner], and what it writes to.
#[inline(always)]
fn each(y: &mut [f32], [outer, n, inner]: [usize; 3], f: impl Fn(Columns, &mut [f32])) {
    for o in 0..outer {
        for column in (0..inner).step_by(4) {
            f(Columns { first: o * n * inner + column, width: (inner - column).min(4), n, inner }, y);
        }
    }
}

/// y = eˣ / Σ eˣ
pub fn softmax(x: &[f32], y: &mut [f32], shape: [usize; 3]) {
    let m = Math::new();
    each(y, shape, |c, y| {
        let largest = c.largest(x);
        let mut sum = F32x4::zero();
        for k in 0..c.n {
            let e = m.exp_scaled(c.read(x, k) - largest);
            sum = sum + e;
            c.write(e, y, k);
        }
        let scale = F32x4::splat(1.0) / sum;
        for k in 0..c.n {
            c.write(c.read(y, k) * scale, y, k);
        }
    });
}

/// A function of its own: with its constants and those of e^x in one loop, neither stays in registers.
#[inline(never)]
fn log(x: F32x4) -> F32x4 {
    Math::new().log(x)
}

/// y = x − ln Σ eˣ
pub fn log_softmax(x: &[f32], y: &mut [f32], shape: [usize; 3]) {
    let m = Math::new();
    each(y, shape, |c, y| {
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
pub fn softmax_grad(g: &[f32], y: &[f32], gx: &mut [f32], shape: [usize; 3]) {
    each(gx, shape, |c, gx| {
        let dot = (0..c.n).fold(F32x4::zero(), |dot, k| dot + c.read(g, k) * c.read(y, k));
        for k in 0..c.n {
            c.write(c.read(y, k) * (c.read(g, k) - dot), gx, k);
        }
    });
}

/// gx = g − eʸ Σ g
pub fn log_softmax_grad(g: &[f32], y: &[f32], gx: &mut [f32], shape: [usize; 3]) {
    let m = Math::new();
    each(gx, shape, |c, gx| {
        let sum = (0..c.n).fold(F32x4::zero(), |sum, k| sum + c.read(g, k));
        for k in 0..c.n {
            c.write(m.exp(c.read(y, k)).neg_mul_add(sum, c.read(g, k)), gx, k);
        }
    });
}
