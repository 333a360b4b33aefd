//! Mean and variance, and what is normalised by them.

use core::cell::Cell;

use super::groups::Norm;
use super::rows::{add_rows, column_sums, four, group, inverse_deviation, map_rows, Centre};
use crate::cells::own;
use crate::reduce::Pairwise;
use crate::simd::F32x4;

/// Mean and variance from a first mean, which may be off by a rounding, and from Σd and Σd² of the distances from it.
#[inline(always)]
fn correct(about: f32, [d, d2]: [f64; 2], count: f64) -> [f64; 2] {
    let shift = d / count;
    let variance = d2 / count - shift * shift;
    [f64::from(about) + shift, if variance < 0.0 { 0.0 } else { variance }]
}

/// x [outer, n, inner] → mean [n] and variance [n] over outer and inner, the variance over all numbers, not one less, of
/// some groups or all. Not centred, the mean is taken as 0 and the variance is that of x². Two passes over x: squares of distances from
/// the mean do not cancel.
pub fn moments(groups: &Norm, x: &[f32], mean: &mut [f64], variance: &mut [f64], centred: bool) {
    let Norm { outer, n, apart, .. } = *groups;
    let count = f64::from(groups.count());
    let scale = F32x4::splat(1.0 / groups.count());
    let mut finish = |c: usize, about: f32, [d, d2]: [f32; 2]| {
        let about = if about.is_finite() { about } else { 0.0 }; // Σx may leave f32, too
        let sums = if d2 < f32::INFINITY { [f64::from(d), f64::from(d2)] } else { groups.sums(x, c, about) };
        [mean[c], variance[c]] = if centred { correct(about, sums, count) } else { [0.0, sums[1] / count] };
    };
    let distances = |x: F32x4, about: F32x4| [x - about, (x - about) * (x - about)];
    if groups.has_columns() {
        for j in (0..n).step_by(4) {
            let width = (n - j).min(4);
            let at = |o: usize| F32x4::from_partial(&x[o * apart + j..], width);
            let about = match centred {
                true => column_sums(outer, |o| [at(o)])[0] * scale,
                false => F32x4::zero(),
            };
            let [d, d2] = column_sums(outer, |o| distances(at(o), about)).map(F32x4::to_array);
            let about = about.to_array();
            (0..width).for_each(|i| finish(j + i, about[i], [d[i], d2[i]]));
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
        finish(c, about.lane::<0>(), sums.map(|sum| sum.total().sum()));
    }
}

impl Norm {
    /// Σd and Σd² of the distances of group c from `about`, of numbers whose squares leave f32.
    #[cold]
    #[inline(never)]
    fn sums(&self, x: &[f32], c: usize, about: f32) -> [f64; 2] {
        let mut sums = [0.0; 2];
        for x in (0..self.outer).flat_map(|o| &x[self.row(o, c)]) {
            let d = f64::from(*x) - f64::from(about);
            sums = [sums[0] + d, sums[1] + d * d];
        }
        sums
    }
}

/// y = w (x − mean) / √(variance + ε) + b, with mean and variance [n], w and b [size] where they are given, of some groups
/// or all. Of y nobody else may use the same elements.
#[allow(clippy::too_many_arguments)]
pub fn normalise(
    s: &Norm, x: &[f32], mean: &[f64], variance: &[f64], w: Option<&[f32]>, b: Option<&[f32]>, y: &[Cell<f32>],
    eps: f32,
) {
    if s.has_columns() {
        for j in (0..s.n).step_by(4) {
            let width = (s.n - j).min(4);
            let m = Centre::new(four(&mean[j..], width));
            let r = inverse_deviation(four(&variance[j..], width), eps);
            let r = w.map_or(r, |w| r * F32x4::from_partial(&w[j..], width));
            let b = b.map_or(F32x4::zero(), |b| F32x4::from_partial(&b[j..], width));
            for o in 0..s.outer {
                let e = o * s.apart + j;
                (m.distance(F32x4::from_partial(&x[e..], width)) * r + b).write_partial(own(&y[e..][..width]), width);
            }
        }
        return;
    }
    for o in 0..s.outer {
        for c in 0..s.n {
            let (m, r) = group(mean, variance, c, eps);
            let row = s.row(o, c);
            let first = s.weight(row.start);
            let (x, y) = (&x[row.clone()], own(&y[row]));
            match (w, b) {
                (None, None) => map_rows([x], y, |[x]| m.distance(x) * r),
                _ if s.step > 1 => {
                    for (k, (x, y)) in x.chunks(s.step).zip(y.chunks_mut(s.step)).enumerate() {
                        let w = w.map_or(r, |w| r * F32x4::splat(w[first + k]));
                        let b = F32x4::splat(b.map_or(0.0, |b| b[first + k]));
                        map_rows([x], y, |[x]| m.distance(x) * w + b);
                    }
                }
                (Some(w), None) => map_rows([x, &w[first..]], y, |[x, w]| m.distance(x) * r * w),
                (None, Some(b)) => map_rows([x, &b[first..]], y, |[x, b]| m.distance(x) * r + b),
                (Some(w), Some(b)) => map_rows([x, &w[first..], &b[first..]], y, |[x, w, b]| m.distance(x) * r * w + b),
            }
        }
    }
}
