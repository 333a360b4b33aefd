//! Mean and variance, and what is normalised by them.

use super::groups::Norm;
use super::rows::{add_rows, column_sums, inverse_deviation, map_rows};
use crate::reduce::Pairwise;
use crate::simd::F32x4;

/// The mean of d about a first mean, and that of d², give mean and variance: the first mean may be off by a rounding.
#[inline(always)]
fn correct(about: F32x4, shift: F32x4, square: F32x4) -> (F32x4, F32x4) {
    let variance = square - shift * shift;
    (about + shift, F32x4::select(variance.lt(F32x4::zero()), F32x4::zero(), variance))
}

/// x [outer, n, inner] → mean [n] and variance [n] over outer and inner, the variance over all numbers, not one less.
/// Not centred, the mean is taken as 0 and the variance is that of x². Two passes over x: squares of distances from
/// the mean do not cancel.
pub fn moments(x: &[f32], mean: &mut [f32], variance: &mut [f32], [outer, n, inner]: [usize; 3], centred: bool) {
    let groups = Norm { outer, n, inner, size: 1, step: 1 };
    let scale = F32x4::splat(1.0 / groups.count());
    let finish = |about: F32x4, [d, d2]: [F32x4; 2]| match centred {
        true => correct(about, d * scale, d2 * scale),
        false => (F32x4::zero(), d2 * scale),
    };
    let distances = |x: F32x4, about: F32x4| [x - about, (x - about) * (x - about)];
    if groups.has_columns() {
        for j in (0..n).step_by(4) {
            let width = (n - j).min(4);
            let at = |o: usize| F32x4::from_partial(&x[o * n + j..], width);
            let about = match centred {
                true => column_sums(outer, |o| [at(o)])[0] * scale,
                false => F32x4::zero(),
            };
            let (m, v) = finish(about, column_sums(outer, |o| distances(at(o), about)));
            m.write_partial(&mut mean[j..], width);
            v.write_partial(&mut variance[j..], width);
        }
        return;
    }
    for c in 0..n {
        let mut about = F32x4::zero();
        if centred {
            let mut sum = [Pairwise::new()];
            for o in 0..outer {
                add_rows(&mut sum, [&x[groups.row(o, c)]], |[x]| [x]);
            }
            about = F32x4::splat(sum[0].total().sum()) * scale;
        }
        let mut sums = [Pairwise::new(), Pairwise::new()];
        for o in 0..outer {
            add_rows(&mut sums, [&x[groups.row(o, c)]], |[x]| distances(x, about));
        }
        let (m, v) = finish(about, sums.map(|sum| F32x4::splat(sum.total().sum())));
        mean[c] = m.lane::<0>();
        variance[c] = v.lane::<0>();
    }
}

/// y = w (x − mean) / √(variance + ε) + b, with mean and variance [n], w and b [size] where they are given.
#[allow(clippy::too_many_arguments)]
pub fn normalise(
    s: &Norm, x: &[f32], mean: &[f32], variance: &[f32], w: Option<&[f32]>, b: Option<&[f32]>, y: &mut [f32], eps: f32,
) {
    if s.has_columns() {
        for j in (0..s.n).step_by(4) {
            let width = (s.n - j).min(4);
            let (m, mut r) = (
                F32x4::from_partial(&mean[j..], width),
                inverse_deviation(F32x4::from_partial(&variance[j..], width), eps),
            );
            r = w.map_or(r, |w| r * F32x4::from_partial(&w[j..], width));
            let b = b.map_or(F32x4::zero(), |b| F32x4::from_partial(&b[j..], width));
            for o in 0..s.outer {
                let e = o * s.n + j;
                ((F32x4::from_partial(&x[e..], width) - m) * r + b).write_partial(&mut y[e..], width);
            }
        }
        return;
    }
    for o in 0..s.outer {
        for c in 0..s.n {
            let (m, r) = (F32x4::splat(mean[c]), inverse_deviation(F32x4::splat(variance[c]), eps));
            let row = s.row(o, c);
            let first = s.weight(row.start);
            let (x, y) = (&x[row.clone()], &mut y[row]);
            match (w, b) {
                (None, None) => map_rows([x], y, |[x]| (x - m) * r),
                _ if s.step > 1 => {
                    for (k, (x, y)) in x.chunks(s.step).zip(y.chunks_mut(s.step)).enumerate() {
                        let w = w.map_or(r, |w| r * F32x4::splat(w[first + k]));
                        let b = F32x4::splat(b.map_or(0.0, |b| b[first + k]));
                        map_rows([x], y, |[x]| (x - m) * w + b);
                    }
                }
                (Some(w), None) => map_rows([x, &w[first..]], y, |[x, w]| (x - m) * r * w),
                (None, Some(b)) => map_rows([x, &b[first..]], y, |[x, b]| (x - m) * r + b),
                (Some(w), Some(b)) => map_rows([x, &w[first..], &b[first..]], y, |[x, w, b]| (x - m) * r * w + b),
            }
        }
    }
}
